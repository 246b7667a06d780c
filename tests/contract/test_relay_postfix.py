"""The SMTP client and a real Postfix: what it offers is used, and it agrees with what we make of it."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from newsletter.transport.chunking import ChunkingTransport
from newsletter.transport.protocol import Envelope, Message, Reply, Verdict, finish
from newsletter.transport.smtp import SmtpSettings, SmtpTransport, open_transport
from tests.postfix import Postfix, postfix_running


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


def settings(postfix: Postfix, **more: object) -> SmtpSettings:
    """Return how it is reached."""
    return SmtpSettings("127.0.0.1", postfix.port, timeout=20, helo="sender.example.com", **more)  # type: ignore[arg-type]


def letter(number: int, recipient: str = "", **envelope: object) -> Message:
    """Return a message that is in order, with octets beyond ASCII."""
    head = (
        f"From: a@example.com\r\nTo: b@example.org\r\nSubject: {number}\r\nMessage-ID: <{number}@example.com>\r\n"
        "Date: Mon, 02 Mar 2026 08:00:00 +0000\r\n\r\n"
    )
    body = ".zeile ä\r\n" * 300
    return Message(
        Envelope("news+3@example.com", recipient or f"r{number}@example.org", **envelope),  # type: ignore[arg-type]
        (head.encode(), body.encode()),
    )


def arrived(postfix: Postfix, messages: list[Message]) -> bool:
    """Say whether these messages arrived, octet by octet, and no others."""
    ours = sorted(message.data.replace(b"\r\n", b"\n") for message in messages)
    return sorted(data[data.index(b"From: ") :] for data in postfix.arrived(len(messages))) == ours


def test_message_by_message(postfix: Postfix) -> None:
    """By DATA in groups, with reports asked for: the refused reader among them is told from the others."""
    messages = [
        letter(number, "gone@example.org" if number == 3 else "", id=f"i1.d{number}") for number in range(8)
    ]
    verdicts: list[Verdict | None] = []
    with closing(SmtpTransport(settings(postfix))) as transport:
        for number, message in enumerate(messages, 1):
            (refusal,) = transport.begin([message])
            verdicts += [refusal] if refusal else finish(transport, messages[number : number + 1])
    refused = verdicts.pop(3)
    assert isinstance(refused, Reply)
    assert (refused.code, refused.enhanced, refused.stage) == (550, "5.1.1", "rcpt")
    assert all(
        isinstance(verdict, Reply) and str(verdict).startswith("250 2.0.0 Ok: ") for verdict in verdicts
    )
    assert arrived(postfix, [message for message in messages if message is not messages[3]])


def test_round_by_round(postfix: Postfix) -> None:
    """By BDAT, four messages in one stream: each has its own verdict, the refused reader's too."""
    messages = [
        letter(number, "gone@example.org" if number == 5 else "", id=f"i1.d{number}") for number in range(8)
    ]
    with closing(open_transport(settings(postfix, pipeline=4))) as transport:
        assert isinstance(transport, ChunkingTransport)
        verdicts: list[Verdict] = []
        for start in (0, 4):
            assert transport.begin(messages[start : start + 4]) == [None] * 4
            verdicts += finish(transport, messages[start + 4 :])
    refused = verdicts.pop(5)
    assert isinstance(refused, Reply)
    assert (refused.code, refused.enhanced, refused.stage) == (550, "5.1.1", "rcpt")
    assert all(
        isinstance(verdict, Reply) and str(verdict).startswith("250 2.0.0 Ok: ") for verdict in verdicts
    )
    assert arrived(postfix, [message for message in messages if message is not messages[5]])


@pytest.mark.parametrize("pipeline", [1, 4])
def test_begun_and_given_up(postfix: Postfix, pipeline: int) -> None:
    """A message whose connection ends before the second step is in nobody's inbox."""
    transport = open_transport(settings(postfix, pipeline=pipeline))
    assert transport.begin([letter(1)]) == [None]
    transport.close()
    with closing(open_transport(settings(postfix))) as another:
        another.begin([letter(2)])
        finish(another)
    assert arrived(postfix, [letter(2)])


def test_what_postfix_finds_too_large(postfix: Postfix) -> None:
    """It says how much it takes, and is not asked for more; the run goes on."""
    large = Message(letter(1).envelope, (b"Subject: x\r\n\r\n", (b"x" * 78 + b"\r\n") * 150_000), ready=True)
    with closing(SmtpTransport(settings(postfix))) as transport:
        (refusal,) = transport.begin([large])
        assert refusal is not None
        assert (refusal.code, refusal.enhanced, refusal.stage) == (552, "5.3.4", "data")
        transport.begin([letter(2)])
        assert [verdict.accepted for verdict in finish(transport) if isinstance(verdict, Reply)] == [True]
    assert arrived(postfix, [letter(2)])
