"""Retention: which mail went to whom is not kept for ever. Of old deliveries stay the numbers of their issue.

That every reader gets every post once (law 1) rests on a number of each reader's and on what they are owed, and no more
on a delivery that is at its end. So it may go; its issue stays published, and its counts stay true.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from time import sleep

from sqlalchemy import ColumnElement, Connection, Engine, and_, delete, exists, or_, select, update

from newsletter.issues.tables import issues
from newsletter.outbox import queue
from newsletter.outbox.eligibility import is_notice
from newsletter.outbox.queue import Counts
from newsletter.outbox.steering import is_unfinished
from newsletter.outbox.tables import deliveries, past_deliveries
from subscribers.database import insert_unless_there, reading, writing

#: Deliveries that are deleted in one transaction, and seconds until the next: others write meanwhile.
_SLICE, _BREATH = 2000, 0.01


def clear_away(engine: Engine, before: datetime) -> int:
    """Delete the deliveries that ended before a moment: notices, and those of finished issues. Return how many."""
    with reading(engine) as connection:
        lanes: list[int | None] = [None, *_finished_issues(connection, before)]
    gone = 0
    for number in lanes:
        while some := _clear_slice(engine, number, before):
            gone += some
            sleep(_BREATH)
    return gone


def counts(connection: Connection, issue_number: int) -> Counts:
    """Count the deliveries of an issue by status, also those that are kept no longer."""
    kept, gone = queue.counts(connection, issue_number).as_dict(), past(connection, issue_number)
    return Counts(**{field.name: kept[field.name] + gone[field.name] for field in fields(Counts)})


def past(connection: Connection, issue_number: int) -> Counter[str]:
    """Return how the deliveries of an issue ended that are kept no longer."""
    query = select(past_deliveries.c.status, past_deliveries.c.count)
    found: dict[str, int] = dict(
        connection.execute(query.where(past_deliveries.c.issue_number == issue_number)).all()
    )
    return Counter(found)


def _finished_issues(connection: Connection, before: datetime) -> Sequence[int]:
    """Return the issues of which nothing can go out any more, and of which a delivery may have ended long ago."""
    has_some = exists().where(deliveries.c.issue_number == issues.c.number).correlate(issues)
    query = select(issues.c.number).where(issues.c.created_at < before, has_some, ~is_unfinished())
    return connection.scalars(query.order_by(issues.c.number)).all()


def _clear_slice(engine: Engine, number: int | None, before: datetime) -> int:
    lane = is_notice() if number is None else deliveries.c.issue_number == number
    with writing(engine) as connection:
        old = select(deliveries.c.id).where(lane, _is_over(before)).limit(_SLICE)
        # what somebody has in hand just now is left: nobody waits for us
        ids = connection.scalars(old.with_for_update(skip_locked=True)).all()
        if not ids:
            return 0
        removing = delete(deliveries).where(deliveries.c.id.in_(ids)).returning(deliveries.c.status)
        ended = Counter(connection.scalars(removing).all())
        if number is not None:
            for status in sorted(ended):  # in one order, so that no two who clear away can block each other
                _file(connection, number, status, ended[status])
    return len(ids)


def _is_over(before: datetime) -> ColumnElement[bool]:
    """The delivery ended long ago, and its posts, where it did not come off, are new to its reader again."""
    came_off = deliveries.c.status.in_(("sent", "bounced", "unknown"))
    ended = deliveries.c.status.in_(("cancelled", "failed"))
    is_given_back = or_(deliveries.c.served_before.is_(None), deliveries.c.subscriber_id.is_(None))
    return and_(
        deliveries.c.settled_at < before,
        deliveries.c.worker.is_(None),
        or_(came_off, and_(ended, is_given_back)),
    )


def _file(connection: Connection, number: int, status: str, count: int) -> None:
    """Add to how an issue's deliveries ended."""
    none_yet = {"issue_number": number, "status": status, "count": 0}
    connection.execute(insert_unless_there(connection.dialect, past_deliveries).values(none_yet))
    this = (past_deliveries.c.issue_number == number, past_deliveries.c.status == status)
    connection.execute(update(past_deliveries).where(*this).values(count=past_deliveries.c.count + count))
