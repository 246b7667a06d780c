"""The release of a message by another thread than the one that waits for its verdict."""

import socket
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from threading import Event, Thread

import pytest

from newsletter.transport.connection import Connection, Patience
from newsletter.transport.final_dot import FinalDot
from newsletter.transport.offers import Offers
from newsletter.transport.protocol import Lost, Reply, Transport, Verdict
from newsletter.transport.smtp import SmtpSettings, SmtpTransport, open_transport
from newsletter.transport.trouble import Broken
from newsletter.transport.wire import Wire
from tests.certificates import self_signed
from tests.smtp_server import smtp_server
from tests.unit.transport.puppet import CHUNKS, USUAL, Act, Puppet, codes, letter, puppet, to

WAYS = pytest.mark.parametrize(
    ("offers", "ways"),
    [((), {}), ((), {"together": True}), (USUAL, {}), (USUAL, {"together": True}), (CHUNKS, {"pipeline": 2})],
)

#: Seconds after which something hangs, on the slowest machine.
FOREVER = 20


class Waiting:
    """The verdicts on a round, waited for by a thread of their own."""

    def __init__(self, transport: Transport) -> None:
        self.found: list[Verdict] = []
        self._thread = Thread(target=self._wait, args=(transport,), daemon=True)
        self._thread.start()

    def _wait(self, transport: Transport) -> None:
        self.found = transport.verdicts()

    def over(self) -> list[Verdict]:
        """Wait for the end of the waiting."""
        self._thread.join(FOREVER)
        assert not self._thread.is_alive(), "it hangs"
        return self.found


@WAYS
def test_while_somebody_waits(offers: tuple[str, ...], ways: dict[str, int]) -> None:
    """One thread waits for the verdict, another one says when it may come; and so on, message by message."""
    with puppet(offers=offers) as server, closing(open_transport(to(server, **ways))) as transport:
        messages = [letter(number) for number in range(1, 31)]
        for number, message in enumerate(messages, 1):
            assert transport.begin([message]) == [None]
            waiting = Waiting(transport)
            transport.release(messages[number : number + 1] if number % 3 else [])
            assert codes(waiting.over()) == [250]
    assert server.whole == {f"t{number}": 1 for number in range(1, 31)}
    assert server.connections == 1


def test_over_tls(tmp_path_factory: pytest.TempPathFactory) -> None:
    """The same under encryption, where reading and writing share more than a socket."""
    certificate = self_signed(tmp_path_factory.mktemp("certificate"))
    with smtp_server(tls=certificate.server(), pipelining=True) as server:
        settings = SmtpSettings(
            "127.0.0.1", server.port, "tls", timeout=5, tls=certificate.client(), helo="a.example"
        )
        with closing(SmtpTransport(settings)) as transport:
            messages = [letter(number) for number in range(30)]
            for number, message in enumerate(messages, 1):
                assert transport.begin([message]) == [None]
                waiting = Waiting(transport)
                transport.release(messages[number : number + 1])
                assert codes(waiting.over()) == [250]
    assert len(server.received) == 30
    assert server.connections == 1
    assert ssl.HAS_TLSv1_3


@WAYS
def test_abandoned_while_somebody_waits(offers: tuple[str, ...], ways: dict[str, int]) -> None:
    """The relay gets no dot, and whoever waits hears that it certainly has not taken the message."""
    with puppet(offers=offers) as server, closing(open_transport(to(server, **ways))) as transport:
        assert transport.begin([letter(1)]) == [None]
        waiting = Waiting(transport)
        transport.abandon()
        assert codes(waiting.over()) == [False]
        transport.release([letter(2)])
        assert transport.begin([letter(2)]) == [None]
        transport.release()
        assert codes(transport.verdicts()) == [250]
    assert server.whole == {"t2": 1}


@WAYS
def test_what_is_decided_is_decided(offers: tuple[str, ...], ways: dict[str, int]) -> None:
    """A release is not taken back, and neither is the envelope that went along with it."""
    with puppet(offers=offers) as server, closing(open_transport(to(server, **ways))) as transport:
        second = letter(2)
        transport.begin([letter(1)])
        transport.release([second])
        transport.abandon()
        transport.release([letter(3)])
        assert codes(transport.verdicts()) == [250]
        assert transport.begin([second]) == [None]
        transport.release()
        assert codes(transport.verdicts()) == [250]
    assert server.whole == {"t1": 1, "t2": 1}
    assert server.connections == 1


