"""Opening a connection: greeting, introduction, protection and login, and what is said when it fails."""

import socket
from base64 import b64decode, b64encode
from contextlib import closing, suppress
from pathlib import Path

import pytest

from newsletter.errors import RelayUnavailable
from newsletter.transport.login import Login
from newsletter.transport.offers import Offers
from newsletter.transport.smtp import SmtpTransport
from newsletter.transport.trouble import InTheClear, NotLetIn
from newsletter.transport.wire import Wire
from tests.certificates import Certificate, self_signed
from tests.unit.transport.puppet import Act, Script, puppet, to


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """A certificate for 127.0.0.1."""
    return self_signed(tmp_path_factory.mktemp("certificate"))


def opened(script: Script, *offers: str, **more: object) -> list[str]:
    """Open a connection and close it; return the commands that the server saw."""
    with puppet(script, offers) as server:
        SmtpTransport(to(server, **more)).close()
    return server.commands


def refusing(script: Script, *offers: str, **more: object) -> RelayUnavailable:
    """Open a connection in vain; return why."""
    with puppet(script, offers) as server, pytest.raises(RelayUnavailable) as caught:
        SmtpTransport(to(server, **more))
    assert f"The relay 127.0.0.1:{server.port} " in caught.value.message
    assert caught.value.remedy
    return caught.value


def usual(step: str, about: str, number: int) -> None:
    """Have the server do what servers do."""


class TestGreeting:
    """RFC 5321, sections 3.1 and 3.2."""

    @pytest.mark.parametrize(
        ("step", "says", "words"),
        [
            ("greeting", b"554 5.7.1 go away\r\n", "does not serve us: 554 5.7.1 go away"),
            ("greeting", b"421 4.3.2 too many\r\n", "does not serve us: 421 4.3.2 too many"),
            (
                "greeting",
                b"HTTP/1.1 400 Bad Request\r\n",
                "does not serve us: what it says is no reply: HTTP/1.1 400",
            ),
            (
                "greeting",
                b"+OK POP3 ready\r\n",
                "does not serve us: what it says is no reply: +OK POP3 ready",
            ),
            ("greeting", b"\xff" * 5000, "does not serve us: what it says is no reply"),
            ("greeting", b"220 a\r\n220 b\r\n", "does not serve us: it spoke without being asked: 220 b"),
            ("ehlo", b"421 4.3.2 busy\r\n", "does not serve us: 421 4.3.2 busy"),
            ("ehlo", b"250-a\r\n550 b\r\n", "does not serve us: what it says is no reply"),
            ("ehlo", b"250-x\r\n" * 200, "does not serve us: what it says is no reply"),
        ],
    )
    def test_refusals(self, step: str, says: bytes, words: str) -> None:
        """The relay's own words say what is wrong, and other protocols are told from SMTP."""
        error = refusing(lambda at, about, number: Act(says, "stall") if at == step else None)
        assert words in error.message

    @pytest.mark.parametrize("step", ["greeting", "ehlo"])
    def test_a_server_that_hangs_up(self, step: str) -> None:
        """That is said, too."""
        error = refusing(lambda at, about, number: Act(then="hang up") if at == step else None)
        assert "cannot be reached: it hung up" in error.message

    @pytest.mark.parametrize("step", ["greeting", "ehlo"])
    @pytest.mark.parametrize("act", [Act(then="stall"), Act(b"220-" + b"drip " * 100 + b"\r\n", pieces=0)])
    def test_a_server_that_takes_its_time(self, step: str, act: Act) -> None:
        """Whether it says nothing or one octet after the other: the time for the whole reply is limited."""
        error = refusing(lambda at, about, number: act if at == step else None, timeout=0.2)
        assert "cannot be reached: timed out" in error.message

    def test_our_name(self) -> None:
        """Without a name of its own, this machine is known by its address (RFC 5321, section 4.1.4)."""
        (command, _) = opened(usual, helo=None)
        verb, name = command.split(" ")
        assert verb == "EHLO"
        assert name == "[127.0.0.1]" or "." in name

    def test_a_long_greeting(self) -> None:
        """Lines of greeting may be many, and may come in pieces."""
        long = b"220-welcome\r\n" * 30 + b"220 go ahead\r\n"
        assert opened(lambda step, *_: Act(long, pieces=7) if step == "greeting" else None) == [
            "EHLO sender.example.com",
            "QUIT",
        ]


