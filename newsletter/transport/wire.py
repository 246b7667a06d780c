"""The socket to the relay: writes pieces without joining them, reads replies, and never waits beyond its time.

Writing does not block in the kernel: where it takes no more, we wait for room and for what the relay has to say at
once, so that two sides that are both writing cannot hold each other up.
"""

import select
import socket
import struct
from collections.abc import Callable, Sequence
from contextlib import suppress
from time import monotonic

from newsletter.transport.replies import first_reply, shown
from newsletter.transport.trouble import Broken, Garbled, HungUp

#: Octets asked for at a time.
_PORTION = 16_384

#: Octets that a relay may say without having been asked or heard.
_TOO_MUCH = 1_048_576

#: Octets that a relay must take within the time of a block (RFC 5321, section 4.5.3.2.5).
_BLOCK = 65_536

#: Pieces that the kernel takes at a time.
_PIECES = 1024

#: Seconds to wait for the other side of the connection to pick up, however long its replies may take.
_DIAL = 30.0


def dial(host: str, port: int, seconds: float) -> "Wire":
    """Open a connection. Raises OSError."""
    return Wire(socket.create_connection((host, port), timeout=min(seconds, _DIAL)))


class Wire:
    """One connection without protection. Every method raises Broken when the connection is of no more use."""

    def __init__(self, plug: socket.socket) -> None:
        plug.settimeout(None)
        plug.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._plug = plug
        # one for each of two threads: that which waits, and that which looks before it writes a final dot
        self._poll, self._look = select.poll(), select.poll()
        self._poll.register(plug, select.POLLIN)
        self._look.register(plug, select.POLLIN)
        self._seconds = 0.0
        self._room = 0
        self.heard = b""  # and not yet read

    @property
    def protected(self) -> bool:
        """Whether nobody on the way can read along."""
        return False

    @property
    def here(self) -> str:
        """The number of this side of the connection."""
        return self._address(self._plug.getsockname)

    @property
    def there(self) -> str:
        """The number of the other side."""
        return self._address(self._plug.getpeername)

    def fileno(self) -> int:
        """The number by which the kernel knows this connection; -1 when it is over."""
        return self._plug.fileno()

    def has_room(self, octets: int) -> bool:
        """Whether so many octets go at once when none are on their way."""
        if octets > self._room:  # which grows as it is used
            whole = self._plug.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF)
            self._room = whole // 2  # with each octet come some of the kernel's own
        return octets <= self._room

    @staticmethod
    def _address(name: Callable[[], tuple[str, int]]) -> str:
        try:
            return name()[0].partition("%")[0]
        except OSError as error:
            raise Broken(error.strerror or str(error)) from error

    def unplug(self) -> socket.socket:
        """Give the socket away, to be protected. Raises Garbled.

        What was said before in the clear may have been put in by somebody on the way, to be taken for what comes
        under protection; so there must be nothing (RFC 3207, section 6; CVE-2011-0411).
        """
        if self.heard:
            raise Garbled(f"it spoke before the encryption began: {shown(self.heard)}")
        return self._plug

    def say(self, octets: bytes, seconds: float) -> None:
        """Write some commands."""
        self.write((octets,), len(octets), seconds)

    def write(self, pieces: Sequence[bytes | memoryview], size: int, seconds: float, quiet: int = 0) -> bool:
        """Write pieces of so many octets in all; each block may take so many seconds. Return whether all went at once.

        Until `quiet` octets are written the relay has nothing to say: when it speaks before, that is the end.
        """
        taken = self._send(pieces)
        if taken == size:
            return True
        self._write_rest(rest(pieces, taken), taken, seconds, quiet)
        return False

    def write_now(self, pieces: Sequence[bytes]) -> int:
        """Write what the kernel takes without waiting; return how much that was."""
        return self._send(pieces)

    def make_room(self, seconds: float) -> None:
        """Wait until the kernel takes more, or the relay speaks."""
        self._watch(monotonic() + seconds)

    def listen(self, seconds: float) -> bool:
        """Wait so many seconds at the most for the relay to speak; return whether it may have."""
        return bool(self._poll.poll(max(0.0, seconds) * 1000))

    def silence(self) -> None:
        """End the connection from any thread, so that whoever waits for the relay hears of it."""
        with suppress(OSError):
            self._plug.shutdown(socket.SHUT_RDWR)

    def hurry(self) -> None:
        """Acknowledge what comes next at once, where the system can; it does not last.

        A relay that answers a group of commands in two packets may wait for our word on the first (Nagle).
        """
        with suppress(OSError, AttributeError):
            self._plug.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)

    def overheard(self) -> bytes:
        """Return what the relay has said and nobody has read yet, without waiting."""
        if self._look.poll(0):
            self._hear()
        return self.heard

    def catch(self) -> bytes:
        """Read what has come, without waiting; return what nobody has read yet."""
        self._hear()
        return self.heard

    def reply(self, seconds: float) -> tuple[int, str]:
        """Wait so many seconds for a whole reply, and return its code and its text. Raises Garbled, too."""
        deadline = monotonic() + seconds
        while (found := first_reply(self.heard)) is None:
            self.heard += self.receive(deadline - monotonic())
        self.heard = found.rest
        return found.code, found.text

    def ask(self, command: bytes, seconds: float) -> tuple[int, str]:
        """Give one command and return the reply to it. Raises Garbled, too."""
        if self.overheard():
            raise Garbled(f"it spoke without being asked: {shown(self.heard)}")
        self.say(command, seconds)
        return self.reply(seconds)

    def receive(self, seconds: float) -> bytes:
        """Wait so many seconds for octets, and return what has come."""
        if seconds != self._seconds:
            self._wait_for(seconds)
        try:
            octets = self._plug.recv(_PORTION)
        except BlockingIOError:
            raise Broken("timed out") from None
        except OSError as error:
            raise HungUp(error.strerror or str(error)) from error
        if not octets:
            raise HungUp("it hung up")
        return octets

    def close(self) -> None:
        """Hang up."""
        with suppress(OSError):
            self._plug.close()

    def _wait_for(self, seconds: float) -> None:
        """Have the kernel watch the time: a timeout of Python's would cost another system call each time."""
        if seconds <= 0:
            raise Broken("timed out")
        whole = int(seconds)
        span = struct.pack("@ll", whole, max(1, int((seconds - whole) * 1_000_000)))
        self._plug.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, span)
        self._seconds = seconds

    def _write_rest(self, pieces: list[bytes | memoryview], taken: int, seconds: float, quiet: int) -> None:
        deadline, mark = monotonic() + seconds, taken + _BLOCK
        try:
            while pieces:
                if self._watch(deadline) & select.POLLIN:
                    self._hear()
                    if self.heard and taken < quiet:
                        raise Garbled(f"it spoke in the middle of a message: {shown(self.heard)}")
                more = self._send(pieces)
                pieces, taken = rest(pieces, more), taken + more
                if taken >= mark:
                    deadline, mark = monotonic() + seconds, taken + _BLOCK
        except Broken as broken:
            broken.taken += taken
            raise

    def _watch(self, deadline: float) -> int:
        """Wait until there is room to write, or something to read; return which."""
        both = select.poll()
        both.register(self._plug, select.POLLIN | select.POLLOUT)
        ready = both.poll(max(0.0, deadline - monotonic()) * 1000)
        if not ready:
            raise Broken("timed out")
        return ready[0][1]

    def _send(self, pieces: Sequence[bytes | memoryview]) -> int:
        """Write what the kernel takes at once, and return how much that was."""
        if len(pieces) > _PIECES:
            pieces = pieces[:_PIECES]
        try:
            return self._plug.sendmsg(pieces, (), socket.MSG_DONTWAIT)
        except BlockingIOError:
            return 0
        except OSError as error:
            raise Broken(error.strerror or str(error)) from error

    def _hear(self) -> None:
        """Read what has come."""
        try:
            octets = self._plug.recv(_PORTION, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return
        except OSError as error:
            raise HungUp(error.strerror or str(error)) from error
        self._keep(octets)

    def _keep(self, octets: bytes) -> None:
        if not octets:
            raise HungUp("it hung up")
        self.heard += octets
        if len(self.heard) > _TOO_MUCH:
            raise Garbled("it does not stop speaking")


def rest(pieces: Sequence[bytes | memoryview], taken: int) -> list[bytes | memoryview]:
    """Return what is left of the pieces when so many octets are gone."""
    for number, piece in enumerate(pieces):
        if taken < len(piece):
            return [memoryview(piece)[taken:], *pieces[number + 1 :]]
        taken -= len(piece)
    return []
