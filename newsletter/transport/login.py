"""Logging in to a relay (RFC 4954): PLAIN, LOGIN and XOAUTH2."""

from base64 import b64encode
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

from newsletter.transport.offers import Offers
from newsletter.transport.protocol import parse_reply
from newsletter.transport.trouble import InTheClear, NotLetIn, NotOffered, NoToken
from newsletter.transport.wire import Wire

#: Mechanisms that prove who we are by a password, the better first.
_BY_PASSWORD: tuple[str, ...] = ("plain", "login")

#: What has LOGIN go on; the words of its questions differ from server to server.
_QUESTION = 334

_WELCOME = 235


@dataclass(frozen=True, slots=True)
class Login:
    """Who we are, and how we prove it: "auto" takes what the relay offers."""

    username: str
    password: str = ""
    mechanism: str = "auto"  # auto | plain | login | xoauth2
    token_file: Path | None = None  # for XOAUTH2; read at each login, since such tokens last an hour

    def over(self, wire: Wire, offers: Offers, seconds: float) -> None:
        """Log in. Raises NotOffered, InTheClear, NoToken and NotLetIn, and Broken for the connection's end."""
        mechanism = self._chosen(offers)
        self._refuse_exposure(wire, mechanism)
        code, text = self._prove(wire, mechanism, seconds)
        if code != _WELCOME:
            raise NotLetIn(str(parse_reply(code, text)))

    def _chosen(self, offers: Offers) -> str:
        wanted = (self.mechanism,) if self.mechanism != "auto" else _BY_PASSWORD
        if self.mechanism == "auto" and self.token_file is not None:
            wanted = ("xoauth2",)
        for mechanism in wanted:
            if mechanism.upper() in offers.logins:
                return mechanism
        asked = " or ".join(wanted).upper()
        on_offer = ", ".join(sorted(offers.logins)) or "none"
        raise NotOffered(f"we log in by {asked}, and the mechanisms on offer are: {on_offer}")

    def _refuse_exposure(self, wire: Wire, mechanism: str) -> None:
        """Show a secret to nobody on the way, unless the author insists; a token never (RFC 6750, section 5.3)."""
        insists = self.mechanism == mechanism and mechanism in _BY_PASSWORD
        if not (wire.protected or insists or ip_address(wire.there).is_loopback):
            raise InTheClear("the connection is not encrypted, and leads to another machine")

    def _prove(self, wire: Wire, mechanism: str, seconds: float) -> tuple[int, str]:
        name = mechanism.upper().encode()
        match mechanism:
            case "plain":
                answers = [f"\0{self.username}\0{self.password}"]
            case "login":
                answers = [self.username, self.password]
            case _:
                answers = [f"user={self.username}\1auth=Bearer {self._token()}\1\1"]
        encoded = [b64encode(answer.encode()) for answer in answers]
        if mechanism == "login":  # many servers know no initial response to it
            code, text = wire.ask(b"AUTH LOGIN\r\n", seconds)
        else:
            code, text = wire.ask(b"AUTH %b %b\r\n" % (name, encoded[0]), seconds)
        if mechanism == "xoauth2":  # a refusal is a question first, which is answered by nothing
            encoded = [b""]
        for answer in (*encoded, b"*"):
            if code == _QUESTION:
                code, text = wire.ask(answer + b"\r\n", seconds)
        return code, text

    def _token(self) -> str:
        if self.token_file is None:
            raise NoToken("XOAUTH2 needs a token_file")
        try:
            token = self.token_file.read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise NoToken(f"{self.token_file} cannot be read: {error}") from error
        if not token.isprintable() or not token or " " in token:
            raise NoToken(f"{self.token_file} holds no token")
        return token
