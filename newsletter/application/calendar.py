"""The calendar of issues: what was sent and what was not, what is to come; and the author's word about it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Literal

from sqlalchemy import Connection

from newsletter.application import logs
from newsletter.application.opening import clock
from newsletter.application.sending import check_cadence
from newsletter.cadence import Cadence
from newsletter.errors import NewsletterError
from newsletter.issues import calendar, freezing
from newsletter.issues.freezing import Issue
from newsletter.outbox import enquiry, retention
from newsletter.scheduling import approving, dues
from newsletter.scheduling.simulating import Simulated
from newsletter.scheduling.simulating import simulate as simulate_between
from newsletter.site import Site
from subscribers.database import reading, writing

#: Days that one simulation may span.
_LONGEST = timedelta(days=3660)


@dataclass(frozen=True, slots=True)
class Entry:
    """One day's entry: an issue, or one that was or will not be made, and why; `readers` where it is known."""

    at: datetime
    cadence: str | None  # None: everybody
    kind: Literal["issue", "skipped", "missed", "ordered", "coming"]
    number: int | None
    words: str  # subject, or reason
    readers: int | None = None


def entries(site: Site, *, past: int, coming: int) -> list[Entry]:
    """Return the last entries of the calendar, and of every cadence so many that come."""
    now = clock()
    with reading(site.engine) as connection:
        gone = sorted((*_issues(connection), *_skips(connection)), key=lambda entry: entry.at)
        ahead = [entry for entry in gone if entry.at > now]
        gone = [entry for entry in gone if entry.at <= now]
        for cadence in site.settings.schedule.cadences.values():
            if not cadence.at_once:
                slots = islice(dues.upcoming(connection, site, cadence, now), coming)
                ahead += [Entry(slot.at, cadence.name, "coming", None, "") for slot in slots]
    return gone[len(gone) - past :] + sorted(ahead, key=lambda entry: entry.at)


def _issues(connection: Connection) -> Iterator[Entry]:
    for issue in freezing.all_issues(connection):
        words = issue.subject if issue.state == "open" else f"{issue.subject} ({issue.state}: {issue.reason})"
        readers = retention.counts(connection, issue.number).total
        at = issue.scheduled_for or issue.created_at
        yield Entry(at, issue.cadence, "issue", issue.number, words, readers)


def _skips(connection: Connection) -> Iterator[Entry]:
    for skip in calendar.all_skips(connection):
        kind: Literal["skipped", "missed", "ordered"] = (
            "missed" if skip.kind == "missed" else "ordered" if skip.kind == "ordered" else "skipped"
        )
        yield Entry(skip.scheduled_for or skip.skipped_at, skip.cadence, kind, None, skip.reason)


def due_at(connection: Connection, site: Site, cadence: Cadence, now: datetime) -> datetime:
    """Return when the next issue of a cadence is due: its next time that is not skipped; or when it has been quiet."""
    if not cadence.at_once:
        return next(dues.upcoming(connection, site, cadence, now)).at
    moment = dues.at_once(connection, site, cadence, site.content.scan(), now)
    return max(moment, now) if moment else now


def simulate(site: Site, first: date, last: date) -> list[Simulated]:
    """Return the issues that would go out from a day to another, both included. Raises NewsletterError."""
    if last < first:
        raise NewsletterError("The last day is before the first one.")
    if last - first > _LONGEST:
        raise NewsletterError("That are more than ten years.", remedy="Simulate a shorter time.")
    zone = site.settings.newsletter.timezone
    begin = datetime.combine(first, time(), zone)
    return simulate_between(site, begin, datetime.combine(last + timedelta(days=1), time(), zone))


def approve(site: Site, number: int) -> tuple[Issue, datetime | None]:
    """Let an issue go that waits for its author's word; return it, and when it goes (None: now).

    Raises NewsletterError.
    """
    now = clock()
    with writing(site.engine) as connection:
        issue = approving.approve(connection, number)
        due = enquiry.first_due(connection, number)
    logs.event("approved", issue=number)
    return issue, due if due is not None and due > now else None


def skip(site: Site, cadence: str | None) -> tuple[str, datetime]:
    """Let the next issue of a cadence not be made, whose posts go with the one after; return which it is.

    Raises NewsletterError.
    """
    rhythm, now = _rhythm(site, cadence), clock()
    with writing(site.engine) as connection:
        freezing.take_turn(connection)
        slot = next(dues.upcoming(connection, site, rhythm, now))
        calendar.record_skip(
            connection,
            cadence=rhythm.name,
            scheduled_for=slot.at,
            reason="you did not want it",
            now=now,
            kind="ordered",
        )
    logs.event("skip ordered", cadence=rhythm.name, scheduled_for=slot.at)
    return rhythm.name, slot.at


def unskip(site: Site, cadence: str | None) -> tuple[str, datetime]:
    """Take the last order to skip an issue back; return which cadence, and when it is. Raises NewsletterError."""
    rhythm, now = _rhythm(site, cadence), clock()
    with writing(site.engine) as connection:
        ordered = [
            skip.scheduled_for
            for skip in calendar.all_skips(connection)
            if (skip.cadence, skip.kind) == (rhythm.name, "ordered") and skip.scheduled_for
        ]
        moment = max((moment for moment in ordered if moment > now), default=None)
        if moment is None or not calendar.withdraw_skip(connection, rhythm.name, moment):
            raise NewsletterError(f"No {rhythm.name} issue to come is skipped.")
    logs.event("skip withdrawn", cadence=rhythm.name, scheduled_for=moment)
    return rhythm.name, moment


def _rhythm(site: Site, cadence: str | None) -> Cadence:
    check_cadence(site, cadence)
    schedule = site.settings.schedule
    rhythm = schedule.cadences[cadence or schedule.default]
    if rhythm.at_once:
        raise NewsletterError(
            f"Posts of {rhythm.name} go at once: there is no next issue that could be skipped.",
            remedy="A post that says `draft: true` or `newsletter: false` is not sent.",
        )
    return rhythm
