"""The outbox as the use cases see it: put in, count, cancel, and take back what dead workers held."""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    delete,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)

from newsletter.issues.tables import issues
from newsletter.outbox.delivery import presence
from newsletter.outbox.eligibility import is_due, is_notice, is_waiting, may_be_mailed, may_have_arrived
from newsletter.outbox.tables import deliveries, workers


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
    connection: Connection,
    issue_number: int,
    rendering_id: int,
    audience: Select[Any],
    *,
    due_at: datetime | None = None,
    served_before: int | None = None,
) -> int:
    """Queue a rendering of an issue for every subscriber id that `audience` selects; return how many.

    Without `due_at`, that is the second thing that it selects. `served_before`: up to which post these readers were
    served until now.
    """
    readers = audience.subquery()
    reader_id = readers.c[0]
    due = readers.c[1] if due_at is None else literal(due_at, deliveries.c.due_at.type)
    values = {
        "issue_number": literal(issue_number),
        "rendering_id": literal(rendering_id),
        "subscriber_id": reader_id,
        "needs_status": literal("confirmed"),
        "served_before": literal(served_before, deliveries.c.served_before.type),
        "status": literal("queued"),
        "due_at": due,
        "attempts": literal(0),
    }
    rows = select(*values.values()).order_by(reader_id)
    statement = insert(deliveries).from_select(list(values), rows)
    return connection.execute(statement.execution_options(preserve_rowcount=True)).rowcount


def enqueue_notice(
    connection: Connection, rendering_id: int, subscriber_id: int, *, needs_status: str, due_at: datetime
) -> int:
    """Queue mail about a subscription, to be sent while that is in `needs_status`; return its id.

    It goes before every issue: a confirmation overtakes 50,000 digests.
    """
    values = {
        "rendering_id": rendering_id,
        "subscriber_id": subscriber_id,
        "needs_status": needs_status,
        "due_at": due_at,
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
    """Take back what workers held that are dead, or whose lease is over, and strike them off.

    What was only claimed is queued as before. What was being sent may have arrived: it becomes `unknown`, and
    with `resend` is queued again; its Message-ID is the same then, since that derives from the delivery.
    """
    dead = is_dead or partial(presence.is_dead, one_machine=connection.dialect.name == "sqlite")
    registered = connection.execute(select(workers.c.id, workers.c.name)).all()
    gone = [row.id for row in registered if dead(row.name)]
    # the statement itself looks at the leases: one may be renewed at this very moment
    lapsed = workers.c.leased_until <= now
    connection.execute(delete(workers).where(or_(lapsed, workers.c.id.in_(gone))))
    holder_is_known = exists().where(workers.c.id == deliveries.c.worker).correlate(deliveries)
    lost = select(deliveries.c.id).where(deliveries.c.worker.is_not(None), ~holder_is_known)
    # in their order, and without those that somebody has in hand just now: no two recoveries can block each other
    ids = connection.scalars(lost.order_by(deliveries.c.id).with_for_update(skip_locked=True)).all()
    free = update(deliveries).where(deliveries.c.id.in_(ids)).values(worker=None)
    returned = connection.execute(free.where(deliveries.c.status == "queued")).rowcount if ids else 0
    doubtful = connection.scalars(
        free.where(deliveries.c.status == "sending")
        .values(status="unknown", settled_at=now, reply_code=None, reply="the worker died while sending it")
        .returning(deliveries.c.id)
    ).all()
    if resend and doubtful:
        send_again(connection, deliveries.c.id.in_(doubtful))
    return Recovered(returned, len(doubtful))


def send_again(connection: Connection, *which: ColumnElement[bool]) -> int:
    """Queue deliveries again whose end is unknown; return how many."""
    statement = update(deliveries).where(deliveries.c.status == "unknown", *which)
    return connection.execute(statement.values(status="queued", settled_at=None)).rowcount


def bring_forward(connection: Connection, subscriber_id: int, now: datetime) -> None:
    """Let go at once what waits for the end of a reader's pause, now that there is none any more."""
    theirs = (deliveries.c.subscriber_id == subscriber_id, deliveries.c.issue_number.is_not(None))
    late = update(deliveries).where(*theirs, is_waiting(), may_have_arrived(), deliveries.c.due_at > now)
    connection.execute(late.values(due_at=now))


def cancel_for(connection: Connection, subscriber_id: int, now: datetime) -> int:
    """Cancel what is queued for a reader and what they may not get any more; return how many."""
    return cancel(connection, now, deliveries.c.subscriber_id == subscriber_id, ~may_be_mailed())


def cancel(connection: Connection, now: datetime, *which: ColumnElement[bool]) -> int:
    """Cancel what is queued, also what a worker has claimed: it cannot be marked any more then."""
    statement = update(deliveries).where(deliveries.c.status == "queued", *which)
    return connection.execute(statement.values(status="cancelled", settled_at=now, worker=None)).rowcount


def counts(connection: Connection, issue_number: int) -> Counts:
    """Count the deliveries of an issue by status."""
    query = (
        select(deliveries.c.status, func.count())
        .where(deliveries.c.issue_number == issue_number)
        .group_by(deliveries.c.status)
    )
    found: dict[str, int] = dict(connection.execute(query).all())
    return Counts(**{field.name: found.get(field.name, 0) for field in fields(Counts)})


def lanes(connection: Connection, now: datetime, *, notices_only: bool = False) -> Iterator[int | None]:
    """Yield what has deliveries that are due, in the order in which they go out: notices (None), then open issues.

    Each is asked for by itself, by its place in the index: a paused issue of a million readers holds up nobody.
    """
    if connection.scalar(select(exists().where(is_notice(), is_due(now)))):
        yield None
    if not notices_only:
        of_the_issue = exists().where(deliveries.c.issue_number == issues.c.number, is_due(now))
        open_issues = select(issues.c.number).where(issues.c.state == "open", of_the_issue.correlate(issues))
        yield from connection.scalars(open_issues.order_by(issues.c.number)).all()


def first_open_issue(connection: Connection, now: datetime) -> int | None:
    """Return the oldest issue that has deliveries which could go out now, or None."""
    return next((number for number in lanes(connection, now) if number is not None), None)
