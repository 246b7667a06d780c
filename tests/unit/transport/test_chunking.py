"""Rounds of whole messages by BDAT (RFC 3030)."""

from contextlib import closing

import pytest

from newsletter.errors import RelayUnavailable
from newsletter.transport.chunking import ChunkingTransport
from newsletter.transport.protocol import Envelope, Message, Reply, finish
from newsletter.transport.smtp import SmtpTransport, open_transport
from tests.unit.transport.puppet import CHUNKS, USUAL, Act, codes, letter, puppet, to

LETTERS = [letter(number) for number in range(1, 5)]


def test_where_it_is_used() -> None:
    """Rounds need a setting, and a relay that offers CHUNKING and PIPELINING; everywhere else there is DATA."""
    for pipeline, offers, kind in (
        (4, CHUNKS, ChunkingTransport),
        (1, CHUNKS, SmtpTransport),
        (4, USUAL, SmtpTransport),
        (4, ("CHUNKING",), SmtpTransport),
    ):
        with (
            puppet(offers=offers) as server,
            closing(open_transport(to(server, pipeline=pipeline))) as transport,
        ):
            assert isinstance(transport, kind)
            assert transport.depth == (4 if kind is ChunkingTransport else 1)


def test_a_round() -> None:
    """Whole transactions go in one stream, and each message has its own verdict."""

    def script(step: str, about: str, number: int) -> bytes | None:
        match step, about:
            case "rcpt", "r2@example.org":
                return b"550 5.1.1 nobody\r\n"
            case "dot", "t3":
                return b"451 4.3.0 try t3 later\r\n"
        return None

    with puppet(script, CHUNKS) as server, closing(open_transport(to(server, pipeline=4))) as transport:
        assert transport.begin(LETTERS) == [None] * 4
        verdicts = finish(transport, LETTERS)
        assert transport.begin(LETTERS[:1]) == [None]
        assert codes(finish(transport)) == [250]
    assert verdicts == [
        Reply(250, "2.0.0", "taken t1"),
        Reply(550, "5.1.1", "nobody", "rcpt"),
        Reply(451, "4.3.0", "try t3 later"),
        Reply(250, "2.0.0", "taken t4"),
    ]
    assert server.blessed == {"t1": 2, "t4": 1}
    size = len(LETTERS[0].data)
    assert server.commands[1:5] == [
        "RSET",
        f"MAIL FROM:<news@example.com> SIZE={size}",
        "RCPT TO:<r1@example.org>",
        f"BDAT {size} LAST",
    ]


def test_nothing_is_written_before_the_second_step() -> None:
    """A round that is begun and given up leaves no trace."""
    with puppet(offers=CHUNKS) as server, closing(open_transport(to(server, pipeline=4))) as transport:
        transport.begin(LETTERS)
        transport.close()
        assert finish(transport) == []
    assert server.commands == ["EHLO sender.example.com", "QUIT"]


def test_what_the_relay_would_not_take() -> None:
    """An address beyond ASCII and a message beyond its size are refused at once, and the others go."""
    far = Message(
        Envelope("news@example.com", "юзер@example.org", smtputf8=True), letter(7).segments, ready=True
    )
    large = Message(letter(8).envelope, (b"x" * 2000 + b"\r\n",), ready=True)
    offers = ("PIPELINING", "CHUNKING", "SIZE 1500")
    with puppet(offers=offers) as server, closing(open_transport(to(server, pipeline=4))) as transport:
        refusals = transport.begin([far, letter(1), large])
        assert [refusal and (refusal.code, refusal.stage) for refusal in refusals] == [
            (553, "rcpt"),
            None,
            (552, "data"),
        ]
        assert codes(finish(transport)) == [250]
    assert server.whole == {"t1": 1}


def test_dots_and_octets_mean_nothing() -> None:
    """What is in order goes as it is, dots too; what is not gets CRLF at its line ends."""
    data = b"X-Token: t\r\n\r\n.\r\n..\r\n" + bytes(range(14, 256)) + b"\r\n"
    rough = b"X-Token: u\n\n.\rx\r\r\n."
    messages = [Message(letter(1).envelope, (data,), ready=True), Message(letter(2).envelope, (rough,))]
    with puppet(offers=CHUNKS) as server, closing(open_transport(to(server, pipeline=2))) as transport:
        transport.begin(messages)
        assert codes(finish(transport)) == [250, 250]
    assert [body for _, body in server.bodies] == [data, b"X-Token: u\r\n\r\n.\r\nx\r\n\r\n.\r\n"]


