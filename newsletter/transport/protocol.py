"""What the outbox wants of a transport, and the values that go over the counter. Pure."""

import re
from dataclasses import dataclass
from typing import Literal, Protocol

from newsletter.errors import NewsletterError

#: Where in the conversation a relay said no: it decides whom the refusal is about.
Stage = Literal["mail", "rcpt", "data"]

# RFC 3463, section 2: class "." subject "." detail, at the very beginning of the text (RFC 2034, section 4).
_ENHANCED = re.compile(r"([245]\.\d{1,3}\.\d{1,3})(?:\s+|$)")


# What could end a path or a command line early and begin another: space of any kind (str.isspace and U+2028
# are both in \s), control characters, angle brackets. No address that we accept has them, quoted or not.
_UNSAFE = re.compile(r"[\s\x00-\x1f\x7f-\x9f<>]")


@dataclass(frozen=True, slots=True)
class Envelope:
    """MAIL FROM and RCPT TO, without angle brackets. The sender may be empty, as for reports.

    Raises ValueError for an address that could break out of its brackets.
    """

    sender: str
    recipient: str
    smtputf8: bool = False  # an address has a local part beyond ASCII (RFC 6531)

    def __post_init__(self) -> None:
        for address in (self.sender, self.recipient):
            if _UNSAFE.search(address):
                raise ValueError(f"{address!r} is no address for an envelope")
        if not self.recipient:
            raise ValueError("an envelope needs a recipient")


@dataclass(frozen=True, slots=True)
class Reply:
    """The relay's answer to one message: the three-digit code, the enhanced one (RFC 3463) and the words."""

    code: int
    enhanced: str | None
    text: str
    stage: Stage = "data"

    @property
    def accepted(self) -> bool:
        """Whether the relay took responsibility for the message; never that it was delivered."""
        return 200 <= self.code < 300

    def __str__(self) -> str:
        return " ".join(part for part in (str(self.code), self.enhanced, self.text) if part)


def parse_reply(code: int, text: str, stage: Stage = "data") -> Reply:
    """Make a Reply of a code and its text, which may begin with an enhanced code.

    Lines become one, and control characters spaces: these words are shown on terminals.
    """
    found = _ENHANCED.match(text)
    enhanced = found[1] if found and found[1][0] == str(code)[0] else None  # RFC 2034: the classes must agree
    lines = [line.removeprefix(enhanced or "") for line in text.split("\n")]
    shown = "".join(letter if letter.isprintable() else " " for letter in " ".join(lines))
    return Reply(code, enhanced, " ".join(shown.split()), stage)


class InDoubt(NewsletterError):
    """The connection broke after the final dot and before the reply: whether the relay took it is unknown."""


class Transport(Protocol):
    """One connection to a relay, used by one thread."""

    def send(self, envelope: Envelope, message: bytes) -> Reply:
        """Hand one message over and return what the relay said, refusals included.

        Raises RelayUnavailable when nothing was handed over and nothing could be, and InDoubt when the
        connection broke between the final dot and the reply.
        """
        ...

    def close(self) -> None:
        """End the connection politely; never raises."""
        ...
