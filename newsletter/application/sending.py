"""Sending: make the next issue, let it be undone for a while, and deliver what is due."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import ceil
from time import sleep

from sqlalchemy import Connection

from newsletter import publishing
from newsletter.application import delivering, logs
from newsletter.application.opening import clock
from newsletter.application.progress import Progress
from newsletter.content.post import Problem
from newsletter.errors import NewsletterError, RelayUnavailable
from newsletter.issues import freezing, register
from newsletter.issues.freezing import Issue
from newsletter.outbox import cancelling, queue
from newsletter.outbox.queue import Counts
from newsletter.outbox.signing import signer_of
from newsletter.publishing import Skipped, Terms
from newsletter.site import Site
from subscribers.database import reading, writing

#: Seconds between two looks whether somebody has stopped an issue that waits.
_PEEK = 0.5


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of a send."""

    issue: Issue | None
    continued: bool  # the issue was made earlier, and its delivery was interrupted
    skipped: str | None
    counts: Counts
    problems: tuple[Problem, ...]
    next_due: tuple[tuple[str, datetime], ...] = ()
    stopped: NewsletterError | None = None
    due_at: datetime | None = None  # until then it can be undone


@dataclass(frozen=True, slots=True)
class Intention:
    """What a send would do, for the question that is asked first."""

    subject: str
    titles: tuple[str, ...]
    readers: int


def intention(site: Site, *, cadence: str | None, include_existing: bool) -> Intention | None:
    """Return what a send would make, or None when it would make nothing or goes on with an earlier issue."""
    check_cadence(site, cadence)
    now, scan = clock(), site.content.scan()
    with writing(site.engine) as connection:
        if unfinished(connection, now) is not None:
            return None
        if include_existing:
            register.lift_baseline(connection)
        plan = publishing.plan_issue(connection, site, scan, cadence=cadence, now=now)
        rendering = None if plan.draft is None else publishing.render_plan(connection, site, plan, now=now)[0]
        readers = 0 if plan.draft is None else plan.draft.readers
        connection.rollback()  # a question changes nothing
    if rendering is None:
        return None
    return Intention(rendering.subject, tuple(post.title for post in rendering.posts), readers)


def make_issue(site: Site, *, cadence: str | None, include_existing: bool, undo: int | None = None) -> Sent:
    """Freeze the next issue and queue its deliveries; or take up the one whose delivery was interrupted.

    It is due after `undo` seconds, else after as many as the settings say. Raises NewsletterError for a cadence that
    is not on offer, IssueRefused for one that would be a bad mail, and SettingsError where it could not be signed.
    """
    check_cadence(site, cadence)
    signer_of(site.settings)  # a key that is missing stops an issue before it is made
    now = clock()
    cancelling.finish(site.engine, now)
    with writing(site.engine) as connection:
        queue.recover(connection, now=now, resend=delivering.sends_again(site))
        if issue := unfinished(connection, now):
            return Sent(issue, True, None, queue.counts(connection, issue.number), ())
    scan, now = site.content.scan(), clock()  # looking through a large folder takes its time
    window = timedelta(seconds=site.settings.schedule.undo if undo is None else undo)
    with writing(site.engine) as connection:
        outcome = publishing.publish(
            connection,
            site,
            scan,
            cadence=cadence,
            now=now,
            terms=Terms(undo=window, include_existing=include_existing),
        )
        if isinstance(outcome, Skipped):
            return Sent(None, False, outcome.reason, Counts(), scan.problems, _next_due(site, cadence, now))
        counts = queue.counts(connection, outcome.issue.number)
    logs.event(
        "issue frozen", issue=outcome.issue.number, subject=outcome.issue.subject, readers=counts.total
    )
    problems = tuple(dict.fromkeys((*scan.problems, *outcome.problems)))
    return Sent(outcome.issue, False, None, counts, problems, due_at=now + window if window else None)


def undo_window(site: Site, outcome: Sent) -> Iterator[int]:
    """Wait until an issue may go out, and yield the seconds that are left while it can be undone.

    It ends early when somebody has stopped the issue meanwhile.
    """
    while outcome.due_at is not None and outcome.issue is not None:
        left = (outcome.due_at - clock()).total_seconds()
        with reading(site.engine) as connection:
            state = freezing.get_issue(connection, outcome.issue.number).state
        if left <= 0 or state != "open":
            break
        yield ceil(left)
        sleep(min(left, _PEEK))


def undone(number: int) -> NewsletterError:
    """Return what to say of an issue that was cancelled before it went out."""
    return NewsletterError(f"Issue {number} is cancelled.", remedy="Its posts come with the next issue.")


def deliver(site: Site, outcome: Sent, *, on_progress: Callable[[int], None] | None = None) -> Sent:
    """Hand over everything that is due, the issue's deliveries and whatever else waits; return what became of it.

    `on_progress` is told how many of the issue's deliveries have come to an end since it was last told.
    """
    if outcome.issue is None:
        return replace(outcome, stopped=_tell(delivering.deliver(site).stopped))
    number = outcome.issue.number
    progress = Progress(site, number, outcome.counts, on_progress)
    stopped = _tell(delivering.deliver(site, on_progress=progress.add).stopped)
    with reading(site.engine) as connection:
        issue, counts = freezing.get_issue(connection, number), queue.counts(connection, number)
    progress.correct(counts)
    return replace(outcome, issue=issue, counts=counts, stopped=stopped or _stopped_by_hand(issue, counts))


def _tell(stopped: NewsletterError | None) -> NewsletterError | None:
    if isinstance(stopped, RelayUnavailable):
        logs.trouble("relay unavailable", reason=stopped.message)
    return stopped


def _stopped_by_hand(issue: Issue, counts: Counts) -> NewsletterError | None:
    """Return what to say of an issue that somebody has paused or cancelled."""
    if issue.state == "cancelled":
        return NewsletterError(
            f"Issue {issue.number} is cancelled: {issue.reason}.",
            remedy="Its posts come with the next issue, for everybody who did not get it.",
        )
    if issue.state == "paused" and counts.open:
        return NewsletterError(
            f"Issue {issue.number} is paused: {issue.reason}.",
            remedy=f"`newsletter resume {issue.number}` lets it go on.",
        )
    return None


def check_cadence(site: Site, cadence: str | None) -> None:
    """Raise NewsletterError when a cadence is named that is not on offer."""
    on_offer = site.settings.schedule.cadences
    if cadence is not None and cadence not in on_offer:
        raise NewsletterError(f"{cadence!r} is no cadence.", remedy=f"On offer: {', '.join(on_offer)}.")


def unfinished(connection: Connection, now: datetime) -> Issue | None:
    """Return the oldest issue with deliveries that could go out now, or None."""
    number = queue.first_open_issue(connection, now)
    return None if number is None else freezing.find_issue(connection, number)


def _next_due(site: Site, cadence: str | None, now: datetime) -> tuple[tuple[str, datetime], ...]:
    cadences = site.settings.schedule.cadences
    names = [cadence] if cadence else list(cadences)
    return tuple((name, cadences[name].next_due(now, site.settings.newsletter.timezone)) for name in names)
