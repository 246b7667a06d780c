"""Bounces: how often mail to a reader came back, and when that is enough."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, select

from subscribers.database import insert_unless_there
from subscribers.tables import bounces

#: So many bounces, over so long at the least, end a subscription. A full mailbox may be emptied within a week.
ENOUGH, SPREAD = 3, timedelta(days=7)

#: What came back longer ago says nothing about now.
FORGOTTEN = timedelta(days=120)


@dataclass(frozen=True, slots=True)
class Bounce:
    """A report that counted."""

    happened_at: datetime
    status: str
    reason: str


def count(
    connection: Connection,
    subscriber_id: int,
    *,
    delivery_id: int | None,
    status: str,
    reason: str,
    now: datetime,
) -> bool:
    """Note that mail to a reader came back, each delivery once; return whether that was once too often."""
    theirs = bounces.c.subscriber_id == subscriber_id
    connection.execute(delete(bounces).where(theirs, bounces.c.happened_at < now - FORGOTTEN))
    values = {
        "subscriber_id": subscriber_id,
        "happened_at": now,
        "delivery_id": delivery_id,
        "status": status,
        "reason": reason,
    }
    connection.execute(insert_unless_there(connection.dialect, bounces).values(values))
    moments = list(connection.scalars(select(bounces.c.happened_at).where(theirs)))
    return len(moments) >= ENOUGH and max(moments) - min(moments) >= SPREAD


def of(connection: Connection, subscriber_id: int) -> list[Bounce]:
    """Return what came back from a reader, oldest first."""
    query = select(bounces.c.happened_at, bounces.c.status, bounces.c.reason)
    ordered = query.where(bounces.c.subscriber_id == subscriber_id).order_by(bounces.c.id)
    return [Bounce(*row) for row in connection.execute(ordered)]


def clear_away(connection: Connection, now: datetime) -> int:
    """Forget, of all readers, what came back too long ago; return how many reports that were."""
    return connection.execute(delete(bounces).where(bounces.c.happened_at < now - FORGOTTEN)).rowcount


def forget(connection: Connection, subscriber_id: int) -> None:
    """Forget what came back from a reader: mail to them arrives again, or they asked for it anew."""
    connection.execute(delete(bounces).where(bounces.c.subscriber_id == subscriber_id))
