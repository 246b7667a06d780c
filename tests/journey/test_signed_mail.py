"""Signed mail, from the key to the receiver: what arrives over SMTP is verified with what `check` says to publish."""

import email
import email.policy
import subprocess
from pathlib import Path
from typing import Any

import dkim
import pytest

from tests.opendkim import verdict
from tests.sites import TestSite, make_site
from tests.smtp_server import smtp_server

DKIM = """
[dkim]
domain = "example.com"
selector = "news1"
key_file = "dkim.pem"
ed25519_selector = "news2"
ed25519_key_file = "ed25519.pem"
"""


@pytest.fixture
def site(tmp_path: Path) -> TestSite:
    """A site with both keys, readers and a post; the database is there."""
    site = make_site(tmp_path / "site")
    for words in ("genrsa -out dkim.pem 2048", "genpkey -algorithm ed25519 -out ed25519.pem"):
        subprocess.run(["openssl", *words.split()], cwd=site.directory, check=True, capture_output=True)
    for key in site.directory.glob("*.pem"):
        key.chmod(0o600)
    file = site.directory / "newsletter.toml"
    file.write_text(file.read_text(encoding="utf-8") + DKIM, encoding="utf-8")
    site.reader("ana@example.org", "--name", "Ana")
    site.reader("zoe@example.org", "--name", 'Zoë  Ångström-北京, "the tide"')
    site.write("storm.md", "The storm of  the year.\n\n.\n\nFrom the sea:   höher als je.\t")
    return site


def publish(site: TestSite) -> dict[str, str]:
    """Return the records that `check` says to publish, as DNS would have them."""
    records = site.run("check", "--json").data["to_publish"]
    assert all(record["type"] == "TXT" for record in records)
    return {record["name"]: "".join(record["strings"]) for record in records}


def signatures(data: bytes, records: dict[str, str]) -> list[bool]:
    """Return what dkimpy thinks of each signature."""

    def txt(name: bytes, timeout: int = 5) -> bytes:
        return records[name.decode().removesuffix(".")].encode()

    return [
        dkim.DKIM(data).verify(idx=place, dnsfunc=txt) for place in range(data.count(b"DKIM-Signature: "))
    ]


def test_what_arrives_verifies(site: TestSite, tmp_path: Path) -> None:
    """Over a real SMTP connection, dkimpy verifies both signatures and OpenDKIM the one that it knows."""
    with smtp_server() as server:
        site.set("port = 9", f"port = {server.port}")
        site.done("test", "ana@example.org")
        assert site.send()["deliveries"]["sent"] == 2
    records = publish(site)
    assert set(records) == {"news1._domainkey.example.com", "news2._domainkey.example.com"}
    assert len(server.received) == 3
    for received in server.received:
        assert signatures(received.data, records) == [True, True]
        assert "(s=news1, d=example.com, 2048-bit key) succeeded" in verdict(received.data, records, tmp_path)
        spoiled = received.data.replace(b"storm", b"stork")
        assert "failed" in verdict(spoiled, records, tmp_path)
        head, _, _ = received.data.replace(b"\r\n ", b" ").partition(b"\r\n\r\n")
        assert all(len(line) <= 998 for line in received.data.split(b"\r\n"))
        for line in head.split(b"\r\n"):
            if line.startswith((b"List-", b"Feedback-ID", b"DKIM-Signature", b"Message-ID")):
                assert b"=?" not in line


def test_a_preview_is_signed_as_it_would_be_sent(site: TestSite, tmp_path: Path) -> None:
    """The file that an author may look at verifies, too."""
    site.done("preview", "--out", tmp_path / "out")
    data = (tmp_path / "out" / "issue.eml").read_bytes()
    assert signatures(data, publish(site)) == [True, True]
    parsed: Any = email.message_from_bytes(data, policy=email.policy.default)
    assert len(parsed.get_all("DKIM-Signature")) == 2


def test_check_prints_what_to_publish(site: TestSite) -> None:
    """For each key its name, type and strings, and that what it signs verifies; a shared key file is warned of."""
    (site.directory / "dkim.pem").chmod(0o644)
    with smtp_server() as server:
        site.set("port = 9", f"port = {server.port}")
        ran = site.done("check")
    assert "DKIM: what news1 signs for example.com verifies" in ran.out
    assert "news2._domainkey.example.com TXT" in ran.out
    assert '"v=DKIM1; k=rsa; p=' in ran.out
    assert "sign mail in your name" in ran.out
    (line,) = (line for line in ran.out.splitlines() if "k=rsa" in line)
    assert [len(string) <= 255 for string in line.split('"')[1::2]] == [True, True]


def test_a_missing_key_stops_everything(site: TestSite) -> None:
    """Nothing goes out unsigned because a file is not there, and no issue is frozen that could not be sent."""
    (site.directory / "dkim.pem").rename(site.directory / "moved.pem")
    with smtp_server() as server:
        site.set("port = 9", f"port = {server.port}")
        for command in (["check"], ["preview"], ["test", "ana@example.org"], ["send", "--yes"]):
            ran = site.run(*command)
            assert ran.status == 1, command
            assert "dkim.pem is not there" in ran.out + ran.err
        assert server.received == []
        assert site.data("issues") == []
        (site.directory / "moved.pem").rename(site.directory / "dkim.pem")
        assert site.send()["deliveries"]["sent"] == 2
