"""`newsletter receive`: one message on standard input, as Postfix or procmail gives it, and what they are told."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.corpora import at_hand
from tests.processes import PATIENCE
from tests.sites import TestSite, make_site

WISH = b"From: Ana <ana@example.org>\nTo: news+subscribe@example.com\nMessage-ID: <1@example.org>\n\nYes, please.\n"


@pytest.fixture
def site(tmp_path: Path) -> TestSite:
    """A site whose database is there."""
    made = make_site(tmp_path / "site")
    made.done("database", "upgrade")
    return made


def receive(site: TestSite, message: bytes, *words: object) -> "subprocess.CompletedProcess[bytes]":
    """Run it as a mail server does."""
    command = [sys.executable, "-m", "newsletter", "receive", "--site", str(site.directory), *map(str, words)]
    return subprocess.run(
        command,
        input=message,
        capture_output=True,
        timeout=PATIENCE,
        cwd=Path(__file__).parents[2],
        check=False,
    )


def test_taken(site: TestSite) -> None:
    """It is done before the mail server hears that it is; a second copy changes nothing."""
    for _ in range(2):
        assert receive(site, WISH).returncode == 0
    (reader,) = site.data("subscribers", "list")
    assert (reader["email"], reader["status"]) == ("ana@example.org", "pending")


@pytest.mark.parametrize(
    ("message", "words", "status", "said"),
    [
        (WISH, ("--recipient", "nobody@example.com"), 67, b"5.1.1 No such address here."),
        (
            b"X: y\n\n" + b"x" * 11_000_000,
            (),
            65,
            b"5.3.4 This message is not taken: it is larger than 10 MB.",
        ),
    ],
    ids=["nobody", "too large"],
)
def test_not_taken(site: TestSite, message: bytes, words: tuple[str, ...], status: int, said: bytes) -> None:
    """A mail server sends it back with these words, and never tries again (sysexits.h)."""
    ran = receive(site, message, *words)
    assert ran.returncode == status
    assert said in ran.stderr
    assert b"Traceback" not in ran.stderr


def test_not_now(tmp_path: Path) -> None:
    """Whatever is wrong with us is no fault of the sender's: the mail server keeps the message."""
    site = make_site(tmp_path / "site")
    (site.directory / "newsletter.db").write_bytes(b"this is no database" * 100)
    broken = make_site(tmp_path / "broken")
    (broken.directory / "newsletter.toml").write_text("[newsletter\n")
    for one in (site, broken, TestSite(tmp_path / "nowhere")):
        ran = receive(one, WISH)
        assert ran.returncode == 75, ran.stderr
        assert b"Traceback" not in ran.stderr


def test_what_would_be_done(tmp_path: Path) -> None:
    """A dry run says of any message what it is, also where there is no database, and makes none."""
    site = make_site(tmp_path / "site")
    ran = receive(site, WISH, "--dry-run", "--json")
    assert json.loads(ran.stdout) == {
        "kind": "command",
        "address": "ana@example.org",
        "status": None,
        "action": "ask",
        "reason": "it asks to subscribe",
    }
    assert not (site.directory / "newsletter.db").exists()
    assert receive(site, WISH, "--dry-run").stdout.decode().startswith("command (ana@example.org): ask")


def test_real_bounces(tmp_path: Path) -> None:
    """A dry run reads the mails of a corpus: bounces are told from what is none."""
    folder = at_hand("bounces/maildir")
    site = make_site(tmp_path / "site")
    mails = [path for path in sorted(folder.rglob("*")) if path.is_file()][::60]
    kinds = {
        path: json.loads(receive(site, path.read_bytes(), "--dry-run", "--json").stdout)["kind"]
        for path in mails
    }
    assert len(kinds) > 5
    for path, kind in kinds.items():
        assert (kind in ("reply", "auto-reply")) or "not" not in path.relative_to(folder).parts
    assert list(kinds.values()).count("bounce") > len(kinds) / 2
