"""How the relay is reached, as the author writes it down."""

from pathlib import Path

import pytest

from newsletter.application.delivering import relay_of
from newsletter.errors import SettingsError
from newsletter.settings.reading import read_settings

HEAD = """\
[newsletter]
title = "Tide Notes"
from = "news@example.com"
url = "https://news.example.com"

[smtp]
"""


def test_nothing_said(tmp_path: Path) -> None:
    """One message at a time, and a login, if any, by what the relay offers."""
    (tmp_path / "newsletter.toml").write_text(HEAD)
    relay = relay_of(read_settings(tmp_path, {}))
    assert (relay.pipeline, relay.auth, relay.token_file) == (1, "auto", None)


def test_everything_said(tmp_path: Path) -> None:
    """The token's file is taken from the site's directory."""
    (tmp_path / "newsletter.toml").write_text(
        f'{HEAD}username = "ana"\nauth = "xoauth2"\ntoken_file = "secret/token"\npipeline = 16\n'
    )
    relay = relay_of(read_settings(tmp_path, {}))
    assert (relay.pipeline, relay.auth) == (16, "xoauth2")
    assert relay.token_file == tmp_path / "secret" / "token"


@pytest.mark.parametrize("line", ['auth = "cram-md5"', "pipeline = 0", "pipeline = 101"])
def test_what_cannot_be(line: str, tmp_path: Path) -> None:
    """A wrong word is named with its line."""
    (tmp_path / "newsletter.toml").write_text(f"{HEAD}{line}\n")
    with pytest.raises(SettingsError, match=r"newsletter\.toml:7"):
        read_settings(tmp_path, {})
