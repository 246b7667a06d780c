"""What a worker does with the queue: claim, mark, settle, give back.

Every change of a delivery is one conditional statement, the same on SQLite and PostgreSQL. Who may be mailed
is part of the statements that claim and mark (law 4).
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, bindparam, func, or_, select, update

from newsletter.outbox.eligibility import is_due, is_notice, issue_is_open, may_be_mailed
from newsletter.outbox.retry import Outcome
from newsletter.outbox.tables import deliveries
from newsletter.transport.protocol import Reply
from subscribers.tables import subscribers


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery that a worker holds, with its reader as they were at the claim."""

    id: int
    rendering_id: int
    subscriber_id: int
    email: str
    name: str
    attempts: int


@dataclass(frozen=True, slots=True)
class Settlement:
    """What became of one delivery: the outcome, and the relay's words where it gave any."""

    delivery_id: int
    outcome: Outcome
    reply: Reply | None = None
    note: str = ""  # our own words, where the relay gave none


def claim(
    connection: Connection,
    worker: str,
    *,
    limit: int,
    now: datetime,
    lease: timedelta,
    notices_only: bool = False,
) -> list[Claimed]:
    """Take up to `limit` due deliveries to readers who may be mailed, until `lease` is over.

    With `notices_only`, deliveries of issues stay where they are.

    No two workers get the same one: PostgreSQL skips what another is taking, SQLite has one writer at a time.
    """
    due = (
        select(deliveries.c.id)
        .where(is_due(now), may_be_mailed(), is_notice() if notices_only else issue_is_open())
        .order_by(deliveries.c.priority, deliveries.c.due_at, deliveries.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True, of=deliveries)
        .cte("due")
    )
    taken = connection.scalars(
        update(deliveries)
        .where(deliveries.c.id.in_(select(due.c.id)))
        .values(worker=worker, leased_until=now + lease)
        .returning(deliveries.c.id)
    ).all()
    return _with_readers(connection, taken)


def _with_readers(connection: Connection, ids: Sequence[int]) -> list[Claimed]:
    if not ids:
        return []
    query = (
        select(
            deliveries.c.id,
            deliveries.c.rendering_id,
            deliveries.c.subscriber_id,
            subscribers.c.email,
            subscribers.c.name,
            deliveries.c.attempts,
        )
        .join(subscribers, subscribers.c.id == deliveries.c.subscriber_id)
        .where(deliveries.c.id.in_(ids))
        .order_by(deliveries.c.priority, deliveries.c.due_at, deliveries.c.id)
    )
    return [Claimed(*row) for row in connection.execute(query)]


def mark_sending(
    connection: Connection, worker: str, ids: Collection[int], *, now: datetime, lease: timedelta
) -> set[int]:
    """Mark claimed deliveries as sending and return those that may be sent.

    The others are not this worker's any more, or their readers have left since, or their issue is paused.
    """
    statement = (
        update(deliveries)
        .where(deliveries.c.id.in_(ids), deliveries.c.status == "queued", deliveries.c.worker == worker)
        .where(deliveries.c.leased_until > now, may_be_mailed(), issue_is_open())
        .values(status="sending", leased_until=now + lease)
        .returning(deliveries.c.id)
    )
    return set(connection.scalars(statement)) if ids else set()


def settle(connection: Connection, worker: str, settlements: Iterable[Settlement], now: datetime) -> None:
    """Record what became of deliveries that this worker was sending.

    A worker that was taken for dead has lost its deliveries. That a message was accepted is recorded all the
    same, unless another worker is sending it just now: it spares the reader the repeat.
    """
    rows: dict[bool, list[dict[str, Any]]] = {True: [], False: []}
    for settlement in settlements:
        rows[settlement.outcome.status == "sent"].append(_row(settlement, now))
    mine = and_(deliveries.c.worker == worker, deliveries.c.status == "sending")
    # written out, since IN cannot stand in a statement that runs for many rows
    waiting = or_(deliveries.c.status == "queued", deliveries.c.status == "unknown")
    nobodys = and_(deliveries.c.worker.is_(None), waiting)
    for accepted, group in rows.items():
        if group:
            whose = or_(mine, nobodys) if accepted else mine
            connection.execute(_SETTLE.where(whose), group)


_SETTLE = (
    update(deliveries)
    .where(deliveries.c.id == bindparam("delivery"))
    .values(
        status=bindparam("outcome"),
        attempts=deliveries.c.attempts + bindparam("counted"),
        due_at=func.coalesce(bindparam("due", type_=deliveries.c.due_at.type), deliveries.c.due_at),
        settled_at=bindparam("settled", type_=deliveries.c.settled_at.type),
        reply_code=bindparam("code"),
        reply=bindparam("words"),
        worker=None,
        leased_until=None,
    )
)


def _row(settlement: Settlement, now: datetime) -> dict[str, Any]:
    outcome, reply = settlement.outcome, settlement.reply
    again = outcome.status == "queued"
    return {
        "delivery": settlement.delivery_id,
        "outcome": outcome.status,
        "counted": int(outcome.counts),
        # a delivery that stopped the run is due after the others, so that it cannot stop every run
        "due": now + outcome.delay if again and (outcome.counts or reply is not None) else None,
        "settled": None if again else now,
        "code": reply.code if reply else None,
        "words": (" ".join(filter(None, (reply.enhanced, reply.text))) if reply else settlement.note) or None,
    }


def release(connection: Connection, worker: str, ids: Collection[int] | None = None) -> int:
    """Give back what this worker claimed and did not mark (all of it, or these); return how many."""
    statement = update(deliveries).where(deliveries.c.worker == worker, deliveries.c.status == "queued")
    if ids is not None:
        statement = statement.where(deliveries.c.id.in_(ids))
    return connection.execute(statement.values(worker=None, leased_until=None)).rowcount


def renew(connection: Connection, worker: str, *, now: datetime, lease: timedelta) -> None:
    """Hold on to everything that this worker has claimed; what it has lost stays lost."""
    statement = update(deliveries).where(deliveries.c.worker == worker)
    connection.execute(statement.values(leased_until=now + lease))
