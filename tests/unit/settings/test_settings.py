"""Settings are read once, from one documented table, and every fault is named with its place and remedy."""

from pathlib import Path

import pytest

from newsletter.errors import SettingsError
from newsletter.settings import documented, read_settings

LEAST = """\
[newsletter]
title = "Tide Notes"
from = "Tide Notes <news@example.com>"
url = "https://news.example.com"
"""

FULL = """\
[newsletter]
title = "Tide Notes"
from = "Tide Notes <news@example.com>"
url = "https://news.example.com"
postal_address = "1 Harbour Street, Bristol BS1 4AA, UK"
language = "en"
timezone = "Europe/London"

[content]
folder = "posts"
url = "https://example.com"

[schedule]
weekly = "Mon 08:00"
default = "weekly"

[smtp]
host = "localhost"
port = 25
security = "none"
connections = 10
rate = 0

[database]
url = "sqlite:///newsletter.db"

[web]
listen = "127.0.0.1:8025"

[inbound]
listen = "127.0.0.1:8024"
domain = "bounce.example.com"

[dkim]
domain = "example.com"
selector = "news1"
key_file = "dkim.pem"

[author]
email = "me@example.com"
"""


def read(folder: Path, text: str, **environ: str):
    (folder / "newsletter.toml").write_text(text, encoding="utf-8")
    return read_settings(folder, environ)


def fault(folder: Path, text: str, **environ: str) -> str:
    with pytest.raises(SettingsError) as caught:
        read(folder, text, **environ)
    return str(caught.value)


def test_three_lines_are_enough(tmp_path):
    """Title, sender and address suffice; everything else has a working default."""
    settings = read(tmp_path, LEAST)
    assert settings.smtp.port == 25
    assert settings.schedule.default == "weekly"
    assert settings.newsletter.sender.address.email == "news@example.com"
    assert settings.database_url == f"sqlite:///{tmp_path}/newsletter.db"
    assert settings.return_domain == "example.com"
    assert settings.author_address.email == "news@example.com"


def test_every_key_that_other_tools_build_on_is_read(tmp_path):
    """The file as the guide shows it is accepted whole."""
    settings = read(tmp_path, FULL)
    assert settings.newsletter.timezone.key == "Europe/London"
    assert settings.return_domain == "bounce.example.com"
    assert settings.author_address.email == "me@example.com"
    assert (settings.dkim_domain, settings.dkim.selector, settings.dkim.key_file) == (
        "example.com",
        "news1",
        "dkim.pem",
    )


def test_the_time_to_undo(tmp_path):
    """It stands beside the cadences and is none; the environment wins here, too."""
    text = LEAST + "[schedule]\nweekly = 'Mon 08:00'\nundo = 30\n"
    schedule = read(tmp_path, text).schedule
    assert (list(schedule.cadences), schedule.undo) == (["weekly"], 30)
    assert read(tmp_path, text, NEWSLETTER_SCHEDULE_UNDO="0").schedule.undo == 0


def test_the_environment_wins_and_secrets_may_come_from_files(tmp_path):
    """NEWSLETTER_SECTION_KEY overrides the file; a secret is also read from NEWSLETTER_SECTION_KEY_FILE."""
    secret = tmp_path / "password"
    secret.write_text("hunter2\n")
    settings = read(tmp_path, FULL, NEWSLETTER_SMTP_PORT="2525", NEWSLETTER_SMTP_PASSWORD_FILE=str(secret))
    assert (settings.smtp.port, settings.smtp.password) == (2525, "hunter2")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("timezone = 'Europe/Lundon'", ["newsletter.toml:5", "Europe/Lundon", "Europe/London"]),
        ("langauge = 'en'", ["newsletter.toml:5", "langauge", "did you mean language?"]),
        ("language = 'english!'", ["language tag"]),
        ("[smpt]", ["newsletter.toml:5", "[smpt]", "did you mean smtp?"]),
        ("[smtp]\nport = 70000", ["newsletter.toml:6", "port", "1 to 65535"]),
        ("[smtp]\nport = true", ["port", "whole number"]),
        ("[smtp]\nsecurity = 'ssl'", ['"starttls", "tls", "none"']),
        ("[schedule]\nweekly = 'Monday-ish'", ["newsletter.toml:6", "no rhythm", "Mon 08:00"]),
        ("[schedule]\nweekly = 'Mon 08:00'\ndefault = 'daily'", ["write one of weekly"]),
        ("[database]\nurl = 'mysql://x'", ["sqlite:///newsletter.db"]),
        ("[dkim]\nselector = 'news 1'", ["newsletter.toml:6", "selector", "write a name"]),
        ("[author]\nemail = 'nobody'", ["author", "email"]),
        ("[smtp]\nin_doubt = 'maybe'", ["newsletter.toml:6", '"again", "hold"']),
        ("[log]\nformat = 'xml'", ['"auto", "text", "json", "off"']),
        ("[schedule]\nundo = 'soon'", ["newsletter.toml:6", "0 to 86400"]),
    ],
)
def test_a_fault_is_named_with_its_line_and_what_is_accepted(tmp_path, line, expected):
    """An author mends a setting from the message alone."""
    message = fault(tmp_path, LEAST + line + "\n")
    for words in expected:
        assert words in message


def test_all_faults_are_named_at_once(tmp_path):
    """An author does not mend one fault only to meet the next."""
    message = fault(tmp_path, "[newsletter]\ntitle = ''\nfrom = 'x'\n[smtp]\nport = 0\n")
    assert all(words in message for words in ("title", "from", "url is missing", "port"))


def test_a_secret_is_never_shown(tmp_path):
    """A refused password or database URL does not appear in the message."""
    message = fault(tmp_path, LEAST + "[database]\nurl = 'postgres://me:hunter2@db/x'\n")
    assert "hunter2" not in message


def test_line_breaks_cannot_get_into_headers(tmp_path):
    """A title or sender with a line break is refused, so that it cannot add a header."""
    message = fault(tmp_path, LEAST.replace('title = "Tide Notes"', 'title = "Tide\\r\\nBcc: x@example.com"'))
    assert "control characters" in message


@pytest.mark.parametrize("text", ["[newsletter x]", "\x00", "title = 1 = 2"])
def test_a_file_that_is_no_toml_is_refused_with_its_line(tmp_path, text):
    """What the parser says of the place reaches the author."""
    assert "line 1" in fault(tmp_path, text)


def test_a_missing_file_says_how_to_make_one(tmp_path):
    """A newcomer is told what to type."""
    with pytest.raises(SettingsError, match="newsletter init"):
        read_settings(tmp_path, {})


def test_the_guide_documents_every_setting():
    """No setting without its line in the guide: key, meaning and default."""
    guide = Path("docs/guide.md").read_text(encoding="utf-8")
    for row in documented():
        assert f"`[{row.section}] {row.key}`" in guide, f"[{row.section}] {row.key} is not in docs/guide.md"
        assert row.doc in guide
