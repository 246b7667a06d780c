"""The SMTP transport: one connection to the relay, used again for message after message (RFC 5321)."""

import re
import smtplib
import ssl
from contextlib import suppress
from dataclasses import dataclass

from newsletter.errors import RelayUnavailable
from newsletter.transport.protocol import Envelope, InDoubt, Reply, Stage, parse_reply

#: Seconds that QUIT may take: the mail is handed over, so nothing is worth waiting for.
_FAREWELL = 5.0

_LINE_END = re.compile(rb"\r\n|\r|\n")
_LEADING_DOT = re.compile(rb"^\.", re.MULTILINE)

_WHERE = "See [smtp] in newsletter.toml"


@dataclass(frozen=True, slots=True)
class SmtpSettings:
    """How the relay is reached. `timeout` is in seconds and holds for every reply (RFC 5321, 4.5.3.2)."""

    host: str = "localhost"
    port: int = 25
    security: str = "none"  # none | starttls | tls
    username: str = ""
    password: str = ""
    timeout: float = 300.0
    helo: str | None = None  # how we introduce ourselves; None: this machine's name
    tls: ssl.SSLContext | None = None  # None: the system's certificates, checked


class _Lost(Exception):
    """The connection broke, or the relay ended it (421), before the final dot: nothing was handed over."""

    def __init__(self, stage: Stage, words: str) -> None:
        super().__init__(words)
        self.stage = stage
        self.words = words


class SmtpTransport:
    """A connection to the relay, open from the start.

    It is opened again when the relay ends it between two messages. Raises RelayUnavailable when the relay
    cannot be reached, protects the connection less than was asked for, or does not let us in.
    """

    def __init__(self, settings: SmtpSettings) -> None:
        self.settings = settings
        self._smtp: smtplib.SMTP | None = None
        self._open()

    def send(self, envelope: Envelope, message: bytes) -> Reply:
        """Hand one message over. Raises RelayUnavailable or InDoubt, as the protocol says.

        A connection that is lost before the final dot is opened once more. When it is lost again at the same
        message, by a relay that lets us in, the message is to blame: that is a temporary refusal of it.
        """
        body = _on_the_wire(message)
        try:
            return self._converse(envelope, body)
        except _Lost:
            self._drop()
        try:
            return self._converse(envelope, body)
        except _Lost as lost:
            self._drop()
            if lost.stage == "mail":
                raise self._unavailable("takes no mail now", lost.words, "Try again later.") from lost
            return Reply(421, "4.4.2", f"the connection was lost: {lost.words}", lost.stage)

    def close(self) -> None:
        """Say QUIT and hang up."""
        if self._smtp is not None and self._smtp.sock is not None:
            with suppress(OSError, smtplib.SMTPException):
                self._smtp.sock.settimeout(_FAREWELL)
                self._smtp.quit()
        self._drop()

    def _converse(self, envelope: Envelope, body: bytes) -> Reply:
        smtp = self._smtp or self._open()
        if envelope.smtputf8 and not smtp.has_extn("smtputf8"):
            return Reply(553, "5.6.7", "the relay does not take addresses beyond ASCII (RFC 6531)", "rcpt")
        smtp.command_encoding = "utf-8" if envelope.smtputf8 else "ascii"
        reply = self._ask(smtp, "mail", f"MAIL FROM:<{envelope.sender}>{_parameters(smtp, envelope, body)}")
        if not reply.accepted:
            return reply
        reply = self._ask(smtp, "rcpt", f"RCPT TO:<{envelope.recipient}>")
        if reply.accepted:
            reply = self._ask(smtp, "data", "DATA")
        if reply.code == 354:
            return self._hand_over(smtp, body)
        with suppress(_Lost):
            self._ask(smtp, reply.stage, "RSET")
        return reply if reply.code >= 400 else Reply(451, None, f"DATA was answered with {reply}")

    def _ask(self, smtp: smtplib.SMTP, stage: Stage, command: str) -> Reply:
        """Give one command and return its reply. Raises _Lost."""
        try:
            code, words = smtp.docmd(command)
        except (OSError, smtplib.SMTPException) as error:
            raise _Lost(stage, str(error)) from error
        reply = parse_reply(code, words.decode("utf-8", "replace"), stage)
        if code == 421 or not 200 <= code <= 599:  # it hangs up, or what it says is no SMTP
            raise _Lost(stage, str(reply))
        return reply

    def _hand_over(self, smtp: smtplib.SMTP, body: bytes) -> Reply:
        """Write the body with its final dot and wait for the verdict. Raises _Lost or InDoubt."""
        try:
            smtp.send(body)
        except (OSError, smtplib.SMTPException) as error:
            # the dot stands in the last octets, so the relay cannot have seen it
            raise _Lost("data", str(error)) from error
        try:
            code, words = smtp.getreply()
        except (OSError, smtplib.SMTPException) as error:
            self._drop()
            raise self._in_doubt(str(error)) from error
        if not 200 <= code <= 599:
            self._drop()
            raise self._in_doubt("the reply was no SMTP")
        if code == 421:
            self._drop()
        return parse_reply(code, words.decode("utf-8", "replace"))

    def _open(self) -> smtplib.SMTP:
        """Connect, introduce ourselves, protect the connection and log in. Raises RelayUnavailable."""
        settings = self.settings
        try:
            self._smtp = smtp = self._connect()
            smtp.ehlo_or_helo_if_needed()
            if settings.security == "starttls":
                smtp.starttls(context=settings.tls or ssl.create_default_context())
                smtp.ehlo_or_helo_if_needed()  # RFC 3207, section 4.2: what was said before is forgotten
            if settings.username:
                smtp.login(settings.username, settings.password)
        except (OSError, smtplib.SMTPException, UnicodeError) as error:
            self._drop()
            raise self._explained(error) from error
        return smtp

    def _connect(self) -> smtplib.SMTP:
        settings = self.settings
        where = (settings.host, settings.port, settings.helo)
        if settings.security == "tls":
            context = settings.tls or ssl.create_default_context()
            return smtplib.SMTP_SSL(*where, timeout=settings.timeout, context=context)
        return smtplib.SMTP(*where, timeout=settings.timeout)

    def _explained(self, error: Exception) -> RelayUnavailable:
        """Say what went wrong on opening, in the relay's words, and what to do."""
        match error:
            case ssl.SSLError():
                what = "cannot be trusted"
                remedy = f"Give the host name that its certificate names, or mend the certificate. {_WHERE}."
            case smtplib.SMTPAuthenticationError():
                what, remedy = "does not let us in", f"Correct username and password. {_WHERE}."
            case smtplib.SMTPNotSupportedError():
                what, remedy = (
                    "does not offer what was asked for",
                    f"Correct security or username. {_WHERE}.",
                )
            case smtplib.SMTPResponseException():
                what, remedy = "does not serve us", "Its words say why; try again later, or ask who runs it."
            case _:
                what, remedy = "cannot be reached", f"Is a mail server running there? {_WHERE}."
        return self._unavailable(what, _words(error), remedy)

    def _unavailable(self, what: str, words: str, remedy: str) -> RelayUnavailable:
        place = f"{self.settings.host}:{self.settings.port}"
        return RelayUnavailable(f"The relay {place} {what}: {words.rstrip('.')}.", remedy=remedy)

    def _in_doubt(self, words: str) -> InDoubt:
        place = f"{self.settings.host}:{self.settings.port}"
        return InDoubt(f"The relay {place} did not say whether it took the message: {words.rstrip('.')}.")

    def _drop(self) -> None:
        if self._smtp is not None:
            self._smtp.close()
            self._smtp = None


