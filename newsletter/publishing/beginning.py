"""Where a new reader begins: with the posts of the running period, which their first issue brings."""

from datetime import datetime

from sqlalchemy import Connection

from newsletter.issues import register
from newsletter.site import Site


def starting_number(connection: Connection, site: Site, cadence: str, *, now: datetime) -> int:
    """Return the number that a new reader of a cadence counts as served up to.

    The running period began with the last issue that was for such readers, or that would have been and was skipped.
    Where there was none yet, it began when the last would have been due.
    """
    return register.starting_number(connection, cadence, period_began=_began(site, cadence, now))


def _began(site: Site, cadence: str, now: datetime) -> datetime:
    schedule = site.settings.schedule
    rhythm = schedule.cadences.get(cadence)
    if rhythm is None:  # no longer on offer
        return now
    if rhythm.at_once:
        return now - schedule.quiet
    return rhythm.last_slot(now, site.settings.newsletter.timezone).at
