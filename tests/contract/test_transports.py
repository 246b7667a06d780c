"""One contract for every transport: what goes in comes out, and what is refused is said."""

import email
import email.policy
import socket
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newsletter.errors import RelayUnavailable
from newsletter.transport.eml import EmlTransport
from newsletter.transport.memory import MemoryTransport
from newsletter.transport.protocol import (
    Envelope,
    Lost,
    Message,
    Reply,
    Transport,
    Verdict,
    finish,
    parse_reply,
)
from newsletter.transport.smtp import SmtpSettings, SmtpTransport
from tests.certificates import Certificate, self_signed
from tests.smtp_server import HANG_UP, Server, smtp_server

MESSAGE = b"From: a@example.com\r\nTo: b@example.org\r\nSubject: x\r\n\r\nHello\r\n"
ENVELOPE = Envelope("b+1@example.com", "b@example.org")

Shelf = Callable[[], list[bytes]]


@pytest.fixture(params=["smtp", "smtp in groups", "memory", "eml"])
def transport(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Transport, Shelf]]:
    """Every transport there is, with a way to look at what it handed over."""
    if request.param == "memory":
        memory = MemoryTransport()
        yield memory, lambda: [message.data for message in memory.sent]
    elif request.param == "eml":
        yield (
            EmlTransport(tmp_path / "mail"),
            lambda: [_read_eml(path) for path in (tmp_path / "mail").glob("*.eml")],
        )
    else:
        with smtp_server(pipelining=request.param == "smtp in groups") as server:
            smtp = SmtpTransport(at(server))
            yield smtp, lambda: [message.data for message in server.received]
            smtp.close()


def at(server: Server, **more: object) -> SmtpSettings:
    """Return how a test's server is reached."""
    return SmtpSettings(host="127.0.0.1", port=server.port, timeout=5, helo="sender.example.com", **more)  # type: ignore[arg-type]


def made(data: bytes = MESSAGE, envelope: Envelope = ENVELOPE) -> Message:
    """Return a message in one piece, which may not be in order."""
    return Message(envelope, (data,))


def sent(transport: Transport, message: Message, *following: Message) -> Verdict:
    """Take both steps with one message; return what became of it."""
    (refusal,) = transport.begin([message])
    if refusal is not None:
        assert finish(transport, following) == []
        return refusal
    (verdict,) = finish(transport, following)
    return verdict


def taken(transport: Transport, message: Message) -> bool:
    """Say whether a message was taken."""
    verdict = sent(transport, message)
    return isinstance(verdict, Reply) and verdict.accepted


def refused(transport: Transport, message: Message) -> Reply:
    """Return the reply that refuses a message."""
    verdict = sent(transport, message)
    assert isinstance(verdict, Reply)
    assert not verdict.accepted
    return verdict


def _read_eml(path: Path) -> bytes:
    first, _, rest = path.read_bytes().partition(b"\r\n")
    assert first.startswith(b"Return-Path: <")
    return rest


class TestEveryTransport:
    """What the outbox relies on, whatever the transport."""

    def test_the_message_arrives_as_it_is(self, transport: tuple[Transport, Shelf]) -> None:
        """A message in its final form reaches the other side byte for byte, and the reply says so."""
        sender, shelf = transport
        assert taken(sender, made())
        assert shelf() == [MESSAGE]

    def test_it_sends_many(self, transport: tuple[Transport, Shelf]) -> None:
        """One transport takes message after message, and mixes none of them up."""
        sender, shelf = transport
        messages = [MESSAGE + f"number {number}\r\n".encode() for number in range(20)]
        for message in messages:
            assert taken(sender, made(message))
        assert sorted(shelf()) == sorted(messages)

    def test_what_is_abandoned_does_not_arrive(self, transport: tuple[Transport, Shelf]) -> None:
        """Until its release nobody has a message; when it is abandoned nobody ever will, and the next one arrives."""
        sender, shelf = transport
        assert sender.begin([made(MESSAGE + b"first\r\n")]) == [None]
        assert shelf() == []
        sender.abandon()
        (verdict,) = sender.verdicts()
        assert isinstance(verdict, Lost)
        assert not verdict.in_doubt
        assert taken(sender, made())
        assert shelf() == [MESSAGE]

    def test_what_is_begun_when_the_connection_ends(self, transport: tuple[Transport, Shelf]) -> None:
        """A message that was begun and never released has not been sent."""
        sender, shelf = transport
        assert sender.begin([made()]) == [None]
        sender.close()
        assert shelf() == []

    def test_closing_twice_is_harmless(self, transport: tuple[Transport, Shelf]) -> None:
        """Whoever cleans up needn't know whether somebody else did."""
        sender, shelf = transport
        sender.close()
        sender.close()
        assert list(shelf()) == []

    @pytest.mark.parametrize(
        "address", ["a@example.com>\r\nDATA", "a@example.com\n", "<a@example.com", "a b@x.org", ""]
    )
    def test_no_envelope_can_break_out(self, address: str) -> None:
        """An address that could end its command early never becomes an envelope."""
        with pytest.raises(ValueError, match="envelope"):
            Envelope("b@example.com", address)


