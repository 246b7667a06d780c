"""The command line: what other tools build on, and the guide's own example."""

import email
import json
import re
import shlex
import sqlite3
from importlib.metadata import version
from pathlib import Path

import pytest

from newsletter.demo.mailbox import open_mailbox
from tests.commands import done, run
from tests.sites import TestSite, make_site


@pytest.fixture
def site(tmp_path: Path) -> TestSite:
    """A site with one reader and one new post."""
    site = make_site(tmp_path / "site")
    site.reader("ana@example.org", "--name", "Ana", "--topics", "sea,land")
    site.write("storm.md", title="The storm", tags="[sea]")
    return site


def test_the_guides_first_steps_work_as_written(tmp_path, monkeypatch):
    """Every command of the guide's first example succeeds, in order, and the mail arrives."""
    guide = Path("docs/guide.md").read_text(encoding="utf-8")
    block = re.search(r"```console\n(.*?)```", guide, re.DOTALL)
    assert block is not None
    monkeypatch.chdir(tmp_path)
    ran = []
    with open_mailbox(tmp_path / "mail") as (mailbox, port):
        monkeypatch.setenv("NEWSLETTER_SMTP_PORT", str(port))
        for line in block[1].splitlines():
            command, *words = shlex.split(line.removeprefix("$ "), comments=True)
            if command == "cd":
                monkeypatch.chdir(tmp_path / words[0])
            elif command == "$EDITOR":
                file = Path(words[0])
                file.write_text(
                    file.read_text().replace('postal_address = ""', 'postal_address = "1 Quay, Bristol"')
                )
                Path("posts/second.md").write_text("---\ntitle: Second\ndate: 2026-01-01\n---\nHello.\n")
            else:
                assert command == "newsletter"
                ran.append(words[0])
                done(*words)
        assert [mail.recipient for mail in mailbox.arrived] == ["you@example.com", "you@example.com"]
    assert ran == ["init", "subscribers", "check", "preview", "test", "send"]


def test_init_makes_a_site_and_says_what_counts_as_seen(tmp_path):
    """A new site has settings, a first post and a database; a second init changes nothing."""
    made = done("init", tmp_path / "letter")
    assert "1 post found" in made.out
    assert {path.name for path in (tmp_path / "letter").iterdir()} >= {
        "newsletter.toml",
        "posts",
        "newsletter.db",
    }
    again = run("init", tmp_path / "letter")
    assert again.status == 1
    assert "already" in again.err
    site = TestSite(tmp_path / "letter")
    assert site.send()["skipped"] == "no confirmed reader to send to"


def test_init_can_include_what_is_there(tmp_path):
    """With --include-existing, the first issue has the posts that were there."""
    done("init", tmp_path / "letter", "--include-existing")
    site = TestSite(tmp_path / "letter")
    site.set('postal_address = ""', 'postal_address = "1 Quay, Bristol"')
    site.reader("ana@example.org")
    assert site.send("--no-wait")["deliveries"]["queued"] == 1


def test_init_uses_the_posts_of_a_generator(tmp_path):
    """In the root of a Hugo site, its own posts are used and nothing of it is changed."""
    (tmp_path / "content/posts").mkdir(parents=True)
    (tmp_path / "hugo.toml").write_text('baseURL = "https://example.com/"\n')
    post = tmp_path / "content/posts/fog.md"
    post.write_text("+++\ntitle = 'Fog'\ndate = 2026-01-01\n+++\nGrey.\n")
    assert "(hugo)" in done("init", tmp_path).out
    shown = TestSite(tmp_path).data("next")
    assert [(p["id"], p["reason"]) for p in shown[0]["posts"]] == [
        ("posts/fog", "was there before the newsletter began")
    ]
    assert not (tmp_path / "posts").exists()


def test_init_takes_back_what_it_made_when_it_fails(tmp_path):
    """A site is made whole, or not at all."""
    (tmp_path / "hugo.toml").write_text("baseURL = [broken\n")
    assert run("init", tmp_path).status == 1
    assert [path.name for path in tmp_path.iterdir()] == ["hugo.toml"]


def test_next_has_the_shape_that_other_tools_build_on(site):
    """One entry a cadence; every post with its reason; moments as ISO 8601."""
    shown = site.data("next")
    assert [entry["cadence"] for entry in shown] == ["weekly", "daily"]
    assert set(shown[0]) == {"cadence", "due_at", "posts"}
    assert shown[0]["posts"] == [
        {
            "id": "storm",
            "title": "The storm",
            "published_at": "2026-01-05T00:00:00+00:00",
            "included": True,
            "reason": "new",
        }
    ]


