"""Bounces: how often mail to a reader came back, and when that is enough."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, select

from subscribers.database import insert_unless_there
from subscribers.tables import bounces

#: So many bounces, over so long at the least, end a subscription. A full mailbox may be emptied within a week.
ENOUGH, SPREAD = 3, timedelta(days=7)

#: What came back longer ago says nothing about now.
FORGOTTEN = timedelta(days=120)


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


def clear_away(connection: Connection, now: datetime) -> int:
    """Forget, of all readers, what came back too long ago; return how many reports that were."""
    return connection.execute(delete(bounces).where(bounces.c.happened_at < now - FORGOTTEN)).rowcount


def forget(connection: Connection, subscriber_id: int) -> None:
    """Forget what came back from a reader: mail to them arrives again, or they asked for it anew."""
    connection.execute(delete(bounces).where(bounces.c.subscriber_id == subscriber_id))
