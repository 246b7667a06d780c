"""The outbox as the use cases see it: put in, count, cancel, and take back what dead workers held."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)

from newsletter.issues.tables import issues
from newsletter.outbox import presence
from newsletter.outbox.eligibility import is_due, issue_is_open, may_be_mailed
from newsletter.outbox.tables import deliveries

#: Deliveries with a lower priority go first: a confirmation overtakes 50,000 digests.
NOTICE, ISSUE = 0, 1


@dataclass(frozen=True, slots=True)
class Counts:
    """Deliveries by status; together they are the audience."""

    queued: int = 0
    sending: int = 0
    sent: int = 0
    bounced: int = 0
    failed: int = 0
    cancelled: int = 0
    unknown: int = 0

    @property
    def total(self) -> int:
        """All deliveries."""
        return sum(self.as_dict().values())

    @property
    def open(self) -> int:
        """Deliveries that are not at their end."""
        return self.queued + self.sending

    def as_dict(self) -> dict[str, int]:
        """Return the counts by status, in the order of a delivery's life."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Recovered:
    """What dead workers held: `returned` was untouched, `doubtful` may have been on the wire."""

    returned: int = 0
    doubtful: int = 0


def enqueue_issue(
    connection: Connection, issue_number: int, rendering_id: int, audience: Select[Any], *, due_at: datetime
) -> int:
    """Queue a rendering of an issue for every subscriber id that `audience` selects; return how many."""
    readers = audience.subquery()
    reader_id = readers.c[0]
    rows = select(
        literal(issue_number),
        literal(rendering_id),
        reader_id,
        literal("confirmed"),
        literal("queued"),
        literal(ISSUE),
        literal(due_at, deliveries.c.due_at.type),
        literal(0),
    ).order_by(reader_id)
    names = (
        "issue_number",
        "rendering_id",
        "subscriber_id",
        "needs_status",
        "status",
        "priority",
        "due_at",
        "attempts",
    )
    statement = insert(deliveries).from_select(names, rows).execution_options(preserve_rowcount=True)
    return connection.execute(statement).rowcount


def enqueue_notice(
    connection: Connection,
    rendering_id: int,
    subscriber_id: int,
    *,
    needs_status: str,
    due_at: datetime,
    priority: int = NOTICE,
) -> int:
    """Queue mail about a subscription, to be sent while that is in `needs_status`; return its id."""
    values = {
        "rendering_id": rendering_id,
        "subscriber_id": subscriber_id,
        "needs_status": needs_status,
        "due_at": due_at,
        "priority": priority,
    }
    key = connection.execute(insert(deliveries).values(values)).inserted_primary_key
    assert key is not None, "a single row was written"
    return int(key[0])


def recover(
    connection: Connection,
    *,
    now: datetime,
    resend: bool = True,
    is_dead: Callable[[str], bool] | None = None,
) -> Recovered:
    """Take back what workers held that are dead, or whose lease is over.

    What was only claimed is queued as before. What was being sent may have arrived: it becomes `unknown`, and
    with `resend` is queued again; its Message-ID is the same then, since that derives from the delivery.
    """
    dead = is_dead or partial(presence.is_dead, one_machine=connection.dialect.name == "sqlite")
    held = deliveries.c.worker.is_not(None)
    holders = connection.scalars(select(deliveries.c.worker).where(held).distinct())
    gone = [worker for worker in holders if dead(worker)]
    lost = and_(held, or_(deliveries.c.worker.in_(gone), deliveries.c.leased_until <= now))
    free = update(deliveries).where(lost).values(worker=None, leased_until=None)
    returned = connection.execute(free.where(deliveries.c.status == "queued")).rowcount
    doubtful = connection.scalars(
        free.where(deliveries.c.status == "sending")
        .values(status="unknown", settled_at=now, reply_code=None, reply="the worker died while sending it")
        .returning(deliveries.c.id)
    ).all()
    if resend and doubtful:
        again = update(deliveries).where(deliveries.c.id.in_(doubtful))
        connection.execute(again.values(status="queued", settled_at=None))
    return Recovered(returned, len(doubtful))


def cancel_undeliverable(connection: Connection, now: datetime) -> int:
    """Cancel what is queued for readers who may not be mailed any more, or for cancelled issues."""
    void = exists().where(issues.c.number == deliveries.c.issue_number, issues.c.state == "cancelled")
    return _cancel(connection, now, or_(~may_be_mailed(), void.correlate(deliveries)))


def cancel_for(connection: Connection, subscriber_id: int, now: datetime) -> int:
    """Cancel what is queued for a reader and what they may not get any more; return how many."""
    return _cancel(connection, now, deliveries.c.subscriber_id == subscriber_id, ~may_be_mailed())


def _cancel(connection: Connection, now: datetime, *which: ColumnElement[bool]) -> int:
    # what a worker has claimed is cancelled, too: it cannot be marked any more
    statement = update(deliveries).where(deliveries.c.status == "queued", *which)
    values = {"status": "cancelled", "settled_at": now, "worker": None, "leased_until": None}
    return connection.execute(statement.values(values)).rowcount


def counts(connection: Connection, issue_number: int) -> Counts:
    """Count the deliveries of an issue by status."""
    query = (
        select(deliveries.c.status, func.count())
        .where(deliveries.c.issue_number == issue_number)
        .group_by(deliveries.c.status)
    )
    found: dict[str, int] = dict(connection.execute(query).all())
    return Counts(**{field.name: found.get(field.name, 0) for field in fields(Counts)})


def first_open_issue(connection: Connection, now: datetime) -> int | None:
    """Return the oldest issue that has deliveries which could go out now, or None."""
    query = select(func.min(deliveries.c.issue_number)).where(is_due(now), may_be_mailed(), issue_is_open())
    number: int | None = connection.scalar(query)
    return number
