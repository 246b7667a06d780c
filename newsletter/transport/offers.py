"""What a relay offers in its reply to EHLO (RFC 5321, section 4.1.1.1), and what it is told of a message. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from newsletter.transport.protocol import Envelope, Reply

# RFC 3461, section 4: what xtext may hold as it is
_NOT_XTEXT = re.compile(r"[^!-*,-<>-~]")

# RFC 6533, section 3: the same for addresses beyond ASCII
_NOT_UNITEXT = re.compile(r"[\x00- +=\\\x7f]")

#: Octets of ENVID at the most (RFC 3461, section 4.4).
_ENVID = 100


class _SevenBit:
    """Whether messages are ASCII alone. Most of a message is the very same octets as in the one before."""

    def __init__(self) -> None:
        self._before: Sequence[bytes] = ()  # known to be ASCII

    def holds(self, body: Sequence[bytes]) -> bool:
        """Look through what stands between the pieces that are known, which are every other one."""
        before = self._before
        if body[::2] == before[::2]:
            unknown = body[1::2]
        elif body[1::2] == before[1::2]:
            unknown = body[::2]
        else:
            unknown = body
        if not all(map(bytes.isascii, unknown)):
            return False
        self._before = body
        return True


@dataclass(frozen=True, slots=True)
class Offers:
    """The extensions of one relay. A server that knows only HELO offers none."""

    pipelining: bool = False  # RFC 2920
    eight_bit: bool = False  # RFC 6152
    size: bool = False  # RFC 1870
    limit: int = 0  # octets of a message; 0: not known
    beyond_ascii: bool = False  # SMTPUTF8, RFC 6531
    reports: bool = False  # DSN, RFC 3461
    chunking: bool = False  # RFC 3030
    starttls: bool = False  # RFC 3207
    logins: frozenset[str] = field(default_factory=frozenset)  # mechanisms, RFC 4954
    _seven_bit: _SevenBit = field(default_factory=_SevenBit, compare=False, repr=False)

    @classmethod
    def read(cls, text: str) -> "Offers":
        """Read the reply to EHLO, of which the first line is a greeting."""
        words = [line.upper().replace("=", " ").split() for line in text.split("\n")[1:]]
        known = {line[0]: line[1:] for line in reversed(words) if line}
        limit = (known.get("SIZE") or ["0"])[0]
        return cls(
            pipelining="PIPELINING" in known,
            eight_bit="8BITMIME" in known,
            size="SIZE" in known,
            limit=int(limit) if limit.isascii() and limit.isdecimal() and len(limit) < 20 else 0,
            beyond_ascii="SMTPUTF8" in known,
            reports="DSN" in known,
            chunking="CHUNKING" in known,
            starttls="STARTTLS" in known,
            logins=frozenset(word for line in words if line and line[0] == "AUTH" for word in line[1:]),
        )

    def transaction(self, envelope: Envelope, body: Sequence[bytes], size: int) -> bytes | Reply:
        """Return MAIL and RCPT for a message of so many octets, or the refusal that the relay is spared."""
        if 0 < self.limit < size:
            # of the stage "data", since this is about the message and not about its sender
            return Reply(552, "5.3.4", f"the relay takes messages of up to {self.limit:,} octets (RFC 1870)")
        if envelope.smtputf8 and not self.beyond_ascii:
            return _BEYOND_ASCII
        mail = f" SIZE={size}" if self.size else ""
        if self.eight_bit and not self._seven_bit.holds(body):
            mail += " BODY=8BITMIME"
        if envelope.smtputf8:
            mail += " SMTPUTF8"
        rcpt = ""
        if self.reports and envelope.id:
            mail += _envelope_id(envelope.id)
            rcpt = f" NOTIFY=FAILURE ORCPT={_original_recipient(envelope.recipient)}"
        lines = f"MAIL FROM:<{envelope.sender}>{mail}\r\nRCPT TO:<{envelope.recipient}>{rcpt}\r\n"
        try:
            return lines.encode("utf-8" if envelope.smtputf8 else "ascii")
        except UnicodeEncodeError:
            return _BEYOND_ASCII


_BEYOND_ASCII = Reply(553, "5.6.7", "the relay does not take addresses beyond ASCII (RFC 6531)", "rcpt")


def _envelope_id(name: str) -> str:
    """Have reports carry the headers alone, and our name of the message, unless it is too long for that."""
    envid = _xtext(name)
    return f" RET=HDRS ENVID={envid}" if len(envid) <= _ENVID else " RET=HDRS"


def _original_recipient(address: str) -> str:
    if address.isascii():
        return f"rfc822;{_xtext(address)}"
    return "utf-8;" + _NOT_UNITEXT.sub(lambda found: f"\\x{{{ord(found[0]):02X}}}", address)


def _xtext(text: str) -> str:
    """Write what is not printable ASCII, and "+" and "=", as +XX (RFC 3461, section 4)."""
    if text.isascii() and text.isprintable() and not ("+" in text or "=" in text or " " in text):
        return text  # the long way costs a good part of what is spent on a message
    return _NOT_XTEXT.sub(
        lambda found: "".join(f"+{octet:02X}" for octet in found[0].encode("utf-8", "surrogatepass")), text
    )
