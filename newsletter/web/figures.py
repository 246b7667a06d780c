"""Figures for the instruments: what waits, who reads, and what is due.

Each comes out of an index or a small table, so that a scrape costs little with a million readers; what grows with them
is counted at most once in a while (:class:`Kept`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock

from sqlalchemy import Column, Connection, Engine, func, select

from newsletter.issues import calendar
from newsletter.issues.tables import issues
from newsletter.outbox import to_author
from newsletter.outbox.eligibility import is_due, is_waiting
from newsletter.outbox.tables import deliveries
from newsletter.site import Site
from subscribers.database import reading
from subscribers.tables import subscribers

#: For how long figures are good that cost a look at many rows.
GOOD_FOR = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Figures:
    """How everything stands, at `read_at`."""

    read_at: datetime
    queue: Mapping[str, int]  # due | later | claimed | sending
    readers: Mapping[str, int]  # by status
    issues: Mapping[str, int]  # by state
    letters: Mapping[str, int]  # by status
    last_run: Mapping[str, datetime]  # by cadence
    next_due: Mapping[str, datetime]


class Kept:
    """Figures, read when somebody asks and those at hand are out of date."""

    def __init__(self, site: Site, clock: Callable[[], datetime], good_for: timedelta = GOOD_FOR) -> None:
        self._site = site
        self._clock = clock
        self._good_for = good_for
        self._figures: Figures | None = None
        self._lock = Lock()

    def get(self) -> Figures:
        """Return the figures. Raises DatabaseUnavailable."""
        now = self._clock()
        with self._lock:  # two who ask at once do not count twice
            if self._figures is None or not timedelta() <= now - self._figures.read_at < self._good_for:
                self._figures = read(self._site.engine, self._site, now)
            return self._figures


def read(engine: Engine, site: Site, now: datetime) -> Figures:
    """Read everything. Raises DatabaseUnavailable."""
    with reading(engine) as connection:
        return Figures(
            read_at=now,
            queue=_queue(connection, now),
            readers=_counted(connection, subscribers.c.status),
            issues=_counted(connection, issues.c.state),
            letters=to_author.counts(connection),
            last_run=_last_runs(connection, site),
            next_due=_next_dues(site, now),
        )


def _queue(connection: Connection, now: datetime) -> dict[str, int]:
    """Count what is open, by the two indices that hold nothing else."""
    waiting = connection.scalar(select(func.count()).select_from(deliveries).where(is_waiting())) or 0
    due = (
        connection.scalar(select(func.count()).select_from(deliveries).where(is_due(now))) or 0
        if waiting
        else 0
    )
    claimed = (
        select(deliveries.c.status, func.count())
        .where(deliveries.c.worker.is_not(None))
        .group_by(deliveries.c.status)
    )
    taken: dict[str, int] = dict(connection.execute(claimed).all())
    return {
        "due": due,
        "later": waiting - due,
        "claimed": taken.get("queued", 0),
        "sending": taken.get("sending", 0),
    }


def _counted(connection: Connection, column: Column[str]) -> dict[str, int]:
    return dict(connection.execute(select(column, func.count()).group_by(column)).all())


def _last_runs(connection: Connection, site: Site) -> dict[str, datetime]:
    found = {name: calendar.last_settled(connection, name) for name in site.settings.schedule.cadences}
    return {name: moment for name, moment in found.items() if moment is not None}


def _next_dues(site: Site, now: datetime) -> dict[str, datetime]:
    zone = site.settings.newsletter.timezone
    cadences = site.settings.schedule.cadences.values()
    return {cadence.name: cadence.next_due(now, zone) for cadence in cadences if not cadence.at_once}
