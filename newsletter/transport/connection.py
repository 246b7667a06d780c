"""Opening a connection to the relay: greeting, introduction, protection and login (RFC 5321, 3207 and 4954)."""

import ssl
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from socket import getfqdn

from newsletter.errors import RelayUnavailable
from newsletter.transport.login import Login
from newsletter.transport.offers import Offers
from newsletter.transport.protocol import parse_reply
from newsletter.transport.tls import protect
from newsletter.transport.trouble import (
    Broken,
    Garbled,
    NoTls,
    NotOffered,
    NotServing,
    Trouble,
    Unreachable,
    Untrusted,
)
from newsletter.transport.wire import Wire, dial


@dataclass(frozen=True, slots=True)
class SmtpSettings:
    """How the relay is reached. `timeout` is in seconds and caps every wait for it."""

    host: str = "localhost"
    port: int = 25
    security: str = "none"  # none | starttls | tls
    username: str = ""
    password: str = ""
    timeout: float = 300.0
    helo: str | None = None  # how we introduce ourselves; None: this machine's name
    tls: ssl.SSLContext | None = None  # None: the system's certificates, checked
    auth: str = "auto"  # auto | plain | login | xoauth2
    token_file: Path | None = None  # for XOAUTH2
    pipeline: int = 1  # messages that go at once where the relay offers CHUNKING, and are in doubt at once
    together: bool = False  # a body goes along with its dot: less to do, but later

    @property
    def place(self) -> str:
        """Where the relay is, as we name it."""
        return f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds to wait (RFC 5321, section 4.5.3.2), none longer than the author says."""

    command: float  # for the greeting and the replies to most commands
    data: float  # for the reply to DATA
    block: float  # until a block of a message is taken
    dot: float  # for the reply to the final dot
    farewell: float  # for the reply to QUIT: the mail is handed over, so nothing is worth waiting for

    @classmethod
    def up_to(cls, seconds: float) -> "Patience":
        """Return what the standard says, capped."""
        return cls(
            command=min(seconds, 300.0),
            data=min(seconds, 120.0),
            block=min(seconds, 180.0),
            dot=min(seconds, 600.0),
            farewell=min(seconds, 5.0),
        )


@dataclass(frozen=True, slots=True)
class Connection:
    """An open connection to a place, on which mail may be handed over."""

    place: str
    wire: Wire
    offers: Offers
    patience: Patience
    together: bool = False  # as the settings say


def connect(settings: SmtpSettings) -> Connection:
    """Open a connection. Raises RelayUnavailable in the relay's words, and with what to do."""
    try:
        return _open(settings)
    except Trouble as trouble:
        raise unavailable(settings, trouble) from trouble
    except ssl.SSLCertVerificationError as error:
        raise unavailable(settings, Untrusted(str(error))) from error
    except ssl.SSLError as error:
        raise unavailable(settings, NoTls(str(error))) from error
    except Garbled as error:
        raise unavailable(settings, NotServing(str(error))) from error
    except (Broken, OSError, UnicodeError) as error:
        raise unavailable(settings, Unreachable(str(error) or type(error).__name__)) from error


def unavailable(settings: SmtpSettings, trouble: Trouble) -> RelayUnavailable:
    """Return a trouble as what the author is told."""
    words = str(trouble).rstrip(".")
    return RelayUnavailable(f"The relay {settings.place} {trouble.what}: {words}.", remedy=trouble.remedy)


def _open(settings: SmtpSettings) -> Connection:
    patience = Patience.up_to(settings.timeout)
    wire = dial(settings.host, settings.port, patience.command)
    try:
        if settings.security == "tls":
            wire = _protected(wire, settings, patience)
        _expect(wire.reply(patience.command), 220)
        offers = _introduce(wire, settings, patience)
        if settings.security == "starttls":
            if not offers.starttls:
                raise NotOffered("it knows no STARTTLS")
            _expect(wire.ask(b"STARTTLS\r\n", patience.command), 220)
            wire = _protected(wire, settings, patience)
            offers = _introduce(
                wire, settings, patience
            )  # RFC 3207, section 4.2: forget what was said before
        if settings.username:
            login = Login(settings.username, settings.password, settings.auth, settings.token_file)
            login.over(wire, offers, patience.command)
    except BaseException:
        wire.close()
        raise
    return Connection(settings.place, wire, offers, patience, settings.together)


def _introduce(wire: Wire, settings: SmtpSettings, patience: Patience) -> Offers:
    """Say EHLO, or HELO to a server that does not know it; return what the relay offers."""
    name = (settings.helo or _machine() or _literal(wire.here)).encode("ascii")
    code, text = wire.ask(b"EHLO %b\r\n" % name, patience.command)
    if code == 250:
        return Offers.read(text)
    if code < 500:
        raise NotServing(str(parse_reply(code, text)))
    _expect(wire.ask(b"HELO %b\r\n" % name, patience.command), 250)
    return Offers()


def _protected(wire: Wire, settings: SmtpSettings, patience: Patience) -> Wire:
    return protect(wire, settings.tls or _system(), settings.host, patience.command)


def _expect(reply: tuple[int, str], code: int) -> None:
    if reply[0] != code:
        raise NotServing(str(parse_reply(*reply)))


@cache
def _system() -> ssl.SSLContext:
    """Return what this machine trusts; reading it takes longer than sending a hundred messages."""
    return ssl.create_default_context()


@cache
def _machine() -> str:
    """Return this machine's full name, or nothing when it has none."""
    name = getfqdn()
    return name if "." in name and name.isascii() and name.replace("-", "").replace(".", "").isalnum() else ""


def _literal(address: str) -> str:
    """Return how a machine without a name calls itself (RFC 5321, section 4.1.3)."""
    return f"[IPv6:{address}]" if ":" in address else f"[{address}]"
