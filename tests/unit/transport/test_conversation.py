"""What is said to a relay message by message: in groups where it allows that, one by one where it does not."""

from contextlib import closing

import pytest

from newsletter.transport.protocol import finish
from newsletter.transport.smtp import SmtpTransport
from tests.unit.transport.puppet import USUAL, Act, codes, in_a_row, letter, puppet, to

#: As servers were in 1982.
OLD: tuple[str, ...] = ()


class TestGroups:
    """RFC 2920."""

    def test_the_next_envelope_rides_with_the_dot(self) -> None:
        """The relay has the next MAIL, RCPT and DATA before it says a word about the message before."""
        held: list[bytes] = []

        def script(step: str, about: str, number: int) -> bytes | None:
            if (step, number) in (
                ("dot", 0),
                ("mail", 1),
                ("rcpt", 1),
            ):  # not a word until the next DATA is there
                held.append({"dot": b"250 2.0.0 taken t1\r\n"}.get(step, b"250 ok\r\n"))
                return b""
            if (step, number) == ("data", 1):
                return b"".join(held) + b"354 go\r\n"
            return None

        with puppet(script) as server, closing(SmtpTransport(to(server))) as transport:
            verdicts = in_a_row(transport, [letter(1), letter(2)])
        assert codes(verdicts) == [250, 250]
        assert [command.split(" ")[0] for command in server.commands] == [
            "EHLO", "MAIL", "RCPT", "DATA", "MAIL", "RCPT", "DATA", "QUIT",
        ]  # fmt: skip

    def test_no_group_where_none_is_offered(self) -> None:
        """Each command waits for the reply to the one before: the server never sees two at once."""
        with puppet(offers=OLD) as server, closing(SmtpTransport(to(server))) as transport:
            verdicts = in_a_row(transport, [letter(1), letter(2)])
        assert codes(verdicts) == [250, 250]
        assert server.grouped == 0
        with puppet(offers=USUAL) as server, closing(SmtpTransport(to(server))) as transport:
            in_a_row(transport, [letter(1), letter(2)])
        assert server.grouped > 0

    def test_a_server_that_knows_only_helo(self) -> None:
        """Where EHLO is unknown, HELO is said, and no parameter is given to MAIL or RCPT."""
        with (
            puppet(lambda step, about, number: b"500 what?\r\n" if step == "ehlo" else None) as server,
            closing(SmtpTransport(to(server))) as transport,
        ):
            verdicts = in_a_row(transport, [letter(1, id="x"), letter(2)])
        assert codes(verdicts) == [250, 250]
        assert server.commands[1:4] == [
            "HELO sender.example.com",
            "MAIL FROM:<news@example.com>",
            "RCPT TO:<r1@example.org>",
        ]

    @pytest.mark.parametrize("offers", [USUAL, OLD])
    def test_one_refused_recipient_among_many(self, offers: tuple[str, ...]) -> None:
        """The refusal is that reader's alone, and the message before and after it arrive."""

        def script(step: str, about: str, number: int) -> bytes | None:
            return b"550 5.1.1 nobody\r\n" if (step, about) == ("rcpt", "r2@example.org") else None

        with puppet(script, offers) as server, closing(SmtpTransport(to(server))) as transport:
            verdicts = in_a_row(transport, [letter(number) for number in range(1, 5)])
        assert codes(verdicts) == [250, 550, 250, 250]
        assert [who for who, _ in server.bodies] == ["r1@example.org", "r3@example.org", "r4@example.org"]
        assert server.connections == 1

    def test_a_body_that_is_awaited_for_nobody(self) -> None:
        """Where a server says 354 although it refused the only recipient, it gets a lone dot (RFC 2920, 3.1)."""

        def script(step: str, about: str, number: int) -> bytes | None:
            match step, number:
                case "rcpt", 0 | 2:
                    return b"550 5.1.1 nobody\r\n"
                case "data", 0 | 2:
                    return b"354 whatever\r\n"
                case "dot", _ if about == "":
                    return b"554 5.5.1 no valid recipients\r\n"
            return None

        with puppet(script) as server, closing(SmtpTransport(to(server))) as transport:
            verdicts = in_a_row(transport, [letter(number) for number in range(1, 5)])
        assert codes(verdicts) == [550, 250, 550, 250]
        assert server.connections == 1
        assert "RSET" not in server.commands

    def test_a_body_is_never_given_under_a_refused_sender(self) -> None:
        """A server that refuses MAIL, takes RCPT and awaits a body would take an empty one: it is left alone."""

        def script(step: str, about: str, number: int) -> bytes | None:
            return b"550 5.7.1 not you\r\n" if step == "mail" else None

        with puppet(script) as server, closing(SmtpTransport(to(server))) as transport:
            verdicts = in_a_row(transport, [letter(1)])
        assert codes(verdicts) == [421]
        assert server.bodies == []

    def test_another_than_was_announced(self) -> None:
        """Once an envelope is given there is no way back: another message goes over a new connection."""
        with puppet() as server, closing(SmtpTransport(to(server))) as transport:
            transport.begin([letter(1)])
            assert codes(finish(transport, [letter(2)])) == [250]
            assert transport.begin([letter(3)]) == [None]
            assert codes(finish(transport)) == [250]
        assert [who for who, _ in server.bodies] == ["r1@example.org", "r3@example.org"]
        assert server.connections == 2

    def test_an_announced_message_that_is_refused_and_not_begun(self) -> None:
        """A refusal of what was announced stands in nobody's way."""

        def script(step: str, about: str, number: int) -> bytes | None:
            return b"450 4.2.1 later\r\n" if about == "r2@example.org" else None

        with puppet(script) as server, closing(SmtpTransport(to(server))) as transport:
            transport.begin([letter(1)])
            assert codes(finish(transport, [letter(2)])) == [250]
            assert transport.begin([letter(3)]) == [None]
            assert codes(finish(transport)) == [250]
        assert server.connections == 1

    def test_the_second_step_without_a_first(self) -> None:
        """What was not begun has no verdict."""
        with puppet() as server, closing(SmtpTransport(to(server))) as transport:
            assert finish(transport, [letter(1)]) == []
        assert server.commands == ["EHLO sender.example.com", "QUIT"]


