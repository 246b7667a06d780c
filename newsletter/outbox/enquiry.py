"""Enquiry: what an author wants to know of an issue beyond its counts. It is worked out from its deliveries."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Dialect, and_, case, func, or_, select

from newsletter.issues.tables import issues, renderings
from newsletter.outbox.eligibility import is_waiting
from newsletter.outbox.tables import deliveries
from subscribers.tables import subscribers

#: How many replies, and how many domains, are shown at the most.
_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Waiting:
    """An issue of which something is queued. `due_at`: when the first of it is due, if it is not due now."""

    number: int
    state: str
    reason: str
    queued: int
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class Said:
    """What the relay said, to so many deliveries, and when last. Without a code the words are our own."""

    code: int | None
    words: str
    deliveries: int
    last_at: datetime | None


@dataclass(frozen=True, slots=True)
class Domain:
    """How it went with the readers of one domain, and the last words: of a refusal, where there was one."""

    name: str
    deliveries: int
    sent: int
    refused: int
    code: int | None
    words: str


@dataclass(frozen=True, slots=True)
class Replies:
    """The last words of the relay, refusals first, and the same by the readers' domains."""

    relay: tuple[Said, ...]
    domains: tuple[Domain, ...]


def waiting(connection: Connection, now: datetime) -> list[Waiting]:
    """Return the issues that have deliveries in the queue, oldest first; cancelled ones do not count."""
    query = (
        select(*(issues.c[name] for name in ("number", "state", "reason")))
        .add_columns(func.count(deliveries.c.id), func.min(deliveries.c.due_at))
        .join(deliveries, deliveries.c.issue_number == issues.c.number)
        .where(issues.c.state != "cancelled", is_waiting())
        .group_by(issues.c.number, issues.c.state, issues.c.reason)
        .order_by(issues.c.number)
    )
    return [
        Waiting(number, state, reason, queued, due_at if due_at > now else None)
        for number, state, reason, queued, due_at in connection.execute(query)
    ]


@dataclass(frozen=True, slots=True)
class Received:
    """A message to one reader, and what became of it."""

    subject: str
    issue: int | None
    status: str
    settled_at: datetime | None
    reply: str | None


def received(connection: Connection, subscriber_id: int) -> list[Received]:
    """Return every message that was made for a reader, oldest first."""
    query = (
        select(
            renderings.c.subject,
            deliveries.c.issue_number,
            deliveries.c.status,
            deliveries.c.settled_at,
            deliveries.c.reply,
        )
        .join(renderings, renderings.c.id == deliveries.c.rendering_id)
        .where(deliveries.c.subscriber_id == subscriber_id)
        .order_by(deliveries.c.id)
    )
    return [Received(*row) for row in connection.execute(query)]


def first_due(connection: Connection, number: int) -> datetime | None:
    """Return when the first delivery of an issue is due that is still queued; None where none is."""
    query = select(func.min(deliveries.c.due_at)).where(deliveries.c.issue_number == number, is_waiting())
    found: datetime | None = connection.scalar(query)
    return found


def replies(connection: Connection, number: int) -> Replies:
    """Return what the relay said of an issue."""
    return Replies(
        (*_refusals(connection, number), *_acceptance(connection, number)), _domains(connection, number)
    )


def _refusals(connection: Connection, number: int) -> list[Said]:
    said = (deliveries.c.reply_code, deliveries.c.reply)
    query = (
        select(*said, func.count(), func.max(deliveries.c.settled_at))
        .where(deliveries.c.issue_number == number, _was_refused())
        .group_by(*said)
        .order_by(func.max(deliveries.c.settled_at).desc().nulls_first(), func.count().desc(), *said)
        .limit(_SHOWN)
    )
    return [Said(*row) for row in connection.execute(query)]


def _acceptance(connection: Connection, number: int) -> list[Said]:
    """Return the last acceptance, for all of them: each relay words it anew, with a number of its own."""
    accepted = and_(deliveries.c.issue_number == number, deliveries.c.reply_code.between(200, 299))
    many = connection.scalar(select(func.count()).where(accepted)) or 0
    last = (
        select(deliveries.c.reply_code, deliveries.c.reply, deliveries.c.settled_at)
        .where(accepted)
        .order_by(deliveries.c.settled_at.desc(), deliveries.c.id.desc())
        .limit(1)
    )
    return [Said(code, words or "", many, at) for code, words, at in connection.execute(last)]


def _domains(connection: Connection, number: int) -> tuple[Domain, ...]:
    name = _domain(connection.dialect).label("name")
    refused = func.count(case((_was_refused(), 1)))
    query = (
        select(name, func.count(), func.count(case((deliveries.c.status == "sent", 1))), refused)
        .add_columns(
            func.coalesce(
                func.max(case((_was_refused(), deliveries.c.id))),
                func.max(case((deliveries.c.reply.is_not(None), deliveries.c.id))),
            )
        )
        .select_from(deliveries)
        .join(subscribers, subscribers.c.id == deliveries.c.subscriber_id)
        .where(deliveries.c.issue_number == number)
        .group_by(name)
        .order_by(refused.desc(), func.count().desc(), name)
        .limit(_SHOWN)
    )
    found = connection.execute(query).all()
    last = select(deliveries.c.id, deliveries.c.reply_code, deliveries.c.reply)
    words: dict[int, tuple[Any, ...]] = {
        row.id: (row.reply_code, row.reply or "")
        for row in connection.execute(last.where(deliveries.c.id.in_([row[-1] for row in found])))
    }
    return tuple(Domain(*facts, *words.get(last_id, (None, ""))) for *facts, last_id in found)


def _was_refused() -> ColumnElement[bool]:
    """The relay said something else than yes, or there is something that we say ourselves."""
    nothing_sent = deliveries.c.status.in_(("queued", "bounced", "failed", "cancelled"))
    return and_(nothing_sent, or_(deliveries.c.reply_code.is_not(None), deliveries.c.reply.is_not(None)))


def _domain(dialect: Dialect) -> ColumnElement[str]:
    """The domain of the reader's address, which has one @."""
    address = subscribers.c.email
    if dialect.name == "postgresql":
        return func.lower(func.split_part(address, "@", 2))
    return func.lower(func.substr(address, func.instr(address, "@") + 1))
