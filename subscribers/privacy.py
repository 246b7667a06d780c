"""Privacy: what we have about a reader, for them to see, and its erasure."""

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, delete, exists, func, literal, select, update

from subscribers import bounces, consent, suppression
from subscribers.address import parse
from subscribers.roster import Subscriber
from subscribers.tables import consents, subscribers


def own_data(connection: Connection, reader: Subscriber) -> dict[str, Any]:
    """Return all that these tables have about a reader, in names that they understand."""
    address = parse(reader.email)
    return {
        "subscription": asdict(reader),
        "consent": [asdict(one) for one in consent.history(connection, reader.id)],
        "came_back": [asdict(one) for one in bounces.of(connection, reader.id)],
        "never_to_be_mailed": suppression.is_suppressed(connection, address),
    }


#: How long an address that was asked may take to answer.
PATIENCE = timedelta(days=7)


def expire(connection: Connection, now: datetime) -> int:
    """Forget addresses that were asked and have not answered in time; return how many.

    One that subscribed before is not forgotten, but has left again: its evidence stays.
    """
    asked = select(func.max(consents.c.happened_at)).where(
        consents.c.subscriber_id == subscribers.c.id, consents.c.act == "asked"
    )
    since = func.coalesce(asked.scalar_subquery(), subscribers.c.created_at)
    silent = and_(
        subscribers.c.status == "pending", since <= literal(now - PATIENCE, subscribers.c.created_at.type)
    )
    was_reader = exists().where(
        consents.c.subscriber_id == subscribers.c.id, consents.c.act.in_(["confirmed", "withdrawn"])
    )
    left = update(subscribers).where(silent, was_reader).values(status="unsubscribed", unsubscribed_at=now)
    gone = connection.execute(left).rowcount
    return gone + connection.execute(delete(subscribers).where(silent)).rowcount


def erase(connection: Connection, reader: Subscriber, now: datetime) -> None:
    """Forget a reader with all evidence. What stays is a keyed hash of the address: it is never mailed again.

    What other tables have of them must be made anonymous before.
    """
    suppression.suppress(connection, parse(reader.email), reason="erased", now=now)
    connection.execute(delete(subscribers).where(subscribers.c.id == reader.id))
