"""Privacy: what we have about a reader, for them to see, and its erasure."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete

from subscribers import consent, suppression
from subscribers.address import parse
from subscribers.roster import Subscriber
from subscribers.tables import subscribers


def own_data(connection: Connection, reader: Subscriber) -> dict[str, Any]:
    """Return all that these tables have about a reader, in names that they understand."""
    address = parse(reader.email)
    return {
        "subscription": asdict(reader),
        "consent": [asdict(one) for one in consent.history(connection, reader.id)],
        "never_to_be_mailed": suppression.is_suppressed(connection, address),
    }


def erase(connection: Connection, reader: Subscriber, now: datetime) -> None:
    """Forget a reader with all evidence. What stays is a keyed hash of the address: it is never mailed again.

    What other tables have of them must be made anonymous before.
    """
    suppression.suppress(connection, parse(reader.email), reason="erased", now=now)
    connection.execute(delete(subscribers).where(subscribers.c.id == reader.id))