@pytest.mark.parametrize("offers", [(), USUAL])
@pytest.mark.parametrize(
    "act",
    [
        Act(b"421 4.4.2 too slow for me\r\n", "hang up"),
        Act(b"250 2.0.0 taken t1\r\n"),
        Act(then="hang up"),
        Act(then="reset"),
    ],
)
def test_a_relay_that_loses_patience(offers: tuple[str, ...], act: Act) -> None:
    """What it says before the release ends the waiting; a release that comes later writes nothing."""
    with (
        puppet(lambda step, about, number: act if (step, number) == ("body", 0) else None, offers) as server,
        closing(SmtpTransport(to(server))) as transport,
    ):
        transport.begin([letter(1)])
        (verdict,) = Waiting(transport).over()
        transport.release([letter(2)])
        assert isinstance(verdict, Lost)
        assert not verdict.in_doubt
        transport.begin([letter(2)])
        transport.release()
        assert codes(transport.verdicts()) == [250]
    assert server.whole == {"t2": 1}


def test_a_word_at_the_moment_of_the_release() -> None:
    """Whoever is first: a message whose dot was not written is not in doubt, and an early word is no verdict."""
    now = Event()

    def script(step: str, about: str, number: int) -> bytes | None:
        if step == "body":
            now.wait(FOREVER)
            return b"450 4.3.2 early\r\n"
        return None

    for number in range(100):
        now.clear()
        with puppet(script, ()) as server, closing(SmtpTransport(to(server))) as transport:
            assert transport.begin([letter(number)]) == [None]
            waiting = Waiting(transport)
            now.set()
            transport.release()
            (verdict,) = waiting.over()
        if isinstance(verdict, Lost) and not verdict.in_doubt:
            assert server.whole == {}
        else:  # it was written before the word came, which nobody can tell from an answer to it
            assert server.whole == {f"t{number}": 1}


class Narrow(Wire):
    """A connection whose kernel takes only some octets at the moment of a release."""

    def __init__(self, port: int, width: int) -> None:
        super().__init__(socket.create_connection(("127.0.0.1", port)))
        self.width = width

    def write_now(self, pieces: Sequence[bytes]) -> int:
        return super().write_now([b"".join(pieces)[: self.width]]) if self.width else 0


@contextmanager
def narrow(server: Puppet, width: int, *, together: bool = False) -> Iterator[SmtpTransport]:
    """Open a transport over a narrow connection."""
    wire = Narrow(server.port, width)
    wire.reply(5)
    wire.ask(b"EHLO a.example\r\n", 5)
    settings = to(server)
    offers = Offers(pipelining=True)
    with closing(
        SmtpTransport(settings, Connection(settings.place, wire, offers, Patience.up_to(5), together))
    ) as transport:
        yield transport


@pytest.mark.parametrize("together", [False, True])
@pytest.mark.parametrize("width", [0, 1, 2, 3, 4, 20, 150, 282, 300])
def test_a_release_that_does_not_fit(width: int, together: bool) -> None:
    """What the kernel does not take at once is written by the thread that waits."""
    with puppet() as server, narrow(server, width, together=together) as transport:
        messages = [letter(number) for number in range(4)]
        for number, message in enumerate(messages, 1):
            assert transport.begin([message]) == [None]
            waiting = Waiting(transport)
            transport.release(messages[number : number + 1])
            assert codes(waiting.over()) == [250]
    assert server.whole == {f"t{number}": 1 for number in range(4)}
    assert server.connections == 1


@pytest.mark.parametrize("before", [(), (b"line\r\n", b"line\r\n")])
@pytest.mark.parametrize(("width", "in_doubt"), [(0, False), (2, False), (3, True), (20, True)])
def test_half_a_release(width: int, in_doubt: bool, before: tuple[bytes, ...]) -> None:
    """When the connection breaks then, it depends on whether the kernel had taken the whole dot."""
    size = sum(map(len, before))
    with puppet() as server:
        wire = Narrow(server.port, size + width)
        wire.reply(5)
        dot = FinalDot(wire)
        dot.hold_back(before, size)
        dot.write(b"MAIL FROM:<a@b.org>\r\n" * 3)
        wire.silence()
        raised = _raised(lambda: dot.wait(5))
        wire.close()
    assert dot.taken is in_doubt
    assert isinstance(raised, Broken) is not in_doubt


def _raised(act: Callable[[], None]) -> Exception | None:
    try:
        act()
    except Broken as broken:
        return broken
    return None


def test_a_verdict_that_comes_while_the_rest_is_written() -> None:
    """It is heard then, and not waited for again."""

    def script(step: str, about: str, number: int) -> Act | None:
        return Act(f"250 2.0.0 taken {about}\r\n".encode(), "freeze") if step == "dot" else None

    with puppet(script) as server, narrow(server, 3) as transport:
        assert transport.begin([letter(1)]) == [None]
        transport.release([letter(2)])
        (verdict,) = transport.verdicts()
    assert isinstance(verdict, Reply)
    assert verdict.accepted