def test_issues_have_the_shape_that_other_tools_build_on(site):
    """`send`, `issues` and `issue` agree on numbers and counts."""
    sent = site.send("--no-wait")
    assert set(sent) == {"issue", "skipped", "deliveries"}
    listed = site.data("issues")
    shown = site.data("issue", "1")
    assert {key: shown[key] for key in listed[0]} == listed[0]
    assert set(shown) - set(listed[0]) == {"reason", "unknown", "past", "replies"}
    assert set(listed[0]) == {
        "number",
        "cadence",
        "scheduled_for",
        "subject",
        "status",
        "posts",
        "deliveries",
    }
    assert listed[0]["deliveries"] == sent["deliveries"]
    assert listed[0]["status"] == "sending"


def test_subscribers_have_the_shape_that_other_tools_build_on(site):
    """`list` says what each reader chose, and `show` adds the record of their consent."""
    reader = site.data("subscribers", "list")[0]
    assert list(reader) == [
        "email",
        "name",
        "status",
        "cadence",
        "topics",
        "timezone",
        "language",
        "created_at",
    ]
    assert reader["topics"] == ["land", "sea"]
    shown = site.data("subscribers", "show", "ana@example.org")
    assert [(act["act"], act["how"], act["wording"]) for act in shown["consent"]] == [
        ("confirmed", "author", "a test")
    ]


def test_a_preview_is_written_and_sends_nothing(site):
    """issue.html, issue.txt and issue.eml hold the same mail, and no issue is made."""
    folder = site.directory / "out"
    shown = site.data("preview", "--out", folder)
    assert shown["subject"] == "The storm"
    assert [Path(name).name for name in shown["files"]] == ["issue.html", "issue.txt", "issue.eml"]
    message = email.message_from_bytes((folder / "issue.eml").read_bytes())
    assert message["Subject"] == "The storm"
    assert "The text of storm." in (folder / "issue.txt").read_text()
    assert "The text of storm." in (folder / "issue.html").read_text()
    assert site.data("issues") == []


def test_a_preview_without_readers_shows_what_a_first_reader_would_get(tmp_path):
    """An author looks at the first issue before there is anybody to send it to."""
    site = make_site(tmp_path / "site")
    site.done("subscribers", "list")
    site.write("storm.md", title="The storm")
    assert site.data("preview", "--out", tmp_path / "out")["subject"] == "The storm"


def test_check_reports_as_data(site):
    """A relay that is not there is a fault with its place; the exit status says so."""
    ran = site.run("check", "--json")
    assert ran.status == 1
    report = json.loads(ran.out)
    assert report["ok"] is False
    assert [problem["kind"] for problem in report["problems"] if problem["severity"] == "error"] == ["relay"]


def test_a_reader_is_asked_when_the_author_does_not_vouch(tmp_path):
    """Without --confirmed the reader is pending, and the mail that asks them names the newsletter and a link."""
    with open_mailbox(tmp_path / "mail") as (mailbox, port):
        site = make_site(tmp_path / "site", port=port)
        site.done("subscribers", "add", "ben@example.org")
        text = mailbox.arrived[0].path.read_text()
        assert "Auto-Submitted: auto-generated" in text
        assert "https://news.example.com/confirm/" in text.replace("=\n", "")
        assert site.data("subscribers", "list")[0]["status"] == "pending"
        site.done("subscribers", "add", "ben@example.org", "--confirmed", "--why", "said so in person")
        shown = site.data("subscribers", "show", "ben@example.org")
        assert shown["status"] == "confirmed"
        assert [act["act"] for act in shown["consent"]] == ["asked", "confirmed"]


def test_asking_waits_when_there_is_no_relay(site):
    """The reader is noted, the mail stays in the outbox, and the author is told."""
    ran = site.done("subscribers", "add", "ben@example.org")
    assert "waits in the outbox" in ran.err


def test_the_database_is_checked_and_copied(site, tmp_path):
    """`check` finds nothing, `backup` makes a copy that opens, and `upgrade` has nothing to do."""
    assert site.data("database", "check") == {"ok": True, "differences": []}
    copy = tmp_path / "copy.db"
    site.done("database", "backup", copy)
    opened = sqlite3.connect(copy)
    assert opened.execute("SELECT count(*) FROM subscribers").fetchone() == (1,)
    opened.close()
    site.done("database", "upgrade")
    assert site.run("database", "backup", copy).status == 1


def test_which_version_this_is():
    """As bug reports ask for it: what the package says of itself."""
    assert done("--version").out == f"newsletter {version('newsletter-publisher')}\n"


def test_a_newcomer_finds_help():
    """Every command explains itself."""
    listed = done("--help").out
    commands = "init demo next preview check test send issues issue pause resume cancel resolve serve"
    for command in commands.split():
        assert command in listed
        assert len(done(command, "--help").out) > 100
    for family in ("subscribers", "database"):
        assert "Usage" in done(family, "--help").out
