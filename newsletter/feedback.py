"""What mail that came back means for readers and author: bounces and complaints, acted upon in one transaction."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import Connection, select

from newsletter import alarms, membership
from newsletter.membership import Origin
from newsletter.outbox.tables import deliveries
from newsletter.site import Site
from subscribers import bounces, suppression
from subscribers.address import parse
from subscribers.errors import InvalidAddress, UnknownSubscriber
from subscribers.roster import Subscriber, find, find_by_id

#: A report about older mail says nothing about the address of today.
_LATEST = timedelta(days=30)

Deed = Literal["suppressed", "unsubscribed", "counted", "alarmed", "nothing"]


@dataclass(frozen=True, slots=True)
class Told:
    """What a report told: what should be done, by which code, why, and about which address where the mail names one."""

    kind: Literal["bounce", "complaint", "auto-reply"]
    action: Literal["suppress", "count", "alert", "none"]
    status: str
    reason: str
    address: str | None = None


def take(connection: Connection, site: Site, told: Told, delivery_id: int | None, *, now: datetime) -> Deed:
    """Do what a report asks for. `delivery_id` is that of the return path, None where no token came back.

    Without a token anybody could have written it, and nothing is done but for a complaint: whoever forges one only
    leaves us a reader poorer, and the reader can come back.
    """
    if told.action == "none":
        return "nothing"
    if told.action == "alert":
        alarms.tell(
            connection, site, "refused", told.status or "bounce", now=now, number=None, reply=told.reason
        )
        return "alarmed"
    reader = _reader(connection, told, delivery_id, now)
    if reader is None:
        return "nothing"
    if told.kind == "complaint":
        return _end(connection, site, reader, "complaint", told, now)
    is_over = bounces.count(
        connection, reader.id, delivery_id=delivery_id, status=told.status, reason=told.reason, now=now
    )
    if told.action == "suppress" or is_over:
        return _end(connection, site, reader, "bounce", told, now)
    return "counted"


def _reader(connection: Connection, told: Told, delivery_id: int | None, now: datetime) -> Subscriber | None:
    """Return whom a report is about; None where that cannot be told, or is too long ago."""
    try:
        if delivery_id is None:
            return find(connection, told.address) if told.kind == "complaint" and told.address else None
        query = select(deliveries.c.subscriber_id, deliveries.c.settled_at).where(
            deliveries.c.id == delivery_id
        )
        row = connection.execute(query).one_or_none()
        if row is None or row.subscriber_id is None:
            return None
        if told.kind == "bounce" and row.settled_at is not None and row.settled_at < now - _LATEST:
            return None
        return find_by_id(connection, row.subscriber_id)
    except (InvalidAddress, UnknownSubscriber):
        return None


def _end(
    connection: Connection, site: Site, reader: Subscriber, reason: str, told: Told, now: datetime
) -> Deed:
    """Unsubscribe a reader, and never mail the address again."""
    origin = Origin("complaint" if reason == "complaint" else "mail", source=told.reason)
    membership.leave(connection, site, reader, origin, now=now)
    note = f"{told.status} {told.reason}".strip()
    suppression.suppress(connection, parse(reader.email), reason=reason, note=note, now=now)
    return "suppressed"
