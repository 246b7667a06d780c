"""The same stories under encryption, where a socket says less about what became of what was written."""

from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest

from newsletter.transport.protocol import Message, Transport, finish
from newsletter.transport.smtp import open_transport
from tests.certificates import Certificate, self_signed
from tests.unit.transport.puppet import (
    CHUNKS,
    USUAL,
    Act,
    Puppet,
    Script,
    codes,
    in_a_row,
    letter,
    puppet,
    to,
)

#: Seconds after which a relay that does nothing is given up: no less than a busy machine takes for a handshake.
SOON = 1.5


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """A certificate for 127.0.0.1."""
    return self_signed(tmp_path_factory.mktemp("certificate"))


@contextmanager
def talking(
    certificate: Certificate, script: Script, offers: tuple[str, ...] = USUAL, **more: object
) -> Iterator[tuple[Puppet, Transport]]:
    """Run a server and open a transport to it."""
    with puppet(script, offers, certificate.server()) as server:
        settings = to(server, security="tls", tls=certificate.client(), **more)
        with closing(open_transport(settings)) as transport:
            yield server, transport


def large(number: int) -> Message:
    """Return a message that takes many records, and more than the buffers on the way."""
    head, *rest = letter(number).segments
    return Message(letter(number).envelope, (head, *rest, (b"x" * 70 + b"\r\n") * 60_000), ready=True)


def as_usual(step: str, about: str, number: int) -> None:
    """Have the server do what servers do."""


@pytest.mark.parametrize("offers", [(), ("PIPELINING",), ("PIPELINING", "CHUNKING")])
def test_large_messages(certificate: Certificate, offers: tuple[str, ...]) -> None:
    """Octet by octet, however many records it takes."""
    messages = [large(number) for number in range(3)]
    with talking(certificate, as_usual, offers, pipeline=3) as (server, transport):
        if transport.depth == 1:
            assert codes(in_a_row(transport, messages)) == [250] * 3
        else:
            assert transport.begin(messages) == [None] * 3
            assert codes(finish(transport)) == [250] * 3
    assert [body for _, body in server.bodies] == [message.data for message in messages]


@pytest.mark.parametrize(
    "act",
    [
        Act(then="stall"),
        Act(then="hang up"),
        Act(then="reset"),
        Act(b"250 2.0.0 drips", pieces=0, then="stall"),
    ],
)
def test_no_verdict(certificate: Certificate, act: Act) -> None:
    """A relay that ends after the dot leaves a doubt, also when it takes its time."""

    def script(step: str, about: str, number: int) -> Act | None:
        return act if (step, number) == ("dot", 0) else None

    with talking(certificate, script, timeout=SOON) as (_, transport):
        assert codes(in_a_row(transport, [letter(1), letter(2)])) == [True, 250]


@pytest.mark.parametrize("act", [Act(b"421 4.3.2 early\r\n"), Act(then="hang up"), Act(then="reset")])
def test_an_early_word(certificate: Certificate, act: Act) -> None:
    """What comes before the dot is no answer to it: the dot is not written."""

    def script(step: str, about: str, number: int) -> Act | None:
        return act if (step, number) == ("body", 0) else None

    with talking(certificate, script) as (server, transport):
        assert transport.begin([letter(1)]) == [None]
        assert server.reading.wait(5)
        assert codes(finish(transport)) == [False]
        assert codes(in_a_row(transport, [letter(2)])) == [250]
    assert server.whole == {"t2": 1}


def test_a_relay_that_reads_no_further(certificate: Certificate) -> None:
    """It is given up when its time is over, and the message is put off."""

    def script(step: str, about: str, number: int) -> Act | None:
        return Act(then="freeze") if step == "body" else None

    with talking(certificate, script, ("PIPELINING",), timeout=SOON) as (server, transport):
        (refusal,) = transport.begin([large(1)])
    assert refusal is not None
    assert (refusal.code, refusal.stage) == (421, "data")
    assert server.bodies == []


def test_a_round_that_is_cut(certificate: Certificate) -> None:
    """A message whose last record had not left this machine cannot have been taken."""

    def script(step: str, about: str, number: int) -> Act | None:
        return Act(then="freeze") if (step, number) == ("mail", 1) else None

    messages = [large(number) for number in range(4)]
    with talking(certificate, script, ("PIPELINING", "CHUNKING"), pipeline=4, timeout=SOON) as (_, transport):
        transport.begin(messages)
        verdicts = codes(finish(transport))
    assert verdicts[0] == 250
    assert verdicts[3] is False


def test_rounds(certificate: Certificate) -> None:
    """Several messages in one stream."""
    with talking(certificate, as_usual, CHUNKS, pipeline=8) as (server, transport):
        for start in range(0, 24, 8):
            transport.begin([letter(number) for number in range(start, start + 8)])
            assert codes(finish(transport)) == [250] * 8
    assert server.blessed == {f"t{number}": 1 for number in range(24)}
