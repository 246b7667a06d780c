"""The calendar: which issues were due, and what was done of them.

Together with the issues themselves, the skips say it all: what is due and stands in neither is still to be made.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, exists, func, insert, or_, select, update

from newsletter.issues import tables


@dataclass(frozen=True, slots=True)
class Skip:
    """An issue that was not made, and why: nothing was in it, it was missed, or its author did not want it."""

    cadence: str | None
    scheduled_for: datetime | None
    skipped_at: datetime
    reason: str
    kind: str  # skipped | missed | ordered


def all_skips(connection: Connection) -> list[Skip]:
    """Read every skip, newest first."""
    columns = [tables.skips.c[name] for name in Skip.__slots__]
    return [Skip(*row) for row in connection.execute(select(*columns).order_by(tables.skips.c.id.desc()))]


def record_skip(
    connection: Connection,
    *,
    cadence: str | None,
    scheduled_for: datetime | None,
    reason: str,
    now: datetime,
    kind: str = "skipped",
    last_post: int | None = None,
) -> None:
    """Remember that an issue was due and not made (law 8); `last_post`: up to where readers count as served."""
    connection.execute(
        insert(tables.skips).values(
            cadence=cadence,
            scheduled_for=scheduled_for,
            kind=kind,
            reason=reason,
            skipped_at=now,
            last_post=last_post,
        )
    )


def withdraw_skip(connection: Connection, cadence: str, scheduled_for: datetime) -> bool:
    """Take the order back to skip an issue; return whether there was one."""
    table = tables.skips
    these = (table.c.cadence == cadence, table.c.scheduled_for == scheduled_for, table.c.kind == "ordered")
    return connection.execute(delete(table).where(*these)).rowcount > 0


def is_settled(connection: Connection, cadence: str, scheduled_for: datetime) -> bool:
    """Whether an issue that is due then was made, or is recorded as one that is not."""
    return any(
        connection.scalar(
            select(exists().where(table.c.cadence == cadence, table.c.scheduled_for == scheduled_for))
        )
        for table in (tables.issues, tables.skips)
    )


def last_settled(connection: Connection, cadence: str) -> datetime | None:
    """Return the last time for which it was decided; what the author orders to be skipped is only in the way."""
    issues, skips = tables.issues, tables.skips
    moments = (
        connection.scalar(select(func.max(issues.c.scheduled_for)).where(issues.c.cadence == cadence)),
        connection.scalar(
            select(func.max(skips.c.scheduled_for)).where(
                skips.c.cadence == cadence, skips.c.kind != "ordered"
            )
        ),
    )
    return max((moment for moment in moments if moment is not None), default=None)


def kept_since(connection: Connection, cadence: str, rhythm: str) -> datetime | None:
    """Return since when a rhythm is kept; None for one that is new, or has changed."""
    table = tables.rhythms
    these = (table.c.cadence == cadence, table.c.rhythm == rhythm)
    return connection.scalar(select(table.c.since).where(*these))


def keep(connection: Connection, cadence: str, rhythm: str, since: datetime) -> None:
    """Keep a rhythm from a moment on."""
    table = tables.rhythms
    values = {"rhythm": rhythm, "since": since}
    if not connection.execute(update(table).where(table.c.cadence == cadence).values(values)).rowcount:
        connection.execute(insert(table).values(cadence=cadence, **values))


def reached(connection: Connection, cadence: str | None, *, cancelled: bool = False) -> int | None:
    """Return up to which post issues for a cadence, or for everybody, have served; None before the first one.

    Without a cadence it is that of any issue. With `cancelled`, issues count that did not go out.
    """
    found = []
    for table in (tables.issues, tables.skips):
        query = select(table.c.last_post).where(table.c.last_post.is_not(None))
        if cadence is not None:
            query = query.where(or_(table.c.cadence == cadence, table.c.cadence.is_(None)))
        if table is tables.issues and not cancelled:
            query = query.where(tables.issues.c.state != "cancelled")
        found.append(connection.scalar(query.order_by(table.c.last_post.desc()).limit(1)))
    return max((number for number in found if number is not None), default=None)
