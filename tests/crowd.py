"""A crowd of visitors: so many connections at once, each asking again as soon as it is answered."""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass

#: What a mail program sends (RFC 8058, section 3.2).
ONE_CLICK = b"List-Unsubscribe=One-Click"


@dataclass(frozen=True, slots=True)
class Visit:
    """One request and its answer, which was there `at` a moment; status 0: none came."""

    path: str
    status: int
    seconds: float
    at: float


def visit(port: int, paths: Iterator[str], *, connections: int, seconds: float) -> list[Visit]:
    """Ask for `paths`, with GET for `/` and with a one-click POST for all else, until the time is over."""
    return asyncio.run(_visit(port, paths, connections, time.time() + seconds))


async def _visit(port: int, paths: Iterator[str], connections: int, until: float) -> list[Visit]:
    crowd = [_visitor(port, paths, until) for _ in range(connections)]
    return [visit for visits in await asyncio.gather(*crowd) for visit in visits]


async def _visitor(port: int, paths: Iterator[str], until: float) -> list[Visit]:
    visits: list[Visit] = []
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while time.time() < until and (path := next(paths, None)) is not None:
        start = time.perf_counter()
        writer.write(_request(path))
        try:
            status = await _answer(reader)
        except (OSError, asyncio.IncompleteReadError):
            status = 0
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
        visits.append(Visit(path, status, time.perf_counter() - start, time.time()))
    writer.close()
    return visits


def _request(path: str) -> bytes:
    head = f"{'GET' if path == '/' else 'POST'} {path} HTTP/1.1\r\nHost: localhost\r\n".encode()
    if path == "/":
        return head + b"\r\n"
    kind = b"Content-Type: application/x-www-form-urlencoded\r\n"
    return head + kind + b"Content-Length: %d\r\n\r\n" % len(ONE_CLICK) + ONE_CLICK


async def _answer(reader: asyncio.StreamReader) -> int:
    """Read one answer to its end, and return its status."""
    first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().lower().split("\r\n")
    fields = dict(line.split(": ", 1) for line in lines if line)
    await reader.readexactly(int(fields["content-length"]))
    return int(first.split()[1])
