"""When the deliveries of an issue are due: all at once, or each at the hour on its reader's clock."""

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import ColumnElement, Connection, case, literal

from newsletter.cadence import Slot
from subscribers import segments
from subscribers.database import Instant
from subscribers.segments import Segment
from subscribers.tables import subscribers


def due_at(
    connection: Connection, segment: Segment, slot: Slot | None, earliest: datetime, local: bool
) -> ColumnElement[datetime]:
    """Return when a reader's delivery is due: at a slot's time, here or where they live, not before `earliest`."""
    at = earliest if slot is None else max(slot.at, earliest)
    if slot is None or not local:
        return _moment(at)
    zones: dict[datetime, list[str]] = {}
    for name in segments.zones(connection, segment):
        zones.setdefault(max(_moment_in(name, slot), earliest), []).append(name)
    choices = [(subscribers.c.timezone.in_(names), _moment(moment)) for moment, names in zones.items()]
    return case(*choices, else_=_moment(at)) if choices else _moment(at)


def earliest(connection: Connection, segment: Segment) -> Callable[[Slot], datetime]:
    """Return what says when the first reader's clock shows a slot's time; the author's, where there is no reader."""
    zones = segments.zones(connection, segment)
    return lambda slot: min((_moment_in(name, slot) for name in zones), default=slot.at)


def _moment_in(zone: str, slot: Slot) -> datetime:
    """Return when a clock in a zone shows a slot's time; a zone that nobody knows any more has the author's clock."""
    try:
        return slot.on_clock_of(ZoneInfo(zone))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return slot.at


def _moment(moment: datetime) -> ColumnElement[datetime]:
    return literal(moment, Instant())
