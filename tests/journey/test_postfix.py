"""Through a real Postfix into a maildir: what a reader gets is what was composed, octet by octet."""

import email
import email.policy
from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

import pytest

from newsletter.content.post import InlineImage
from newsletter.outbox.messages.message import Reader, compose
from newsletter.outbox.messages.template import Template
from newsletter.transport.protocol import Envelope, Message, Reply, finish
from newsletter.transport.smtp import SmtpSettings, SmtpTransport
from subscribers.tokens import Tokens
from tests.issues import LETTERHEAD
from tests.postfix import Postfix, postfix_running
from tests.sites import make_site
from tests.unit.outbox.messages.test_message import Rendered

HEADERS = [
    "From", "To", "Reply-To", "Subject", "Date", "Message-ID", "List-Id", "List-Unsubscribe", "List-Unsubscribe-Post",
    "List-Help", "List-Owner", "List-Archive", "List-Post", "Precedence", "Feedback-ID", "MIME-Version", "Content-Type",
]  # fmt: skip

#: What is hard to carry: dots, "From ", blanks at line ends, far letters, long lines, long words.
HARD = Rendered(
    subject="Ñandú, Żółw & 北京: " + "a very long subject that must be folded " * 5,
    text=".\n..\nFrom here\ntrailing  \n"
    + "é" * 3000
    + "\n"
    + "long " * 500
    + "\n__READER_NAME__ __UNSUBSCRIBE_URL__\n",
    html="<p>"
    + "北京" * 2000
    + '</p>\n.\n<a href="__UNSUBSCRIBE_URL__">__READER_NAME__</a><img src="cid:a@x" alt="">',
    images=(InlineImage("a@x", "image/png", "a.png", bytes(range(256)) * 50),),
)


@pytest.fixture(scope="module")
def relay() -> Iterator[Postfix]:
    """A Postfix for this module."""
    with postfix_running() as postfix:
        yield postfix


@pytest.fixture
def postfix(relay: Postfix) -> Iterator[Postfix]:
    """The Postfix, with an empty maildir."""
    yield relay
    relay.empty()


def send(postfix: Postfix, message: Message) -> Reply:
    """Send one message."""
    settings = SmtpSettings(host="127.0.0.1", port=postfix.port, timeout=20, helo="sender.example.com")
    transport = SmtpTransport(settings)
    try:
        (refusal,) = transport.begin([message])
        (verdict,) = [refusal] if refusal else finish(transport)
    finally:
        transport.close()
    assert isinstance(verdict, Reply)
    return verdict


def composed(reader: Reader, rendered: Rendered = HARD) -> Message:
    """Compose one issue's message."""
    template = Template.prepare(rendered, LETTERHEAD, number=3)
    return compose(template, reader, Tokens([b"k" * 32]), datetime(2026, 3, 2, 8, tzinfo=UTC))


def read_back(data: bytes) -> EmailMessage:
    """Parse a message from the maildir and check what holds for every one."""
    parsed = email.message_from_bytes(data, policy=email.policy.default)
    for part in parsed.walk():
        assert not part.defects
    assert all(not value.defects for value in parsed.values())
    assert all(len(line) <= 998 for line in data.split(b"\n"))
    assert [header for header in HEADERS if len(parsed.get_all(header, [])) != 1] == []
    head = data.partition(b"\n\n")[0].replace(b"\n ", b" ").replace(b"\n\t", b" ").decode().split("\n")
    assert not [line for line in head if line.startswith(("List-", "Feedback-ID")) and "=?" in line]
    assert parsed["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    first, *_, last = parsed.iter_parts()
    assert (first.get_content_type(), last.get_content_type()) in (
        ("text/plain", "text/html"),
        ("text/plain", "multipart/related"),
    )
    return parsed


@pytest.mark.parametrize("name", ["Ana", "Zoë Ångström-北京", 'O\'Hara, "Ann" <x@y.z>', "Дмитрий " * 20])
def test_not_an_octet_is_changed(postfix: Postfix, name: str) -> None:
    """Postfix adds its lines on top and leaves ours alone, as DKIM needs it."""
    message = composed(Reader(7, 42, "ana@example.org", name))
    assert send(postfix, message).accepted
    (data,) = postfix.arrived(1)
    ours = message.data.replace(b"\r\n", b"\n")
    assert data.endswith(ours)
    on_top = email.message_from_bytes(data.removesuffix(ours) + b"\n", policy=email.policy.default)
    assert set(on_top.keys()) == {"Return-Path", "X-Original-To", "Delivered-To", "Received"}
    assert on_top["Return-Path"] == f"<{message.envelope.sender}>"
    parsed = read_back(data)
    text = parsed.get_body(("plain",))
    assert text is not None
    assert f"{' '.join(name.split())} https://news.example.com/unsubscribe/" in text.get_content()


def test_a_local_part_beyond_ascii(postfix: Postfix) -> None:
    """SMTPUTF8 mail is taken and delivered."""
    message = composed(Reader(7, 42, "юзер@example.org", "Юзер"))
    assert send(postfix, message).accepted
    (data,) = postfix.arrived(1)
    assert data.endswith(message.data.replace(b"\r\n", b"\n"))
    assert "\nTo: =?utf-8?b?0K7Qt9C10YA=?= <юзер@example.org>\n" in data.decode()


def test_a_refused_reader(postfix: Postfix) -> None:
    """What Postfix says of an unknown reader comes back as the value that it is."""
    gone = Envelope("b+1@bounce.example.com", "gone@example.org")
    reply = send(postfix, Message(gone, (b"Subject: x\r\n\r\n",)))
    assert (reply.code, reply.enhanced, reply.stage) == (550, "5.1.1", "rcpt")


def test_from_a_folder_to_a_maildir(postfix: Postfix, tmp_path: Path) -> None:
    """The whole way: posts in a folder, one issue, one personal mail in the maildir for each confirmed reader."""
    site = make_site(
        tmp_path / "site", port=postfix.port, database=f"sqlite:///{tmp_path}/site/newsletter.db"
    )
    site.write("old.md", "The baseline.")
    readers = {"ana@example.org": "Ana", "zoe@example.org": "Zoë Ångström", "li@example.org": "李小龙"}
    for address, name in readers.items():
        site.reader(address, "--name", name)
    site.reader("gone@example.org", "--name", "Gone")
    for number in range(4):
        site.write(f"post-{number}.md", f"The tide of day {number}: höher als je.\n\n.\n\nFrom the sea.")
    assert site.send()["deliveries"] | {"sent": 3, "bounced": 1} == site.data("issue", 1)["deliveries"]
    mails = [read_back(data) for data in postfix.arrived(3)]
    assert {
        mail["To"].addresses[0].addr_spec: mail["To"].addresses[0].display_name for mail in mails
    } == readers
    assert len({mail["Message-ID"] for mail in mails}) == len({mail["Return-Path"] for mail in mails}) == 3
    assert len({mail["Subject"] for mail in mails}) == 1
    for mail in mails:
        for kind in ("plain", "html"):
            part = mail.get_body((kind,))
            assert part is not None
            assert "höher als je" in part.get_content()
            assert "From the sea." in part.get_content()
            assert "__" not in part.get_content()