class TestProtection:
    """STARTTLS, RFC 3207."""

    def test_words_before_the_encryption(self, certificate: Certificate) -> None:
        """What stands behind the go-ahead in the clear was put in by somebody on the way (CVE-2011-0411)."""
        error = refusing(
            lambda step, *_: b"220 go\r\n250 AUTH PLAIN\r\n" if step == "starttls" else None,
            "STARTTLS",
            security="starttls",
            tls=certificate.client(),
        )
        assert "does not serve us: it spoke before the encryption began" in error.message

    def test_a_refusal(self, certificate: Certificate) -> None:
        """Where STARTTLS is offered and refused, nothing goes in the clear."""
        error = refusing(
            lambda step, *_: b"454 4.7.0 not now\r\n" if step == "starttls" else None,
            "STARTTLS",
            "AUTH PLAIN",
            security="starttls",
            username="ana",
            tls=certificate.client(),
        )
        assert "does not serve us: 454 4.7.0 not now" in error.message

    @pytest.mark.parametrize("security", ["tls", "starttls"])
    def test_a_server_that_speaks_no_tls(self, security: str, certificate: Certificate) -> None:
        """Settings that mix up ports are told from a bad certificate."""
        error = refusing(
            lambda step, *_: {"greeting": b"220 hello\r\n", "starttls": b"220 go\r\n"}.get(step),
            "STARTTLS",
            security=security,
            tls=certificate.client(),
            timeout=1,
        )
        assert "does not speak TLS here" in error.message or "timed out" in error.message


