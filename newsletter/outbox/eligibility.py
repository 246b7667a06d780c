"""Who may be mailed: the conditions that are part of the statements that claim and mark (law 4)."""

from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, literal_column, or_

from newsletter.issues.tables import issues
from newsletter.outbox.tables import deliveries
from subscribers import suppression
from subscribers.tables import subscribers


def is_waiting() -> ColumnElement[bool]:
    """The delivery is queued, and nobody has claimed it.

    "queued" is a literal, as in the condition of the index: neither engine would use it for a bound value.
    """
    queued: ColumnElement[str] = literal_column("'queued'")
    return and_(deliveries.c.status == queued, deliveries.c.worker.is_(None))


def is_due(now: datetime | ColumnElement[datetime]) -> ColumnElement[bool]:
    """The delivery waits, and its time has come."""
    return and_(is_waiting(), deliveries.c.due_at <= now)


def may_be_mailed() -> ColumnElement[bool]:
    """The subscription is in the state that the delivery needs, and the address not suppressed."""
    return (
        exists()
        .where(
            subscribers.c.id == deliveries.c.subscriber_id, subscribers.c.status == deliveries.c.needs_status
        )
        .where(~suppression.suppressed())
        .correlate(deliveries)
    )


def may_have_arrived() -> ColumnElement[bool]:
    """The delivery is queued again because nobody knows what became of it: there are words of ours, and no reply."""
    return and_(deliveries.c.reply.is_not(None), deliveries.c.reply_code.is_(None))


def pauses(now: datetime | ColumnElement[datetime]) -> ColumnElement[bool]:
    """The reader wants no issues now."""
    return subscribers.c.paused_until > now


def is_notice() -> ColumnElement[bool]:
    """The delivery is about a subscription, and of no issue."""
    return deliveries.c.issue_number.is_(None)


def issue_is_open() -> ColumnElement[bool]:
    """The delivery is a notice, or of an issue that is neither paused nor cancelled."""
    is_open = exists().where(issues.c.number == deliveries.c.issue_number, issues.c.state == "open")
    return or_(is_notice(), is_open.correlate(deliveries))
