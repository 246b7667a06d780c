"""The final dot: nothing is taken without it, and it is written only while all is in step."""

from contextlib import closing

import pytest

from newsletter.transport.protocol import Lost, Message, Reply, finish
from newsletter.transport.smtp import SmtpTransport
from tests.unit.transport.puppet import USUAL, Act, codes, in_a_row, letter, puppet, to

BOTH = pytest.mark.parametrize("offers", [USUAL, ()])

#: What does not fit into the buffers between the two sides.
LARGE = Message(letter(1).envelope, (b"X-Token: large\r\n\r\n", (b"x" * 70 + b"\r\n") * 200_000), ready=True)


class TestHeldBack:
    """Between the two steps."""

    @BOTH
    def test_begun_and_not_finished(self, offers: tuple[str, ...]) -> None:
        """The whole body has come and its end has not: who hangs up then has sent nothing."""
        with puppet(offers=offers) as server:
            transport = SmtpTransport(to(server))
            assert transport.begin([letter(1)]) == [None]
            assert server.reading.wait(5)
            transport.close()
        assert server.fragments == [letter(1).data]
        assert server.bodies == []
        assert "QUIT" not in server.commands

    def test_announced_and_not_begun(self) -> None:
        """A relay that awaits a body hears no QUIT: it would take it for a line of a message."""
        with puppet() as server:
            transport = SmtpTransport(to(server))
            transport.begin([letter(1)])
            assert codes(finish(transport, [letter(2)])) == [250]
            transport.close()
        assert server.fragments == [b""]
        assert server.blessed == {"t1": 1}

    @BOTH
    def test_begun_twice(self, offers: tuple[str, ...]) -> None:
        """A message that was begun and given up is not sent along with the next."""
        with puppet(offers=offers) as server, closing(SmtpTransport(to(server))) as transport:
            transport.begin([letter(1)])
            transport.begin([letter(2)])
            assert codes(finish(transport)) == [250]
        assert [who for who, _ in server.bodies] == ["r2@example.org"]

    @BOTH
    def test_used_after_closing(self, offers: tuple[str, ...]) -> None:
        """A transport that was closed opens a new connection when it is wanted again."""
        with puppet(offers=offers) as server, closing(SmtpTransport(to(server))) as transport:
            transport.begin([letter(1)])
            transport.close()
            assert finish(transport) == []
            assert codes(in_a_row(transport, [letter(2)])) == [250]
        assert [who for who, _ in server.bodies] == ["r2@example.org"]


class TestOutOfStep:
    """A relay that speaks when it has nothing to say."""

    @BOTH
    @pytest.mark.parametrize(
        "early", [b"250 2.0.0 taken t1\r\n", b"421 4.3.2 going down\r\n", b"552 5.3.4 big\r\n", b"2"]
    )
    @pytest.mark.parametrize("then", ["go on", "hang up", "reset"])
    def test_an_early_reply(self, offers: tuple[str, ...], early: bytes, then: str) -> None:
        """The dot is not written, and the early words are nobody's verdict; the next message is none the worse."""

        def script(step: str, about: str, number: int) -> Act | None:
            return Act(early, then) if (step, number) == ("body", 0) else None  # type: ignore[arg-type]

        with puppet(script, offers) as server, closing(SmtpTransport(to(server))) as transport:
            assert transport.begin([letter(1)]) == [None]
            assert server.reading.wait(5)
            verdicts = finish(transport, [letter(2)])
            assert codes(verdicts) == [False]
            assert codes(in_a_row(transport, [letter(2)])) == [250]
        assert server.whole == {"t2": 1}

    def test_an_early_reply_to_a_large_message(self) -> None:
        """A relay that refuses in the middle and reads no further does not hold us; it is asked once more."""

        def script(step: str, about: str, number: int) -> Act | None:
            return Act(b"552 5.3.4 too big for me\r\n", "freeze") if step == "body" else None

        offers = tuple(offer for offer in USUAL if not offer.startswith("SIZE"))
        with puppet(script, offers) as server, closing(SmtpTransport(to(server))) as transport:
            (refusal,) = transport.begin([LARGE])
        assert refusal is not None
        assert (refusal.code, refusal.enhanced, refusal.stage) == (421, "4.4.2", "data")
        assert "552 5.3.4 too big for me" in refusal.text
        assert server.connections == 2
        assert server.bodies == []

    @pytest.mark.parametrize("surplus", [b"250 2.0.0 extra\r\n", b"550 no\r\n", b"nonsense"])
    def test_a_reply_too_many(self, surplus: bytes) -> None:
        """With two replies to one dot nobody knows which is the verdict."""

        def script(step: str, about: str, number: int) -> bytes | None:
            return surplus + b"250 2.0.0 taken t1\r\n" if (step, number) == ("dot", 0) else None

        for offers in (USUAL, ()):
            with puppet(script, offers) as server, closing(SmtpTransport(to(server))) as transport:
                assert codes(in_a_row(transport, [letter(1), letter(2)])) == [True, 250]

    @pytest.mark.parametrize("step", ["mail", "rcpt", "data"])
    @pytest.mark.parametrize("surplus", [b"250 2.0.0 extra\r\n", b"354 extra\r\n", b"nonsense\r\n"])
    def test_a_verdict_in_bad_company(self, step: str, surplus: bytes) -> None:
        """When the replies to the next envelope are out of step, the verdict before them may have been so, too."""

        def script(at: str, about: str, number: int) -> bytes | None:
            well = b"354 go\r\n" if at == "data" else b"250 ok\r\n"
            return surplus + well if (at, number) == (step, 1) else None

        with puppet(script) as server, closing(SmtpTransport(to(server))) as transport:
            assert codes(in_a_row(transport, [letter(1), letter(2)])) == [True, 250]
        assert server.whole == {"t1": 1, "t2": 1}

    @pytest.mark.parametrize(
        "impossible", [b"354 more\r\n", b"220 hello\r\n", b"221 bye\r\n", b"299\r\n", b"999 x\r\n"]
    )
    def test_an_impossible_verdict(self, impossible: bytes) -> None:
        """Only 25x says that a message was taken."""
        with (
            puppet(lambda step, about, number: impossible if step == "dot" else None) as server,
            closing(SmtpTransport(to(server))) as transport,
        ):
            assert codes(in_a_row(transport, [letter(1)])) == [True]


