"""Segments: which confirmed readers an issue is for."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Column, ColumnElement, Connection, FromClause, Select, case, func, literal, or_, select

from subscribers.suppression import suppressed
from subscribers.tables import owed, subscribers

#: How many posts that readers are owed are told apart at a time: each is a bit of a number. The others wait.
MOST_OWED = 30


@dataclass(frozen=True, slots=True)
class Segment:
    """Readers by the rhythm that they chose; None means whatever they chose.

    Who pauses `at` a moment is not among them. `owed` are numbers of posts that some of them may be owed; `strays` are
    other cadences, whose readers are with them.
    """

    cadence: str | None = None
    at: datetime | None = None
    owed: tuple[int, ...] = ()
    strays: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Group:
    """Readers who would get the same rendering: the same posts are new to them, same topics, same language.

    New are the posts above `served`, and those of lower numbers that they are `owed`.
    """

    served: int
    topics: tuple[str, ...]
    language: str
    readers: int
    owed: tuple[int, ...] = ()

    def lacks(self, number: int) -> bool:
        """Whether the post of a number is new to these readers."""
        return number > self.served or number in self.owed


def audience(segment: Segment, *, group: Group | None = None) -> Select[int]:
    """Return a query for the ids of readers who may be mailed: confirmed, not pausing, and not suppressed.

    With `group`, only those of it. The groups of a segment share no reader and together are all of it.
    """
    source, mask = _with_owed(segment)
    query = select(subscribers.c.id).select_from(source).where(*_conditions(segment))
    if group is None:
        return query
    for name in ("served", "topics", "language"):
        query = query.where(subscribers.c[name] == getattr(group, name))
    return query.where(mask == _mask_of(segment, group)) if segment.owed else query


def served_below(segment: Segment, number: int) -> Select[int]:
    """Return a query for the ids of a segment's readers who were not served up to a post yet."""
    return audience(segment).where(subscribers.c.served < number)


def groups(connection: Connection, segment: Segment) -> list[Group]:
    """Return the groups of a segment, the largest first."""
    source, mask = _with_owed(segment)
    shared = [subscribers.c.served, subscribers.c.topics, subscribers.c.language]
    readers = func.count().label("readers")
    query = select(*shared, readers, mask.label("bits")).select_from(source).where(*_conditions(segment))
    query = query.group_by(*shared, *([mask] if segment.owed else []))
    return [
        Group(row.served, row.topics, row.language, row.readers, _owed_of(segment, row.bits))
        for row in connection.execute(query.order_by(readers.desc(), *shared))
    ]


def zones(connection: Connection, segment: Segment) -> list[str]:
    """Return the time zones in which the confirmed readers of a segment live.

    One after the other is looked up in the index, since there are few, and readers may be a million.
    """
    return _distinct(connection, subscribers.c.timezone, *_standing(segment))


def cadences(connection: Connection) -> frozenset[str]:
    """Return the cadences that confirmed readers have, be they on offer or not."""
    return frozenset(_distinct(connection, subscribers.c.cadence, *_standing(Segment())))


def _distinct(connection: Connection, column: Column[str], *which: ColumnElement[bool]) -> list[str]:
    """Return the different values of a column that stands in an index behind the conditions."""
    found = select(func.min(column).label("value")).where(*which).cte("found", recursive=True)
    following = select(func.min(column)).where(*which, column > found.c.value).scalar_subquery()
    found = found.union_all(select(following).where(found.c.value.is_not(None)))
    return list(connection.scalars(select(found.c.value).where(found.c.value.is_not(None))))


def _conditions(segment: Segment) -> list[ColumnElement[bool]]:
    return [*_standing(segment), ~suppressed()]


def _standing(segment: Segment) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [subscribers.c.status == "confirmed"]
    if segment.cadence is not None and segment.strays:
        conditions.append(subscribers.c.cadence.in_([segment.cadence, *sorted(segment.strays)]))
    elif segment.cadence is not None:
        conditions.append(subscribers.c.cadence == segment.cadence)
    if segment.at is not None:
        paused = subscribers.c.paused_until
        conditions.append(or_(paused.is_(None), paused <= segment.at))
    return conditions


def _with_owed(segment: Segment) -> tuple[FromClause, ColumnElement[int]]:
    """Return where the readers are found, and which of the segment's posts they are owed: one bit for each."""
    if not segment.owed:
        return subscribers, literal(0)
    bits = case({number: 1 << place for place, number in enumerate(segment.owed)}, value=owed.c.post)
    theirs = (
        select(owed.c.subscriber_id, func.sum(bits).label("bits"))
        .where(owed.c.post.in_(segment.owed))
        .group_by(owed.c.subscriber_id)
        .subquery()
    )
    joined = subscribers.outerjoin(theirs, theirs.c.subscriber_id == subscribers.c.id)
    return joined, func.coalesce(theirs.c.bits, 0)


def _owed_of(segment: Segment, bits: int) -> tuple[int, ...]:
    return tuple(number for place, number in enumerate(segment.owed) if bits >> place & 1)


def _mask_of(segment: Segment, group: Group) -> int:
    return sum(1 << place for place, number in enumerate(segment.owed) if number in group.owed)