class TestSmtp:
    """What only the SMTP transport has to get right."""

    def test_one_greeting_for_many_messages(self) -> None:
        """The connection is opened and introduced once and used again."""
        with smtp_server() as server:
            transport = SmtpTransport(at(server))
            for _ in range(5):
                assert taken(transport, made())
            transport.close()
        assert server.connections == 1
        assert [command for command in server.commands if command.startswith("EHLO")] == [
            "EHLO sender.example.com"
        ]

    @settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
    @given(
        lines=st.lists(
            st.binary(max_size=60).map(lambda octets: octets.translate(None, b"\r\n"))
            | st.sampled_from([b".", b"..", b".a"]),
            min_size=1,
            max_size=8,
        )
    )
    def test_dots_and_line_ends_are_exact(
        self, open_smtp: tuple[SmtpTransport, Server], lines: list[bytes]
    ) -> None:
        """Any lines arrive as they are: leading dots, lone dots, octets beyond ASCII."""
        transport, server = open_smtp
        message = b"\r\n".join(lines) + b"\r\n"
        assert taken(transport, made(message))
        assert server.received[-1].data == message

    def test_bare_line_ends_are_mended(self) -> None:
        """A lone LF or CR never goes over the wire: some servers take `LF.LF` for the end of a message."""
        with smtp_server() as server:
            transport = SmtpTransport(at(server))
            assert taken(transport, made(b"Subject: x\n\na\n.\nMAIL FROM:<x@y.z>\rb"))
            transport.close()
        assert [message.data for message in server.received] == [
            b"Subject: x\r\n\r\na\r\n.\r\nMAIL FROM:<x@y.z>\r\nb\r\n"
        ]

    @pytest.mark.parametrize("stage", ["rcpt", "data"])
    @pytest.mark.parametrize("answer", ["550 5.1.1 no such user", "450 4.2.1 try later"])
    def test_a_refusal_is_a_value(self, stage: str, answer: str) -> None:
        """A refused recipient or message is a reply with its stage, and the next reader is served as before."""
        with smtp_server(
            lambda at_stage, who: answer if (at_stage, who) == (stage, "bad@example.org") else None
        ) as server:
            transport = SmtpTransport(at(server))
            refusal = refused(transport, made(envelope=Envelope("b@example.com", "bad@example.org")))
            assert taken(transport, made())
            transport.close()
        assert str(refusal) == answer
        assert refusal.stage == stage
        assert [message.recipient for message in server.received] == ["b@example.org"]

    def test_a_refused_sender_is_a_value(self) -> None:
        """A refusal of MAIL FROM is told from one of the recipient."""
        with smtp_server(lambda stage, who: "550 5.7.1 not you" if stage == "mail" else None) as server:
            transport = SmtpTransport(at(server))
            reply = refused(transport, made())
            transport.close()
        assert (reply.code, reply.enhanced, reply.stage) == (550, "5.7.1", "mail")

    def test_a_relay_that_ends_connections_is_called_again(self) -> None:
        """421 after some messages, as busy relays do, costs nothing: the message goes over a new connection."""
        seen: list[str] = []

        def script(stage: str, who: str) -> str | None:
            seen.append(stage)
            return "421 4.7.0 enough for now" if stage == "mail" and seen.count("mail") == 3 else None

        with smtp_server(script) as server:
            transport = SmtpTransport(at(server))
            assert all(taken(transport, made()) for _ in range(4))
            transport.close()
        assert server.connections == 2
        assert len(server.received) == 4

    def test_a_lost_connection_before_the_dot_is_tried_again(self) -> None:
        """When the relay hangs up before it has the message, the message is sent again and arrives once."""
        seen: list[str] = []

        def script(stage: str, who: str) -> str | None:
            seen.append(stage)
            return HANG_UP if stage == "rcpt" and seen.count("rcpt") == 1 else None

        with smtp_server(script) as server:
            transport = SmtpTransport(at(server))
            assert taken(transport, made())
            transport.close()
        assert len(server.received) == 1

    def test_a_message_that_always_loses_the_connection_is_refused_for_now(self) -> None:
        """One message that the relay cannot stand doesn't make the relay look unreachable."""
        with smtp_server(
            lambda stage, who: HANG_UP if (stage, who) == ("rcpt", "odd@example.org") else None
        ) as server:
            transport = SmtpTransport(at(server))
            reply = refused(transport, made(envelope=Envelope("b@example.com", "odd@example.org")))
            assert (reply.code, reply.enhanced, reply.stage) == (421, "4.4.2", "rcpt")
            assert taken(transport, made())
            transport.close()

    def test_a_connection_lost_after_the_dot_is_in_doubt(self) -> None:
        """When the relay hangs up instead of replying, nobody can know, and the transport says so."""
        with smtp_server(lambda stage, who: HANG_UP if stage == "data" else None) as server:
            transport = SmtpTransport(at(server))
            verdict = sent(transport, made())
            transport.close()
        assert isinstance(verdict, Lost)
        assert verdict.in_doubt
        assert "did not say whether it took the message" in verdict.words
        assert len(server.received) == 1

    def test_a_relay_that_takes_no_mail_is_unavailable(self) -> None:
        """421 to every MAIL FROM is no matter of one message."""
        with smtp_server(lambda stage, who: "421 4.3.2 going down" if stage == "mail" else None) as server:
            transport = SmtpTransport(at(server))
            with pytest.raises(RelayUnavailable, match=r"takes no mail now: 421 4\.3\.2 going down"):
                transport.begin([made()])
            transport.close()

    def test_nobody_there(self) -> None:
        """A refused connection is named with host, port and what to look at."""
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            port = unused.getsockname()[1]
        with pytest.raises(RelayUnavailable) as caught:
            SmtpTransport(SmtpSettings(host="127.0.0.1", port=port, timeout=5))
        assert f"127.0.0.1:{port} cannot be reached" in caught.value.message
        assert "[smtp]" in caught.value.remedy

    def test_a_server_that_says_nothing(self) -> None:
        """A relay that stalls is given up after the timeout."""
        with (
            socket.create_server(("127.0.0.1", 0)) as silent,
            pytest.raises(RelayUnavailable, match=r"cannot be reached: .*timed out"),
        ):
            SmtpTransport(SmtpSettings(host="127.0.0.1", port=silent.getsockname()[1], timeout=0.2))

    def test_logging_in(self) -> None:
        """With the right password mail is taken; with a wrong one the relay's words are given, and a remedy."""
        with smtp_server(users={"ana": "right"}) as server:
            transport = SmtpTransport(at(server, username="ana", password="right"))
            assert taken(transport, made())
            transport.close()
            with pytest.raises(RelayUnavailable, match=r"does not let us in: 535 5\.7\.8"):
                SmtpTransport(at(server, username="ana", password="wrong"))

    def test_starttls(self, certificate: Certificate) -> None:
        """STARTTLS protects the connection, and a certificate that nobody vouches for ends it."""
        with smtp_server(starttls=certificate.server()) as server:
            transport = SmtpTransport(at(server, security="starttls", tls=certificate.client()))
            assert taken(transport, made())
            transport.close()
            with pytest.raises(RelayUnavailable, match="cannot be trusted"):
                SmtpTransport(at(server, security="starttls"))
        assert len(server.received) == 1

    def test_implicit_tls(self, certificate: Certificate) -> None:
        """TLS from the first octet, checked in the same way."""
        with smtp_server(tls=certificate.server()) as server:
            transport = SmtpTransport(at(server, security="tls", tls=certificate.client()))
            assert taken(transport, made())
            transport.close()
            with pytest.raises(RelayUnavailable, match="cannot be trusted"):
                SmtpTransport(at(server, security="tls"))

    def test_the_certificate_must_name_the_host(self, certificate: Certificate) -> None:
        """A valid certificate of somebody else is no proof."""
        with smtp_server(tls=certificate.server()) as server:
            elsewhere = SmtpSettings(
                host="localhost", port=server.port, security="tls", timeout=5, tls=certificate.client()
            )
            with pytest.raises(RelayUnavailable, match="cannot be trusted"):
                SmtpTransport(elsewhere)

    def test_starttls_that_is_not_offered(self) -> None:
        """Protection that was asked for is never silently left out."""
        with (
            smtp_server() as server,
            pytest.raises(RelayUnavailable, match="does not offer what was asked for"),
        ):
            SmtpTransport(at(server, security="starttls"))

    def test_an_address_beyond_ascii(self) -> None:
        """Where the relay knows SMTPUTF8 it is used; where not, this one reader is refused and nothing is sent."""
        envelope = Envelope("b@example.com", "юзер@example.org", smtputf8=True)
        with smtp_server() as server:
            transport = SmtpTransport(at(server))
            assert taken(transport, made(envelope=envelope))
            transport.close()
        assert [message.recipient for message in server.received] == ["юзер@example.org"]
        with smtp_server(smtputf8=False) as server:
            transport = SmtpTransport(at(server))
            reply = refused(transport, made(envelope=envelope))
            assert (reply.code, reply.enhanced) == (553, "5.6.7")
            assert taken(transport, made())
            transport.close()


