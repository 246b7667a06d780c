"""What bad input gets: a message with place and remedy, exit status 1, and no half-made issue."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from newsletter.demo.mailbox import Mailbox, open_mailbox
from tests.commands import run
from tests.sites import TestSite, make_site


@pytest.fixture
def mailbox(tmp_path: Path) -> Iterator[tuple[Mailbox, int]]:
    """A relay that takes everything."""
    with open_mailbox(tmp_path / "mail") as opened:
        yield opened


@pytest.fixture
def site(tmp_path: Path, mailbox: tuple[Mailbox, int]) -> TestSite:
    """A site with one reader and nothing wrong."""
    site = make_site(tmp_path / "site", port=mailbox[1])
    site.reader("ana@example.org")
    return site


def assert_refused(ran, *words: str) -> None:
    """Assert that a command failed, and said these words on standard error and no traceback."""
    assert ran.status == 1
    assert "Traceback" not in ran.err
    for word in words:
        assert word in ran.err


def nothing_made(site: TestSite) -> bool:
    """Whether there is no issue, and nothing in the outbox."""
    return site.data("issues") == []


def test_no_settings_file(tmp_path, monkeypatch):
    """Outside a site, a command says how to make one."""
    monkeypatch.chdir(tmp_path)
    assert_refused(run("send"), "newsletter.toml", "newsletter init")
    assert_refused(run("send", "--site", tmp_path), "newsletter.toml", "newsletter init")


def test_a_wrong_setting(site):
    """An unknown key and a wrong time zone are named with their lines, together."""
    site.set('timezone = "Europe/London"', 'timezone = "Europe/Lundon"\ncolour = "blue"')
    assert_refused(
        site.run("send", "--yes"), "newsletter.toml:6", "Europe/Lundon", "newsletter.toml:7", "colour"
    )


def test_no_relay(tmp_path):
    """A relay that refuses the connection costs nothing: the issue stays queued and the next send goes on."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        site = make_site(tmp_path / "site", port=port)
        site.reader("ana@example.org")
        site.write("one.md")
        assert_refused(site.run("test", "me@example.org"), f"127.0.0.1:{port}")
        assert_refused(site.run("send", "--yes"), f"127.0.0.1:{port}", "newsletter.toml")
        assert site.data("issue", "1")["deliveries"]["queued"] == 1
    with open_mailbox(tmp_path / "mail") as (mailbox, port):
        site.set("port = ", f"port = {port} #")
        assert site.send()["deliveries"]["sent"] == 1
        assert [mail.recipient for mail in mailbox.arrived] == ["ana@example.org"]


def test_a_missing_folder(site):
    """A folder that is not there is never read as "all posts deleted"."""
    site.write("one.md")
    (site.directory / "posts").rename(site.directory / "gone")
    assert_refused(site.run("send", "--yes"), "posts", "[content] folder")
    assert_refused(site.run("next"), "posts")
    assert site.run("check").status == 1
    assert nothing_made(site)
    (site.directory / "gone").rename(site.directory / "posts")
    assert site.send()["issue"] == 1


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="file permissions are POSIX")
def test_an_unreadable_folder(site):
    """A folder that may not be read is refused, not taken for empty."""
    site.write("one.md")
    folder = site.directory / "posts"
    folder.chmod(0)
    try:
        if os.geteuid() == 0:  # root reads everything, so somebody else has to try
            program = f"import os; os.setgid(65534); os.setuid(65534); os.listdir({str(folder)!r})"
            ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
            assert "PermissionError" in ran.stderr
        else:
            assert_refused(site.run("next"), "posts", "cannot be read")
    finally:
        folder.chmod(0o755)


