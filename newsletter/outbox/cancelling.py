"""Cancelling an issue: nothing more of it goes out, and who did not get it gets its posts with the next one.

The first transaction stops the sending. The deliveries follow in slices, so that on SQLite, where one writes at a time,
nobody who wants to write waits for long, be they a million.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from time import sleep

from sqlalchemy import ColumnElement, Connection, Engine, FromClause, and_, exists, func, select, update

from newsletter.errors import NewsletterError
from newsletter.issues import freezing
from newsletter.issues.tables import issues
from newsletter.outbox import queue
from newsletter.outbox.eligibility import is_waiting
from newsletter.outbox.giving_back import Which, give_back
from newsletter.outbox.steering import finished, is_unfinished
from newsletter.outbox.tables import deliveries
from subscribers.database import reading, writing
from subscribers.tables import subscribers

#: Deliveries that are cancelled in one transaction, and seconds until the next: others write meanwhile.
_SLICE, _BREATH = 2000, 0.01

#: How often to look for deliveries that somebody had in hand just then.
_ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Cancelled:
    """What was cancelled: `returned` readers get the posts with the next issue that is made."""

    deliveries: int = 0
    returned: int = 0

    def __add__(self, other: "Cancelled") -> "Cancelled":
        return Cancelled(self.deliveries + other.deliveries, self.returned + other.returned)


def cancel(engine: Engine, number: int, *, now: datetime, reason: str) -> Cancelled:
    """Cancel an issue that is not finished. Cancelling again finishes what was interrupted.

    Raises NewsletterError.
    """
    with writing(engine) as connection:
        these = (issues.c.number == number, issues.c.state != "cancelled", is_unfinished())
        stopped = connection.execute(update(issues).where(*these).values(state="cancelled", reason=reason))
        if not stopped.rowcount:
            if freezing.get_issue(connection, number).state != "cancelled":
                raise finished(number, "cancel")
            if _bounds(connection, number) is None:
                raise NewsletterError(f"Issue {number} is cancelled already.")
    return _finish(engine, number, now)


def finish(engine: Engine, now: datetime) -> Cancelled:
    """Cancel what still waits in cancelled issues: it was on the wire then, or cancelling was interrupted."""
    waits = exists().where(deliveries.c.issue_number == issues.c.number, is_waiting()).correlate(issues)
    with reading(engine) as connection:
        numbers = connection.scalars(
            select(issues.c.number).where(issues.c.state == "cancelled", waits)
        ).all()
    return sum((_finish(engine, number, now) for number in numbers), Cancelled())


def _finish(engine: Engine, number: int, now: datetime) -> Cancelled:
    done = Cancelled()
    for _ in range(_ROUNDS):
        with reading(engine) as connection:
            bounds = _bounds(connection, number)
        for first, last in _slices(bounds):
            with writing(engine) as connection:
                done += _cancel_slice(connection, number, first, last, now)
            sleep(_BREATH)
    with reading(engine) as connection:
        counts = queue.counts(connection, number)
    if not (counts.sending or counts.sent or counts.unknown):  # nobody has read it
        with writing(engine) as connection:
            freezing.release_note(connection, number)
    return done


def _bounds(connection: Connection, number: int) -> tuple[int, int] | None:
    """Return the first and the last id of what is queued, looked up in an index each."""
    is_held = and_(deliveries.c.worker.is_not(None), deliveries.c.status == "queued")
    found: list[int] = []
    for queued in (is_waiting(), is_held):
        query = select(func.min(deliveries.c.id), func.max(deliveries.c.id))
        bounds = connection.execute(query.where(deliveries.c.issue_number == number, queued)).one()
        found += [bound for bound in bounds if bound is not None]
    return (min(found), max(found)) if found else None


def _slices(bounds: tuple[int, int] | None) -> Iterator[tuple[int, int]]:
    if bounds is not None:
        first, last = bounds
        for begin in range(first, last + 1, _SLICE):
            yield begin, min(begin + _SLICE - 1, last)


def _cancel_slice(connection: Connection, number: int, first: int, last: int, now: datetime) -> Cancelled:
    def here(table: FromClause) -> ColumnElement[bool]:
        # "+ 0" lets no engine prefer the index of issues, in which all of the issue would be gone through
        return and_(table.c.id.between(first, last), table.c.issue_number + 0 == number)

    freezing.take_turn(connection)
    _hold_readers(connection, here)
    # what a worker has in hand just now is left for the next round: nobody waits for us while we wait for them
    free = select(deliveries.c.id).where(here(deliveries), deliveries.c.status == "queued")
    cancelled = queue.cancel(connection, now, deliveries.c.id.in_(free.with_for_update(skip_locked=True)))
    return Cancelled(cancelled, give_back(connection, here))


def _hold_readers(connection: Connection, which: Which) -> None:
    """Take the readers' rows before their deliveries', as a reader who leaves does.

    SQLite's write transactions are one at a time anyway.
    """
    if connection.dialect.name == "postgresql":
        theirs = select(deliveries.c.subscriber_id).where(which(deliveries))
        held = select(subscribers.c.id).where(subscribers.c.id.in_(theirs)).order_by(subscribers.c.id)
        connection.execute(select(func.count()).select_from(held.with_for_update().subquery()))
