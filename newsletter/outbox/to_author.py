"""Mail to the author: what needs a person, and what readers wrote. Written down here, handed over by who delivers.

It lies in the database until the relay has taken it, so an alarm survives the crash that it is about. One key, such as
`refused:7`, has one open letter at the most and one a day: who is told every minute does not read it any more.

Answers to people who wrote to our machines go the same way, for the same reasons: one a day and person is enough.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, Connection, Update, and_, delete, func, or_, select, update

from newsletter.outbox.tables import letters
from subscribers.database import insert_unless_there

#: One key is not told of again before this.
A_DAY = timedelta(days=1)

#: How long settled letters are kept, so that the author can be told what was said.
KEPT = timedelta(days=30)

_QUEUED, _SENDING = "queued", "sending"


@dataclass(frozen=True, slots=True)
class Letter:
    """One letter that is to go out; `raw` is a message as it came, and everything else is empty then."""

    id: int
    kind: str
    subject: str
    text: str
    html: str | None
    raw: bytes | None
    recipient: str | None  # None: the author
    answers: str | None  # the Message-ID of what it answers
    created_at: datetime
    attempts: int


def tell(
    connection: Connection,
    *,
    kind: str,
    key: str,
    subject: str,
    text: str,
    now: datetime,
    html: str | None = None,
) -> bool:
    """Write to the author, unless they were told the same within a day; return whether that was so."""
    its_own = letters.c.key == key
    is_recent = or_(letters.c.settled_at.is_(None), letters.c.created_at > now - A_DAY)
    if connection.scalar(select(letters.c.id).where(its_own, is_recent).limit(1)) is not None:
        return False
    return _put(connection, kind=kind, key=key, subject=subject, text=text, html=html, now=now)


def forward(connection: Connection, *, raw: bytes, key: str, now: datetime) -> bool:
    """Send a reader's message on to the author as it is; return whether it is the first of its key."""
    if connection.scalar(select(letters.c.id).where(letters.c.key == key).limit(1)) is not None:
        return False
    return _put(connection, kind="reply", key=key, raw=raw, now=now)


def answer(
    connection: Connection,
    *,
    recipient: str,
    answers: str,
    key: str,
    subject: str,
    text: str,
    html: str | None = None,
    now: datetime,
) -> bool:
    """Answer whoever wrote to a machine of ours, unless they were answered today; return whether that was so."""
    facts = {"recipient": recipient, "answers": answers, "subject": subject, "text": text, "html": html}
    return _put(connection, kind="answer", key=key, now=now, **facts)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a person was answered, for them to see."""

    subject: str
    created_at: datetime
    status: str
    reply: str | None


def answers_to(connection: Connection, email: str) -> list[Answer]:
    """Return what somebody was answered, oldest first."""
    facts = (letters.c.subject, letters.c.created_at, letters.c.status, letters.c.reply)
    query = select(*facts).where(letters.c.recipient == email).order_by(letters.c.id)
    return [Answer(*row) for row in connection.execute(query)]


def is_due(connection: Connection, now: datetime) -> bool:
    """Whether a letter could go out."""
    return connection.scalar(select(letters.c.id).where(_is_due(now)).limit(1)) is not None


def claim(connection: Connection, now: datetime, *, until: datetime) -> Letter | None:
    """Take the letter that has waited longest, for oneself `until` then; None when nothing is due."""
    first = select(letters.c.id).where(_is_due(now)).order_by(letters.c.due_at, letters.c.id).limit(1)
    number = connection.scalar(first.with_for_update(skip_locked=True))
    if number is None:
        return None
    taken = update(letters).where(letters.c.id == number, _is_due(now)).values(status=_SENDING, due_at=until)
    names = ("id", "kind", "subject", "text", "html", "raw", "recipient", "answers", "created_at", "attempts")
    row = connection.execute(taken.returning(*(letters.c[name] for name in names))).one_or_none()
    return None if row is None else Letter(*row)


def settle(connection: Connection, number: int, status: str, reply: str, now: datetime) -> None:
    """Write down that a letter was sent or has failed. What a reader wrote is not kept."""
    values = {"status": status, "reply": reply, "settled_at": now, "raw": None}
    connection.execute(_mine(number).values(values | {"attempts": letters.c.attempts + 1}))


def postpone(
    connection: Connection, number: int, reply: str, until: datetime, *, counts: bool = True
) -> None:
    """Queue a letter again that the relay did not take."""
    values = {"status": _QUEUED, "reply": reply, "due_at": until}
    connection.execute(_mine(number).values(values | {"attempts": letters.c.attempts + int(counts)}))


def counts(connection: Connection) -> dict[str, int]:
    """Count the letters of the last days by status."""
    query = select(letters.c.status, func.count()).group_by(letters.c.status)
    return dict(connection.execute(query).all())


def clear_away(connection: Connection, now: datetime) -> int:
    """Delete what was settled long ago; return how many letters that were."""
    return connection.execute(delete(letters).where(letters.c.settled_at < now - KEPT)).rowcount


def _put(connection: Connection, *, kind: str, key: str, now: datetime, **facts: object) -> bool:
    day = now.astimezone(UTC).date()
    values = {"kind": kind, "key": key, "day": day, "created_at": now, "due_at": now, **facts}
    statement = insert_unless_there(connection.dialect, letters).values(values)
    return connection.execute(statement.returning(letters.c.id)).first() is not None


def _is_due(now: datetime) -> ColumnElement[bool]:
    """Queued and due, or with somebody who has not been heard of since."""
    return and_(letters.c.settled_at.is_(None), letters.c.due_at <= now)


def _mine(number: int) -> Update:
    return update(letters).where(letters.c.id == number, letters.c.status == _SENDING)