class TestLogin:
    """RFC 4954, and what providers made of it."""

    def test_plain(self) -> None:
        """Name and password go at once."""
        commands = opened(
            lambda step, *_: b"235 2.7.0 in\r\n" if step == "auth" else None, "AUTH LOGIN PLAIN", **ANA
        )
        assert commands[1:] == ["AUTH PLAIN " + b64encode(b"\0ana\0s\xc3\xa9cret").decode(), "QUIT"]

    def test_plain_on_demand(self) -> None:
        """Servers that know no initial response ask for it."""
        seen: list[str] = []
        secret = b64encode(b"\0ana\0s\xc3\xa9cret").decode().lower()
        opened(questions({"auth": b"334 \r\n", secret: b"235 in\r\n"}, seen), "AUTH PLAIN", **ANA)
        assert seen == ["auth", secret]

    @pytest.mark.parametrize("offer", ["AUTH LOGIN", "AUTH=LOGIN", "AUTH GSSAPI LOGIN", "auth login"])
    def test_login(self, offer: str) -> None:
        """Name and password are asked for, whatever the words of the questions."""
        answers = [b64encode(text.encode()).decode() for text in ("ana", "sécret")]
        seen: list[str] = []
        says = {"auth": b"334 ?\r\n", answers[0].lower(): b"334 VXNl\r\n", answers[1].lower(): b"235 in\r\n"}
        commands = opened(questions(says, seen), offer, **ANA)
        assert commands[1:] == ["AUTH LOGIN", *answers, "QUIT"]

    @pytest.mark.parametrize("offers", [("AUTH PLAIN LOGIN",), ("AUTH LOGIN",)])
    def test_a_refusal(self, offers: tuple[str, ...]) -> None:
        """The relay's words are given."""
        error = refusing(lambda step, *_: b"535 5.7.8 wrong\r\n" if step == "auth" else None, *offers, **ANA)
        assert "does not let us in: 535 5.7.8 wrong" in error.message

    @pytest.mark.parametrize(
        ("offers", "auth"), [((), "auto"), (("AUTH CRAM-MD5",), "auto"), (("AUTH PLAIN",), "login")]
    )
    def test_no_common_mechanism(self, offers: tuple[str, ...], auth: str) -> None:
        """What we can and what is on offer are both named, and no mail goes without login."""
        error = refusing(usual, *offers, auth=auth, **ANA)
        assert "does not offer what was asked for: we log in by" in error.message
        assert ("CRAM-MD5" in error.message) == (offers == ("AUTH CRAM-MD5",))

    def test_xoauth2(self, tmp_path: Path) -> None:
        """The token is read again at each login: whatever renews it just writes the file."""
        token = tmp_path / "token"
        lines = []
        for value in ("ya29.one", "ya29.two\n"):
            token.write_text(value)
            commands = opened(
                lambda step, *_: b"235 2.7.0 in\r\n" if step == "auth" else None,
                "AUTH PLAIN XOAUTH2",
                username="ana@example.com",
                token_file=token,
            )
            lines.append(b64decode(commands[1].removeprefix("AUTH XOAUTH2 ")))
        assert lines == [
            b"user=ana@example.com\1auth=Bearer ya29.one\1\1",
            b"user=ana@example.com\1auth=Bearer ya29.two\1\1",
        ]

    def test_a_token_that_has_expired(self, tmp_path: Path) -> None:
        """The relay explains itself in a question, which is answered by nothing; then it refuses."""
        (tmp_path / "token").write_text("old")
        seen: list[str] = []
        script = questions({"auth": b"334 eyJzdGF0dXMiOiI0MDAifQ==\r\n", "": b"535 5.7.8 expired\r\n"}, seen)
        error = refusing(
            script, "AUTH XOAUTH2", username="ana", auth="xoauth2", token_file=tmp_path / "token"
        )
        assert "does not let us in: 535 5.7.8 expired" in error.message
        assert seen == ["auth", ""]

    @pytest.mark.parametrize("content", [None, "", "two words", "two\nlines", "\x01"])
    def test_no_token(self, content: str | None, tmp_path: Path) -> None:
        """A missing or odd token is our trouble, and the file is named."""
        if content is not None:
            (tmp_path / "token").write_text(content)
        error = refusing(usual, "AUTH XOAUTH2", username="ana", token_file=tmp_path / "token")
        assert "wants a token that we do not have" in error.message
        assert "token" in error.message

    @pytest.mark.parametrize(
        ("mechanism", "exposed"),
        [("auto", True), ("plain", False), ("login", False), ("xoauth2", True)],
    )
    def test_a_password_in_the_clear(self, mechanism: str, exposed: bool, tmp_path: Path) -> None:
        """Over an unprotected way to another machine a password goes only if we insist, and a token never."""
        (tmp_path / "token").write_text("t")
        login = Login("ana", "secret", mechanism, tmp_path / "token" if mechanism == "xoauth2" else None)
        script = questions({"auth": b"235 in\r\n" if mechanism == "plain" else b"334 ?\r\n"}, [])
        with puppet(script) as server, closing(Elsewhere(("127.0.0.1", server.port))) as wire:
            wire.reply(5)
            if exposed:
                with pytest.raises(InTheClear):
                    login.over(wire, ALL, 5)
            else:
                with suppress(NotLetIn):
                    login.over(wire, ALL, 5)
        assert any(command.startswith("AUTH") for command in server.commands) != exposed


class Elsewhere(Wire):
    """A connection that leads to another machine, or so it says."""

    def __init__(self, place: tuple[str, int]) -> None:
        super().__init__(socket.create_connection(place))

    @property
    def there(self) -> str:
        return "192.0.2.1"


ALL = Offers(logins=frozenset({"PLAIN", "LOGIN", "XOAUTH2"}))

ANA = {"username": "ana", "password": "sécret"}


def questions(says: dict[str, bytes], seen: list[str]) -> Script:
    """Return a script that answers the lines of a login."""

    def script(step: str, about: str, number: int) -> bytes | None:
        if step in says:
            seen.append(step)
            return says[step]
        return None

    return script