def _words(error: Exception) -> str:
    """Return what the relay said, or else what the system said."""
    if not isinstance(error, smtplib.SMTPResponseException):
        return str(error) or type(error).__name__
    words = error.smtp_error
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    return str(parse_reply(error.smtp_code, text))


def _parameters(smtp: smtplib.SMTP, envelope: Envelope, body: bytes) -> str:
    """Return what is said about the message: SIZE (RFC 1870), 8BITMIME (RFC 6152), SMTPUTF8 (RFC 6531)."""
    size = f" SIZE={len(body)}" if smtp.has_extn("size") else ""
    eight = " BODY=8BITMIME" if not body.isascii() and smtp.has_extn("8bitmime") else ""
    return size + eight + (" SMTPUTF8" if envelope.smtputf8 else "")


def _on_the_wire(message: bytes) -> bytes:
    """Return the message as DATA wants it: lines end in CRLF, leading dots are doubled, a lone dot ends it.

    RFC 5321, section 4.5.2. What :mod:`newsletter.outbox.message` makes needs only the last of these.
    """
    if message.count(b"\n") != message.count(b"\r\n") or message.count(b"\r") != message.count(b"\r\n"):
        message = _LINE_END.sub(b"\r\n", message)
    if message.startswith(b".") or b"\n." in message:
        message = _LEADING_DOT.sub(b"..", message)
    return message + (b".\r\n" if message.endswith(b"\r\n") else b"\r\n.\r\n")
