"""The socket to the relay under TLS."""

import ssl
from collections.abc import Sequence
from time import monotonic

from newsletter.transport.trouble import Broken, HungUp
from newsletter.transport.wire import Wire

#: Octets of a record at the most (RFC 8446, section 5.1).
_RECORD = 16_384


def protect(wire: Wire, context: ssl.SSLContext, host: str, seconds: float) -> "ProtectedWire":
    """Begin TLS on a connection. Raises OSError, of which ssl.SSLError is one, and Garbled."""
    plug = wire.unplug()
    plug.settimeout(seconds)
    return ProtectedWire(context.wrap_socket(plug, server_hostname=host))


class ProtectedWire(Wire):
    """One connection under TLS.

    What it writes goes out in records of up to 16 kB that the other side can only read whole; so what is counted as
    taken is all that can have been read.
    """

    _plug: ssl.SSLSocket

    def __init__(self, plug: ssl.SSLSocket) -> None:
        super().__init__(plug)
        plug.setblocking(False)

    @property
    def protected(self) -> bool:
        return True

    def receive(self, seconds: float) -> bytes:
        deadline = monotonic() + seconds
        while not (octets := self._read()):
            left = deadline - monotonic()
            if left <= 0 or not self._poll.poll(left * 1000):
                raise Broken("timed out")
        return octets

    def _send(self, pieces: Sequence[bytes | memoryview]) -> int:
        octets = memoryview(pieces[0] if len(pieces) == 1 else b"".join(pieces))
        taken = 0
        try:
            while taken < len(octets):
                taken += self._plug.send(octets[taken : taken + _RECORD])
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            pass
        except OSError as error:
            raise Broken(error.strerror or str(error), taken) from error
        return taken

    def _hear(self) -> None:
        if octets := self._read():
            self._keep(octets)

    def _read(self) -> bytes:
        """Read one record; return nothing when none is complete."""
        try:
            octets = self._plug.recv(_RECORD)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return b""
        except OSError as error:
            raise HungUp(error.strerror or str(error)) from error
        if not octets:
            raise HungUp("it hung up")
        return octets