class TestVerdicts:
    """What is read after the dot."""

    @BOTH
    @pytest.mark.parametrize(
        ("says", "reply"),
        [
            (b"250 2.0.0 Ok: queued as 4F\r\n", Reply(250, "2.0.0", "Ok: queued as 4F")),
            (b"250\r\n", Reply(250, None, "")),
            (b"250-2.6.0 one\r\n250-2.6.0 two\r\n250 2.6.0 three\r\n", Reply(250, "2.6.0", "one two three")),
            (b"250 2.0.0 \x1b[31mred \xff\r\n", Reply(250, "2.0.0", "[31mred \N{REPLACEMENT CHARACTER}")),
            (b"250 ok\n", Reply(250, None, "ok")),
            (b"451 4.7.1 greylisted\r\n", Reply(451, "4.7.1", "greylisted")),
            (b"554 5.7.1 spam\r\n", Reply(554, "5.7.1", "spam")),
            (b"421 4.3.2 going down\r\n", Reply(421, "4.3.2", "going down")),
        ],
    )
    @pytest.mark.parametrize("pieces", [1, 5])
    def test_its_forms(self, offers: tuple[str, ...], says: bytes, reply: Reply, pieces: int) -> None:
        """On one line or several, in one packet or several, with LF alone: it is read whole."""

        def script(step: str, about: str, number: int) -> Act | None:
            then = "hang up" if says.startswith(b"421") else "go on"
            return Act(says, then, pieces) if (step, number) == ("dot", 0) else None  # type: ignore[arg-type]

        with puppet(script, offers) as server, closing(SmtpTransport(to(server))) as transport:
            assert in_a_row(transport, [letter(1), letter(2)])[0] == reply

    @BOTH
    @pytest.mark.parametrize("then", ["hang up", "stall"])
    @pytest.mark.parametrize("says", [b"", b"25", b"250-2.0.0 taken t1\r\n", b"250 2.0.0 taken t1"])
    def test_none(self, offers: tuple[str, ...], says: bytes, then: str) -> None:
        """Half a verdict is none: the message is in doubt, and the next one goes over a new connection."""

        def script(step: str, about: str, number: int) -> Act | None:
            return Act(says, then) if (step, number) == ("dot", 0) else None  # type: ignore[arg-type]

        with puppet(script, offers) as server, closing(SmtpTransport(to(server, timeout=1))) as transport:
            verdicts = in_a_row(transport, [letter(1), letter(2)])
        assert codes(verdicts) == [True, 250]
        assert isinstance(verdicts[0], Lost)
        assert f"127.0.0.1:{server.port} did not say whether it took the message: " in verdicts[0].words
        assert server.connections == 2

    def test_a_verdict_before_a_stall(self) -> None:
        """A relay that answers for a message and then for nothing more has answered for that message."""

        def script(step: str, about: str, number: int) -> Act | None:
            return Act(then="stall") if (step, number) == ("mail", 1) else None

        with puppet(script) as server, closing(SmtpTransport(to(server, timeout=1))) as transport:
            assert codes(in_a_row(transport, [letter(1), letter(2)])) == [250, 250]
        assert server.connections == 2


@BOTH
def test_a_dot_that_cannot_be_written(offers: tuple[str, ...]) -> None:
    """When the connection is reset while a message is begun, the relay certainly has not taken it."""

    def script(step: str, about: str, number: int) -> Act | None:
        return Act(then="reset") if (step, number) == ("body", 0) else None

    with puppet(script, offers) as server, closing(SmtpTransport(to(server))) as transport:
        assert transport.begin([letter(1)]) == [None]
        assert server.reading.wait(5)
        assert codes(finish(transport, [letter(2)])) == [False]
        assert codes(in_a_row(transport, [letter(1)])) == [250]
    assert server.whole == {"t1": 1}
