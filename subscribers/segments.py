"""Segments: which confirmed readers an issue is for."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, Select, func, select

from subscribers.suppression import suppressed
from subscribers.tables import subscribers


@dataclass(frozen=True, slots=True)
class Segment:
    """Readers by the rhythm that they chose; None means whatever they chose."""

    cadence: str | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Readers who would get the same rendering: served up to the same post, same topics, same language."""

    served: int
    topics: tuple[str, ...]
    language: str
    readers: int


def audience(segment: Segment, *, group: Group | None = None) -> Select[int]:
    """Return a query for the ids of readers who may be mailed: confirmed, and not suppressed.

    With `group`, only those of it. The groups of a segment share no reader and together are all of it.
    """
    return select(subscribers.c.id).where(*_conditions(segment, group))


def groups(connection: Connection, segment: Segment) -> list[Group]:
    """Return the groups of a segment, the largest first."""
    shared = (subscribers.c.served, subscribers.c.topics, subscribers.c.language)
    readers = func.count().label("readers")
    query = select(*shared, readers).where(*_conditions(segment, None)).group_by(*shared)
    return [Group(*row) for row in connection.execute(query.order_by(readers.desc(), *shared))]


def _conditions(segment: Segment, group: Group | None) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [subscribers.c.status == "confirmed", ~suppressed()]
    if segment.cadence is not None:
        conditions.append(subscribers.c.cadence == segment.cadence)
    if group is not None:
        conditions.append(subscribers.c.served == group.served)
        conditions.append(subscribers.c.topics == group.topics)
        conditions.append(subscribers.c.language == group.language)
    return conditions
