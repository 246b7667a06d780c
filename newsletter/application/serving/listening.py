"""Where a role listens: an address with a port, or the name of a Unix socket."""

import os
import socket
import stat
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from newsletter.errors import NewsletterError

#: What the name of a Unix socket begins with in the settings.
_UNIX = "unix:"

#: Connections that wait to be taken.
_BACKLOG = 1024


@contextmanager
def listening(place: str) -> Iterator[socket.socket]:
    """Listen at `HOST:PORT` or `unix:FILE` for as long as the block lasts. Raises NewsletterError."""
    try:
        if place.startswith(_UNIX):
            path = Path(place.removeprefix(_UNIX)).expanduser()
            opened, file = _listen_on_file(path), path
        else:
            opened, file = _listen_on_port(place), None
    except OSError as error:
        raise NewsletterError(
            f"Nobody can listen at {place}: {error.strerror or error}.",
            remedy="Is another `newsletter serve` running? Else name another place in newsletter.toml.",
        ) from error
    with closing(opened):
        yield opened
    if file is not None:
        with suppress(OSError):
            file.unlink()


def address_of(opened: socket.socket) -> str:
    """Return where a socket listens, in words; the port is the real one where 0 was asked for."""
    name = opened.getsockname()
    if opened.family == socket.AF_UNIX:
        return f"{_UNIX}{name}"
    host = f"[{name[0]}]" if opened.family == socket.AF_INET6 else name[0]
    return f"{host}:{name[1]}"


def _listen_on_port(place: str) -> socket.socket:
    host, _, port = place.rpartition(":")
    found = socket.getaddrinfo(host.strip("[]"), int(port), type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    family, kind, protocol, _, address = found[0]
    opened = socket.socket(family, kind, protocol)
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.bind(address)
        opened.listen(_BACKLOG)
    except BaseException:
        opened.close()
        raise
    return opened


def _listen_on_file(path: Path) -> socket.socket:
    """Listen on a Unix socket, which the proxy must be able to write to; one that a dead process left is removed."""
    if path.exists() and stat.S_ISSOCK(path.stat().st_mode) and not _is_answered(path):
        path.unlink()
    opened = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        before = os.umask(0o117)  # for us and our group
        try:
            opened.bind(str(path))
        finally:
            os.umask(before)
        opened.listen(_BACKLOG)
    except BaseException:
        opened.close()
        raise
    return opened


def _is_answered(path: Path) -> bool:
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)) as knock:
        return knock.connect_ex(str(path)) == 0
