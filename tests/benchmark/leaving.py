"""Visitors and leavers while a send is running: 50 connections on the pages, on SQLite, and who still gets the mail.

One of two requests is for `/`, the other is the one-click POST of a reader who has not left yet.
"""

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory

import httpx
from sqlalchemy import select

from newsletter.application.opening import opened
from newsletter.outbox.messages.links import UNSUBSCRIBE
from subscribers import keys
from subscribers.database import reading
from subscribers.tables import subscribers
from tests.benchmark.mailing import frozen
from tests.benchmark.measuring import Row, at_most
from tests.crowd import Visit, visit
from tests.ports import free_port
from tests.processes import Copy, relay_running, wait_until
from tests.sites import TestSite

READERS, CONNECTIONS, SECONDS = 20_000, 50, 20.0

#: Seconds for which the relay thinks about each message, so that the send outlasts the visitors.
_DELAY = 0.02

#: Seconds before one's turn; who left earlier must not get the mail.
_TURN = 2.0

_SEED = 20261123


@dataclass(frozen=True, slots=True)
class Found:
    """What came of it."""

    visits: Sequence[Visit]
    left: dict[str, float]  # when each reader was told that they have left
    copies: Sequence[Copy]
    still_there: int  # readers who were told so, and have not left by the database

    @property
    def late(self) -> list[float]:
        """How many seconds after they left readers got the mail."""
        return [
            copy.at - self.left[copy.recipient]
            for copy in self.copies
            if copy.recipient in self.left and copy.at > self.left[copy.recipient]
        ]


def measure() -> list[Row]:
    """Visit and leave while a send runs, and return how that stands against the targets."""
    with frozen(READERS, small=True) as mailing, TemporaryDirectory() as folder, mailing.copied() as site:
        found = leave_midway(
            site, Path(folder) / "log", connections=CONNECTIONS, seconds=SECONDS, delay=_DELAY
        )
    return [*_answers(found.visits), *_leavers(found)]


def leave_midway(site: TestSite, log: Path, *, connections: int, seconds: float, delay: float) -> Found:
    """Send an issue that is frozen; serve the pages; let a crowd visit and leave. All are processes of their own."""
    port = free_port()
    site.set("[database]", f'[web]\nlisten = "127.0.0.1:{port}"\n\n[database]')
    places = _places(site)
    with relay_running(log, "--delay", str(delay)) as relay, _web(site, port):
        site.set("port = 9\n", f"port = {relay.port}\n")
        site.set("connections = 2", "connections = 10")
        sender = site.start("send", "--yes")
        try:
            wait_until(lambda: len(relay.copies()) > 10)
            visits = visit(port, _paths(list(places)), connections=connections, seconds=seconds)
            was_running = sender.poll() is None
        finally:
            sender.communicate()
        copies = relay.copies()
    assert was_running, "the send was over before the visitors were"
    left = {places[one.path]: one.at for one in visits if one.path != "/" and one.status == 200}
    return Found(visits, left, copies, len(left.keys() & _confirmed(site)))


def _places(site: TestSite) -> dict[str, str]:
    """Return whose each one-click link is."""
    with opened(site.directory) as opened_site, reading(opened_site.engine) as connection:
        tokens = keys.tokens(connection)
        rows = connection.execute(select(subscribers.c.id, subscribers.c.email))
        return {f"/{UNSUBSCRIBE}/{tokens.sign(UNSUBSCRIBE, number)}": email for number, email in rows}


def _paths(places: list[str]) -> Iterator[str]:
    random.Random(_SEED).shuffle(places)
    for place in places:
        yield "/"
        yield place


def _confirmed(site: TestSite) -> set[str]:
    query = select(subscribers.c.email).where(subscribers.c.status == "confirmed")
    with opened(site.directory) as opened_site, reading(opened_site.engine) as connection:
        return set(connection.scalars(query))


@contextmanager
def _web(site: TestSite, port: int) -> Iterator[None]:
    process = site.start("serve", "--only", "web")
    try:
        wait_until(lambda: process.poll() is not None or _answers_at(port))
        assert process.poll() is None, process.communicate()
        yield
    finally:
        process.terminate()
        process.communicate()


def _answers_at(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/healthz").status_code == 200
    except httpx.TransportError:
        return False


def _answers(visits: Sequence[Visit]) -> Iterator[Row]:
    for what, chosen in (
        ("GET /", [one for one in visits if one.path == "/"]),
        ("one-click POST", [one for one in visits if one.path != "/"]),
    ):
        cut = quantiles([one.seconds for one in chosen], n=100)
        errors = sum(one.status != 200 for one in chosen)
        note = f"{len(chosen) / SECONDS:.0f} a second, median {cut[49] * 1000:.0f} ms, p99 {cut[98] * 1000:.0f} ms"
        yield at_most(f"{what}, {CONNECTIONS} connections, {SECONDS:.0f} s", errors, 0, "errors", note)


def _leavers(found: Found) -> Iterator[Row]:
    note = f"of {len(found.left):,}"
    yield at_most("unsubscribes that were lost", found.still_there, 0, "readers", note)
    late = found.late
    note = f"the last after {max(late):.2f} s" if late else "none at all after they had left"
    yield at_most(
        f"got it more than {_TURN:.0f} s after they left, of {len(found.left):,}",
        sum(seconds > _TURN for seconds in late), 0, "readers", note,
    )  # fmt: skip
