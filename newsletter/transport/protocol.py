"""What the outbox wants of a transport, and the values that go over the counter. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Literal, Protocol, runtime_checkable

#: Where in the conversation a relay said no: it decides whom the refusal is about.
Stage = Literal["mail", "rcpt", "data"]

# RFC 3463, section 2: class "." subject "." detail, at the very beginning of the text (RFC 2034, section 4).
_ENHANCED = re.compile(r"([245]\.\d{1,3}\.\d{1,3})(?:\s+|$)")


@dataclass(frozen=True, slots=True)
class Envelope:
    """MAIL FROM and RCPT TO, without angle brackets. The sender may be empty, as for reports.

    `id` comes back in reports about this message (RFC 3461, ENVID); it is empty where none are wanted.
    Raises ValueError for an address that could break out of its brackets.
    """

    sender: str
    recipient: str
    smtputf8: bool = False  # an address has a local part beyond ASCII (RFC 6531)
    id: str = ""

    def __post_init__(self) -> None:
        words = f"{self.sender}{self.recipient}{self.id}"
        # What could end a path or a command line early and begin another: brackets, control characters, and space
        # of any kind (isprintable allows none but the plain one). No address that we accept has them.
        if not words.isprintable() or " " in words or "<" in words or ">" in words:
            raise ValueError(f"{self.sender!r} or {self.recipient!r} is no address for an envelope")
        if not self.recipient:
            raise ValueError("an envelope needs a recipient")


@dataclass(frozen=True, slots=True)
class Message:
    """One reader's copy in its envelope. Joined, the segments are the message with CRLF line ends.

    `ready`: whoever made it vouches that every line ends in CRLF and none begins with a dot, so that DATA sends
    it as it is (RFC 5321, section 4.5.2). What is not ready is looked through for each recipient.
    """

    envelope: Envelope
    segments: tuple[bytes, ...]
    ready: bool = False

    @property
    def data(self) -> bytes:
        """The whole message, as for an .eml file."""
        return b"".join(self.segments)


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


@dataclass(frozen=True, slots=True)
class Lost:
    """The connection ended before the relay had answered for a message, and nobody will know what it thought.

    `in_doubt`: it may have had the whole message, and may have taken it. Otherwise it certainly did not.
    """

    words: str
    in_doubt: bool


#: What became of one message.
Verdict = Reply | Lost


class Transport(Protocol):
    """One connection to a relay. Messages go in rounds of up to `depth`: begin, release, verdicts.

    The first step does all that can be done without the relay taking anything; the release is the point of no
    return. Between them is the time to write down that the messages are on their way. Whoever has done that may call
    `release` or `abandon` from a thread of its own; all else is for the one thread that the connection belongs to,
    which may be waiting for the verdicts then.
    """

    @property
    def depth(self) -> int:
        """How many messages a round may have: as many are in doubt when the connection breaks."""
        ...

    def begin(self, messages: Sequence[Message]) -> list[Reply | None]:
        """Take the first step with a round; return for each message its refusal, or None: it awaits its release.

        Raises RelayUnavailable when the relay takes no message at all now.
        """
        ...

    def release(self, following: Sequence[Message] = ()) -> None:
        """Let the relay take what was begun and not refused. Never waits, never raises.

        `following` is the round that will be begun next: what need not wait travels in the same packet.
        """
        ...

    def abandon(self) -> None:
        """Make sure that the relay takes nothing of what was begun, at the cost of the connection. Never raises."""
        ...

    def verdicts(self) -> list[Verdict]:
        """Wait for the release, or the end, of the round and return what became of each message, in order."""
        ...

    def close(self) -> None:
        """End the connection: politely, or, when a round is begun and not released, so that none of it is taken.

        Never raises.
        """
        ...


class Outlook(Enum):
    """How it stands with a round that was released.

    WELL: all of it is taken, and the relay awaits the next, so that nothing that comes now has to be waited for.
    WAITING: the relay has not answered yet. AMISS: anything else.
    """

    WELL = auto()
    WAITING = auto()
    AMISS = auto()


@runtime_checkable
class Watchable(Protocol):
    """A transport that can be asked how it stands, so that nobody has to wait for each connection by itself."""

    @property
    def smooth(self) -> bool:
        """Whether the round that was begun only lacks its release and the relay's answer."""
        ...

    def fileno(self) -> int:
        """Return what to watch for the answer, or -1."""
        ...

    def outlook(self) -> Outlook:
        """Read what has come, without waiting, and say how it stands. Never raises."""
        ...


def finish(transport: Transport, following: Sequence[Message] = ()) -> list[Verdict]:
    """Release a round that was begun, with nothing to write down before, and return the verdicts."""
    transport.release(following)
    return transport.verdicts()


def send_one(transport: Transport, message: Message) -> Verdict:
    """Hand over a single message. Raises RelayUnavailable."""
    refusal = transport.begin([message])[0]
    return refusal or finish(transport)[0]