class TestEnds:
    """Relays that end the connection when they like."""

    @pytest.mark.parametrize("offers", [USUAL, OLD])
    @pytest.mark.parametrize("farewell", [b"", b"421 4.7.0 enough for now\r\n"])
    @pytest.mark.parametrize("step", ["mail", "dot"])
    def test_a_relay_that_ends_after_some_messages(
        self, offers: tuple[str, ...], farewell: bytes, step: str
    ) -> None:
        """Silently or by 421, after a verdict or instead of the next reply: none is lost, and none repeated."""

        def script(at: str, about: str, number: int) -> Act | None:
            if at != step or number % 3 != 2:
                return None
            verdict = f"250 2.0.0 taken {about}\r\n".encode() if at == "dot" else b""
            return Act(verdict + farewell, "hang up")

        with puppet(script, offers) as server, closing(SmtpTransport(to(server))) as transport:
            verdicts = in_a_row(transport, [letter(number) for number in range(1, 11)])
        assert codes(verdicts) == [250] * 10
        assert [who for who, _ in server.bodies] == [f"r{number}@example.org" for number in range(1, 11)]
        assert server.connections > 2

    def test_a_refusal_as_the_last_word_stands(self) -> None:
        """A server that refuses a recipient and hangs up has refused that recipient."""

        def script(step: str, about: str, number: int) -> Act | None:
            return Act(b"550 5.1.1 nobody\r\n", "hang up") if (step, number) == ("rcpt", 0) else None

        with puppet(script) as server, closing(SmtpTransport(to(server))) as transport:
            verdicts = in_a_row(transport, [letter(1), letter(2)])
        assert codes(verdicts) == [550, 250]

    @pytest.mark.parametrize("step", ["rcpt", "data"])
    def test_a_message_that_always_ends_the_connection(self, step: str) -> None:
        """It is put off after the second time, with the stage, and the next one arrives."""

        def script(at: str, about: str, number: int) -> Act | None:
            return Act(then="hang up") if at == step and about == "r1@example.org" else None

        with puppet(script) as server, closing(SmtpTransport(to(server))) as transport:
            verdicts = in_a_row(transport, [letter(1), letter(2)])
        assert codes(verdicts) == [421, 250]
        assert verdicts[0].stage == step  # type: ignore[union-attr]
        assert server.connections == 3

    def test_nonsense_is_no_answer(self) -> None:
        """What is no reply, or none to this command, ends the connection; nothing is made of it."""
        for nonsense in (
            b"hello\r\n",
            b"250-\r\n550 x\r\n",
            b"354 go\r\n",
            b"220 hi\r\n",
            b"150 x\r\n",
            b"2500 x\r\n",
        ):

            def script(step: str, about: str, number: int, nonsense: bytes = nonsense) -> bytes | None:
                return nonsense if (step, number) == ("rcpt", 0) else None

            with puppet(script) as server, closing(SmtpTransport(to(server))) as transport:
                verdicts = in_a_row(transport, [letter(1)])
            assert codes(verdicts) == [250]
            assert server.connections == 2


def test_the_envelope_of_a_report() -> None:
    """Where the relay sends reports (RFC 3461), they carry the headers and our name, and only failures are told."""
    with puppet() as server, closing(SmtpTransport(to(server))) as transport:
        in_a_row(transport, [letter(1, id="i3.d7=x+")])
    assert server.commands[1:3] == [
        f"MAIL FROM:<news@example.com> SIZE={len(letter(1).data)} RET=HDRS ENVID=i3.d7+3Dx+2B",
        "RCPT TO:<r1@example.org> NOTIFY=FAILURE ORCPT=rfc822;r1@example.org",
    ]