class TestEml:
    """What only files have to get right."""

    def test_a_mail_program_can_open_it(self, tmp_path: Path) -> None:
        """The file is the message with its envelope sender on top, as a mail server files it."""
        assert taken(EmlTransport(tmp_path), made())
        (path,) = tmp_path.iterdir()
        assert path.suffix == ".eml"
        message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        assert message["Return-Path"] == "<b+1@example.com>"
        assert not message.defects

    def test_a_recipient_names_no_other_folder(self, tmp_path: Path) -> None:
        """Whatever stands in an address, the file stays in its folder."""
        folder = tmp_path / "mail"
        assert taken(EmlTransport(folder), made(envelope=Envelope("b@example.com", "../../x@example.org")))
        assert [path.parent for path in tmp_path.rglob("*.eml")] == [folder]

    def test_a_folder_that_cannot_be_written(self, tmp_path: Path) -> None:
        """A place that takes no files is a relay that cannot be reached: nothing was handed over."""
        (tmp_path / "file").write_text("in the way")
        with pytest.raises(RelayUnavailable, match="No message can be written to"):
            EmlTransport(tmp_path / "file")


class TestReplies:
    """What a relay says, as a value."""

    @pytest.mark.parametrize(
        ("code", "text", "expected"),
        [
            (250, "2.0.0 Ok: queued as 1", Reply(250, "2.0.0", "Ok: queued as 1")),
            (550, "5.1.1 No such\n5.1.1 user here", Reply(550, "5.1.1", "No such user here")),
            (550, "no such user", Reply(550, None, "no such user")),
            (550, "2.0.0 odd", Reply(550, None, "2.0.0 odd")),
            (250, "10.1.2.3 is my name", Reply(250, None, "10.1.2.3 is my name")),
            (451, "4.3.0", Reply(451, "4.3.0", "")),
            (554, "\x1b[31mred\x00", Reply(554, None, "[31mred")),
        ],
    )
    def test_parsing(self, code: int, text: str, expected: Reply) -> None:
        """The enhanced code counts only if it agrees with the reply's class; nothing can colour a terminal."""
        assert parse_reply(code, text) == expected


@pytest.fixture(scope="module")
def open_smtp() -> Iterator[tuple[SmtpTransport, Server]]:
    """One connection for many examples."""
    with smtp_server() as server:
        transport = SmtpTransport(at(server))
        yield transport, server
        transport.close()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """A certificate for 127.0.0.1 that signs itself."""
    return self_signed(tmp_path_factory.mktemp("certificate"))


def test_the_default_trusts_the_system() -> None:
    """Certificates are checked unless somebody gives another context."""
    assert SmtpSettings().tls is None
    assert ssl.create_default_context().verify_mode == ssl.CERT_REQUIRED