def test_two_sides_that_write_at_once() -> None:
    """A relay that says much before it reads on does not lock us: what it says is read while we write."""
    text = b"250-" + b"x" * 500 + b"\r\n"

    def script(step: str, about: str, number: int) -> bytes | None:
        return text * 90 + b"250 at last\r\n" if step in ("rset", "mail") else None

    messages = [
        Message(
            letter(number).envelope, (b"X-Token: t%d\r\n\r\n" % number, b"y" * 100_000 + b"\r\n"), ready=True
        )
        for number in range(50)
    ]
    with puppet(script, CHUNKS) as server, closing(open_transport(to(server, pipeline=50))) as transport:
        transport.begin(messages)
        assert codes(finish(transport)) == [250] * 50
    assert len(server.blessed) == 50


class TestBreaks:
    """Who is in doubt when the connection breaks."""

    @pytest.mark.parametrize("then", ["hang up", "reset", "stall"])
    def test_without_a_word(self, then: str) -> None:
        """What was answered is settled; everything else was written, so it is in doubt."""

        def script(step: str, about: str, number: int) -> Act | None:
            return Act(then=then) if (step, number) == ("dot", 2) else None  # type: ignore[arg-type]

        with (
            puppet(script, CHUNKS) as server,
            closing(open_transport(to(server, pipeline=4, timeout=1))) as transport,
        ):
            transport.begin(LETTERS)
            verdicts = codes(finish(transport))
            assert transport.begin(LETTERS[3:]) == [None]
            assert codes(finish(transport)) == [250]
        if then == "reset":  # which may overtake what was said before
            assert verdicts[2:] == [True, True]
        else:
            assert verdicts == [250, 250, True, True]
        assert server.connections == 2

    @pytest.mark.parametrize("step", ["rset", "mail", "rcpt", "dot"])
    def test_with_a_goodbye(self, step: str) -> None:
        """After 421 a relay does nothing more: what it has not answered by then, it has not taken."""

        def script(at: str, about: str, number: int) -> Act | None:
            return Act(b"421 4.7.0 enough\r\n", "hang up") if (at, number) == (step, 2) else None

        with puppet(script, CHUNKS) as server, closing(open_transport(to(server, pipeline=4))) as transport:
            transport.begin(LETTERS)
            verdicts = codes(finish(transport))
            assert transport.begin(LETTERS[2:]) == [None, None]
            assert codes(finish(transport)) == [250, 250]
        assert verdicts == [250, 250, 421 if step == "dot" else False, False]
        assert server.blessed == {"t1": 1, "t2": 1, "t3": 1, "t4": 1}

    @pytest.mark.parametrize(("step", "code"), [("rset", 250), ("rcpt", 421), ("dot", 421)])
    def test_with_a_goodbye_that_is_none(self, step: str, code: int) -> None:
        """Some say 421 of one message and go on: what they answer after that counts as ever."""

        def script(at: str, about: str, number: int) -> bytes | None:
            return b"421 4.7.0 not so fast\r\n" if (at, number) == (step, 1) else None

        with puppet(script, CHUNKS) as server, closing(open_transport(to(server, pipeline=4))) as transport:
            transport.begin(LETTERS)
            assert codes(finish(transport)) == [250, code, 250, 250]
        assert sorted(server.blessed) == [
            f"t{number}" for number in (1, 2, 3, 4) if number != 2 or code == 250
        ]

    def test_before_all_is_written(self) -> None:
        """A message that had not wholly left this machine cannot have been taken."""

        def script(step: str, about: str, number: int) -> Act | None:
            return Act(then="freeze") if (step, number) == ("mail", 1) else None

        large = [
            Message(each.envelope, (*each.segments, b"x" * 9_000_000 + b"\r\n"), ready=True)
            for each in LETTERS
        ]
        offers = ("PIPELINING", "CHUNKING")

        with (
            puppet(script, offers) as server,
            closing(open_transport(to(server, pipeline=4, timeout=1))) as transport,
        ):
            transport.begin(large)
            verdicts = codes(finish(transport))
        assert verdicts[0] == 250
        assert verdicts[3] is False

    def test_an_end_between_two_rounds(self) -> None:
        """A connection that has ended meanwhile is opened again before anything is written."""

        def script(step: str, about: str, number: int) -> Act | None:
            return (
                Act(b"250 2.0.0 ok\r\n421 4.4.2 too long idle\r\n", "hang up")
                if (step, number) == ("dot", 3)
                else None
            )

        with puppet(script, CHUNKS) as server, closing(open_transport(to(server, pipeline=4))) as transport:
            transport.begin(LETTERS)
            assert codes(finish(transport)) == [250] * 4
            transport.begin(LETTERS)
            assert codes(finish(transport)) == [250] * 4
        assert server.connections == 2

    def test_a_relay_that_never_answers_for_a_message(self) -> None:
        """When a new connection brings nothing at all, the next round is not even begun."""
        with (
            puppet(
                lambda step, *_: Act(b"421 4.3.2 no\r\n", "hang up") if step == "mail" else None, CHUNKS
            ) as server,
            closing(open_transport(to(server, pipeline=4))) as transport,
        ):
            transport.begin(LETTERS)
            assert codes(finish(transport)) == [False] * 4
            with pytest.raises(RelayUnavailable, match=r"takes no mail now: 421 4\.3\.2 no"):
                transport.begin(LETTERS)

    def test_a_relay_that_offers_it_no_more(self) -> None:
        """Another machine under the same name may not know CHUNKING: the connection is given up, and nothing sent."""

        def script(step: str, about: str, number: int) -> Act | bytes | None:
            match step, number:
                case "ehlo", 1:
                    return b"250 hello\r\n"
                case "dot", 0:
                    return Act(b"250 ok\r\n421 4.4.2 too long idle\r\n", "hang up")
            return None

        with puppet(script, CHUNKS) as server, closing(open_transport(to(server, pipeline=4))) as transport:
            transport.begin(LETTERS[:1])
            assert codes(finish(transport)) == [250]
            with pytest.raises(RelayUnavailable, match="does not offer what was asked for"):
                transport.begin(LETTERS[:1])