BROKEN = {
    "broken YAML": (b"---\ntitle: [never closed\ndate: 2026-01-01\n---\ntext\n", "bad.md:"),
    "invalid UTF-8": (b"---\ntitle: T\ndate: 2026-01-01\n---\ncaf\xe9\n", "UTF-8"),
    "a NUL byte": (b"---\ntitle: T\ndate: 2026-01-01\n---\na\x00b\n", "NUL"),
    "no title": (b"---\ndate: 2026-01-01\n---\ntext\n", "title"),
    "no date": (b"---\ntitle: T\n---\ntext\n", "date"),
    "20 MB": (b"---\ntitle: T\ndate: 2026-01-01\n---\n" + b"x" * 20_000_000, "large"),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_a_broken_post(site, fault):
    """A post that cannot be sent is named with place and remedy, and does not stop the others."""
    content, words = BROKEN[fault]
    (site.directory / "posts" / "bad.md").write_bytes(content)
    site.write("fine.md")
    checked = site.run("check")
    assert checked.status == 1
    assert "bad.md" in checked.out
    assert words in checked.out
    assert "→" in checked.out
    ran = site.done("send", "--yes")
    assert "bad.md" in ran.err
    assert site.data("issues")[0]["posts"] == ["fine"]


def test_two_posts_with_one_id(site):
    """Neither is sent until the author says which is which; both are named."""
    site.write("one.md", id="same")
    site.write("two.md", id="same")
    ran = site.run("check")
    assert ran.status == 1
    assert "one.md" in ran.out
    assert "two.md" in ran.out
    assert site.send()["issue"] is None


def test_a_loop_of_symbolic_links(site):
    """A link to the folder itself ends nowhere, and does no harm."""
    site.write("fine.md")
    (site.directory / "posts" / "loop").symlink_to(site.directory / "posts")
    (site.directory / "posts" / "self.md").symlink_to(site.directory / "posts" / "self.md")
    assert site.send()["issue"] == 1
    assert site.data("issues")[0]["posts"] == ["fine"]


@pytest.mark.parametrize(
    ("template", "words"),
    [("<p>\n{% if %}</p>", ("line 2",)), ("<p>\n{{ titel }}</p>", ("line 2", "titel"))],
)
def test_a_broken_template(site, template, words):
    """A fault in a template is named with file and line; no issue is made, and nothing is lost by it."""
    own = site.directory / "templates/email/issue"
    own.mkdir(parents=True)
    (own / "body.html").write_text(template)
    site.write("one.md")
    assert_refused(site.run("send", "--yes"), "body.html", *words)
    assert site.run("check").status == 1
    assert nothing_made(site)
    (own / "body.html").unlink()
    assert site.send()["deliveries"]["sent"] == 1


@pytest.mark.parametrize(
    "address", ["ana@example.org\r\nBcc: eve@example.org", "no address", "a@b@c", "ana@", "<x>@example.org"]
)
def test_an_address_that_is_none(site, address):
    """An address that cannot be mailed to, or that carries a header, is refused."""
    assert_refused(site.run("subscribers", "add", address, "--confirmed", "--why", "x"))
    assert len(site.data("subscribers", "list")) == 1


def test_a_duplicate_address(site):
    """Adding a reader again changes nothing and says so, whatever the case of the letters."""
    assert_refused(site.run("subscribers", "add", "Ana@Example.ORG", "--confirmed", "--why", "x"), "already")
    assert [reader["email"] for reader in site.data("subscribers", "list")] == ["ana@example.org"]


def test_no_postal_address(site):
    """The law wants one in every mail, so no issue is made without."""
    site.set('postal_address = "1 Harbour Street, Bristol BS1 4AA, UK"\n', "")
    site.write("one.md")
    assert_refused(site.run("send", "--yes"), "postal_address")
    assert nothing_made(site)


def test_wrong_usage(site):
    """Usage errors are exit status 2; a name that is not known is 1."""
    assert site.run("send", "--nonsense").status == 2
    assert run("nonsense").status == 2
    assert site.run("subscribers", "add", "x@example.org", "--confirmed").status == 2
    assert_refused(site.run("send", "--cadence", "hourly"), "hourly", "weekly")
    assert_refused(site.run("subscribers", "show", "nobody@example.org"), "nobody@example.org")
    assert_refused(site.run("issue", "7"), "7")


def test_a_full_disk(site):
    """When the disk is full, the message says so, and the issue is made later, once."""
    site.write("one.md", "word " * 12_000)
    limit = 48 * 1024  # for any one file: the write-ahead log cannot hold the rendering
    program = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit})); "
        "from newsletter.cli import main; main()"
    )
    words = ["send", "--yes", "--site", str(site.directory)]
    ran = subprocess.run([sys.executable, "-c", program, *words], capture_output=True, text=True, check=False)
    assert ran.returncode == 1
    assert "Traceback" not in ran.stderr
    assert "newsletter.db" in ran.stderr
    assert nothing_made(site)
    assert site.send()["deliveries"]["sent"] == 1
