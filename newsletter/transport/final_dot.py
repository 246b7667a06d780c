"""The final dot of a message, without which no relay may take it: held back until somebody releases the message.

What goes in front of it may be held back with it, to save a packet.
"""

from collections.abc import Sequence
from threading import Lock
from time import monotonic

from newsletter.transport.replies import shown
from newsletter.transport.trouble import Broken
from newsletter.transport.wire import Wire, rest

DOT = b".\r\n"

#: Seconds between two looks whether a message was released, where nothing else says so.
_GLANCE = 0.1

#: Seconds after which a message that nobody releases is given up. Relays lose patience sooner (RFC 5321, 4.5.3.2).
_UNDECIDED = 600.0


class FinalDot:
    """The dots of one connection, one after the other.

    One thread holds them back and waits for them; another one may release or abandon them meanwhile. Under the lock it
    is decided once for each dot whether it is written. What the relay says before that is no answer to it: then it is
    not written any more.
    """

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._lock = Lock()
        self._released = False
        self._broken: Broken | None = None  # why no dot is written any more
        self._before: Sequence[bytes] = ()
        self._end = len(DOT)
        self._unwritten: Sequence[bytes | memoryview] = ()
        self._written = 0

    @property
    def decided(self) -> bool:
        """Whether it is too late to release or to abandon."""
        return self._released or self._broken is not None

    @property
    def gone(self) -> bool:
        """Whether it is written, and what goes along with it."""
        return self._released and self._broken is None and not self._unwritten

    @property
    def taken(self) -> bool:
        """Whether the relay may have the dot."""
        return self._written >= self._end

    def hold_back(self, before: Sequence[bytes] = (), size: int = 0) -> None:
        """Begin another message; so many octets in pieces, if any, go with the dot and before it."""
        self._released, self._written = False, 0
        self._before, self._end = before, size + len(DOT)

    def write(self, commands: bytes) -> None:
        """Write the dot, and commands behind it, as far as that goes without waiting. Never raises."""
        pieces = (*self._before, DOT + commands)
        size = self._end + len(commands)
        with self._lock:
            if self._released or self._broken is not None:
                return
            try:
                if heard := self._wire.overheard():
                    raise _too_early(heard)
                self._written = self._wire.write_now(pieces)
            except Broken as broken:
                self._written = broken.taken
                self._give_up(broken)
            else:
                if self._written < size:
                    self._unwritten = rest(pieces, self._written)
                self._released = True

    def abandon(self) -> None:
        """See that the dot is not written, unless it was; and end the connection."""
        with self._lock:
            if not self._released:
                self._give_up(Broken("the message was given up"))

    def wait(self, seconds: float) -> None:
        """Wait until the dot is written; the relay may take so many seconds to make room for it.

        Raises Broken when it cannot be written; when only what goes along cannot, a verdict may come all the same.
        """
        if not self._released:
            self._await_release()
        if self._unwritten:
            pieces, self._unwritten = self._unwritten, ()
            size = sum(map(len, pieces))
            try:
                self._wire.write(pieces, size, seconds, quiet=self._end - self._written)
                self._written += size
            except Broken as broken:
                self._written += broken.taken
                if not self.taken:
                    raise

    def _await_release(self) -> None:
        deadline = monotonic() + _UNDECIDED
        while not self._released:
            if self._wire.listen(_GLANCE) or self._broken is not None or monotonic() > deadline:
                with self._lock:
                    if self._released:
                        return
                    self._broken = self._broken or self._why_not(deadline)
                    if self._broken is not None:
                        raise self._broken

    def _why_not(self, deadline: float) -> Broken | None:
        """Return why a dot that is not released yet may not be released any more, if that is so."""
        try:
            heard = self._wire.overheard()
        except Broken as broken:
            return broken
        if heard:
            return _too_early(heard)
        return Broken("it was not released in time") if monotonic() > deadline else None

    def _give_up(self, broken: Broken) -> None:
        """Write no dot any more; the lock is ours. Whoever waits for the relay hears of it."""
        self._broken = self._broken or broken
        self._wire.silence()


def _too_early(heard: bytes) -> Broken:
    return Broken(f"it spoke in the middle of a message: {shown(heard)}")