class TestOutOfStep:
    """Replies that cannot be told apart."""

    @pytest.mark.parametrize("step", ["rset", "mail", "rcpt", "dot"])
    def test_a_reply_too_many(self, step: str) -> None:
        """One surplus reply leaves the whole round in doubt: each might have been the answer to another command."""
        held: list[bytes] = []

        def script(at: str, about: str, number: int) -> bytes | None:
            """Answer when all has been read, as relays do whose replies are buffered."""
            if at not in ("rset", "mail", "rcpt", "dot"):
                return None
            held.append((b"250 extra\r\n" if (at, number) == (step, 1) else b"") + b"250 2.0.0 well\r\n")
            return b"".join(held) if len(held) == 16 else b""

        with puppet(script, CHUNKS) as server, closing(open_transport(to(server, pipeline=4))) as transport:
            transport.begin(LETTERS)
            assert codes(finish(transport)) == [True] * 4

    @pytest.mark.parametrize("nonsense", [b"nonsense\r\n", b"354 go\r\n", b"220 hi\r\n"])
    @pytest.mark.parametrize("step", ["rset", "mail", "rcpt", "dot"])
    def test_an_impossible_reply(self, step: str, nonsense: bytes) -> None:
        """So does a reply that is none."""

        def script(at: str, about: str, number: int) -> bytes | None:
            return nonsense if (at, number) == (step, 2) else None

        with puppet(script, CHUNKS) as server, closing(open_transport(to(server, pipeline=4))) as transport:
            transport.begin(LETTERS)
            assert codes(finish(transport)) == [True] * 4

    def test_a_message_taken_for_nobody(self) -> None:
        """A relay that refuses a recipient and takes the message cannot be believed."""

        def script(step: str, about: str, number: int) -> bytes | None:
            match step, about:
                case "rcpt", "r1@example.org":
                    return b"550 5.1.1 nobody\r\n"
                case "dot", "t1":
                    return b"250 taken\r\n"
            return None

        with puppet(script, CHUNKS) as server, closing(open_transport(to(server, pipeline=4))) as transport:
            transport.begin(LETTERS)
            assert codes(finish(transport)) == [True] * 4

    def test_a_word_between_two_rounds(self) -> None:
        """What a relay says without being asked is no answer to what comes: it is called again."""

        def script(step: str, about: str, number: int) -> bytes | None:
            return b"250 ok\r\n25" if (step, number) == ("dot", 0) else None

        with puppet(script, CHUNKS) as server, closing(open_transport(to(server, pipeline=4))) as transport:
            transport.begin(LETTERS[:1])
            assert codes(finish(transport)) == [True]
            transport.begin(LETTERS)
            assert codes(finish(transport)) == [250] * 4
        assert server.connections == 2
