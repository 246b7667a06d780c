"""What is due: worked out from the tables, the rhythm and the moment, and from nothing that a process remembers."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice, takewhile

from sqlalchemy import Connection

from newsletter.cadence import Cadence, Slot
from newsletter.content.reader import Scan
from newsletter.issues import calendar, register
from newsletter.publishing import hours, segment_of
from newsletter.site import Site

#: No clock shows a time earlier than this before another one does (UTC+14 and UTC-12).
_ROUND_THE_WORLD = timedelta(hours=26)

#: So many runs that were missed are written down one by one.
_MOST = 50

#: Posts "at once" wait for so many quiet periods at the most.
_PATIENCE = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Dues:
    """What a cadence has due: the issue to be made, those that it makes up for, and when to look again."""

    slot: Slot | None = None
    earlier: tuple[Slot, ...] = ()
    next_at: datetime | None = None
    is_new: bool = False  # the rhythm is not kept yet
    too_late: bool = False  # for the issue: it was missed


def due(connection: Connection, site: Site, cadence: Cadence, now: datetime) -> Dues:
    """Return what a cadence with a rhythm has due, and when the next one is to be made."""
    zone, schedule = site.settings.newsletter.timezone, site.settings.schedule
    since = calendar.kept_since(connection, cadence.name, rhythm_of(site, cadence))
    if since is None or since > now:  # or the clock was wrong then
        return Dues(next_at=now, is_new=True)
    after = max(since, calendar.last_settled(connection, cadence.name) or since)
    moment = making(connection, site, cadence)
    world = _ROUND_THE_WORLD if schedule.local_hours else timedelta()
    latest = now + world + (schedule.approve_ahead if schedule.approve else timedelta())
    back = takewhile(lambda slot: slot.at > after, cadence.slots_before(latest, zone))
    waiting = (slot for slot in back if moment(slot) <= now)
    unsettled = (slot for slot in waiting if not calendar.is_settled(connection, cadence.name, slot.at))
    slots = list(islice(unsettled, _MOST + 1))
    coming = next(slot for slot in cadence.slots(max(after, now - world), zone) if moment(slot) > now)
    if not slots:
        return Dues(next_at=moment(coming))
    last, *earlier = slots
    late = now - max(last.at, moment(last))
    return Dues(
        slot=last,
        earlier=tuple(reversed(earlier)),
        next_at=moment(coming),
        too_late=late > schedule.grace,
    )


def making(connection: Connection, site: Site, cadence: Cadence) -> Callable[[Slot], datetime]:
    """Return what says when the issue for a time is made: before its first reader's hour, and to be approved ahead."""
    schedule = site.settings.schedule
    ahead = schedule.approve_ahead if schedule.approve else timedelta()
    if not schedule.local_hours:
        return lambda slot: slot.at - ahead
    first_hour = hours.earliest(connection, segment_of(connection, site, cadence.name))
    return lambda slot: first_hour(slot) - ahead


def rhythm_of(site: Site, cadence: Cadence) -> str:
    """Return what a rhythm is known by: with other times, or in another zone, it is a new one."""
    return " | ".join((*cadence.crons, site.settings.newsletter.timezone.key))


def upcoming(connection: Connection, site: Site, cadence: Cadence, now: datetime) -> Iterator[Slot]:
    """Yield the times that are still to be made, from now on; those that the author skips are left out."""
    zone = site.settings.newsletter.timezone
    for slot in cadence.slots(now, zone):
        if not calendar.is_settled(connection, cadence.name, slot.at):
            yield slot


def at_once(
    connection: Connection, site: Site, cadence: Cadence, scan: Scan, now: datetime
) -> datetime | None:
    """Return when the posts are due that have come since the last issue at once; None when there are none.

    That is when it has been quiet for a while, so that several posts make one mail. What a cancelled issue held is no
    news: it goes with what comes next.
    """
    quiet = site.settings.schedule.quiet
    reached = calendar.reached(connection, cadence.name, cancelled=True)
    above = max(reached or 0, register.baseline(connection))
    noticed = register.noticed(connection, above)
    moments = [
        noticed[post.id] for post in scan.posts if post.id in noticed and post.why_not_sendable(now) is None
    ]
    if not moments:
        return None
    return min(max(moments) + quiet, min(moments) + _PATIENCE * quiet)
