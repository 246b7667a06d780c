"""Sending: make the next issue, let it be undone for a while, and deliver what is due."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from difflib import get_close_matches
from math import ceil
from time import sleep

from sqlalchemy import Connection

from newsletter import publishing
from newsletter.application import delivering, logs
from newsletter.application.opening import clock
from newsletter.application.progress import Progress
from newsletter.content.post import Problem
from newsletter.content.reader import Scan
from newsletter.errors import NewsletterError, RelayUnavailable
from newsletter.issues import freezing, register
from newsletter.issues.freezing import Issue
from newsletter.outbox import cancelling, queue
from newsletter.outbox.messages.signing import signer_of
from newsletter.outbox.queue import Counts
from newsletter.publishing import Skipped, Terms
from newsletter.scheduling import announcing
from newsletter.scheduling.ticking import WAITS
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
class Wish:
    """What a send is to be: for whom, and of which posts (by id or path; none named: all that are new)."""

    cadence: str | None = None
    posts: tuple[str, ...] = ()
    include_existing: bool = False
    undo: int | None = None  # seconds; None: as many as the settings say
    hold: bool = False  # until it is approved

    @property
    def takes_up(self) -> bool:
        """Whether it goes on with an issue whose delivery was interrupted, instead of making one."""
        return not (self.posts or self.hold)


@dataclass(frozen=True, slots=True)
class Intention:
    """What a send would do, for the question that is asked first; `others`: renderings that differ from this one."""

    subject: str
    titles: tuple[str, ...]
    readers: int
    others: int = 0


def intention(site: Site, wish: Wish) -> Intention | str:
    """Return what a send would make, or why it would make nothing. Raises as :func:`make_issue` does."""
    check_cadence(site, wish.cadence)
    now, scan = clock(), site.content.scan()
    only = _named(scan, wish.posts, now)
    with writing(site.engine) as connection:
        if wish.takes_up and (issue := unfinished(connection, now)):
            return f"issue {issue.number} is not finished, and goes on first"
        if wish.include_existing:
            register.lift_baseline(connection)
        plan = publishing.plan_issue(connection, site, scan, cadence=wish.cadence, now=now, only=only)
        found = [] if plan.draft is None else publishing.render_plan(connection, site, plan, now=now)
        connection.rollback()  # a question changes nothing
    if plan.draft is None:
        return publishing.why_empty(plan, named=only is not None)
    titles = tuple(post.title for post in found[0].posts)
    return Intention(found[0].subject, titles, plan.draft.readers, len(found) - 1)


def make_issue(site: Site, wish: Wish) -> Sent:
    """Freeze the next issue and queue its deliveries; or take up the one whose delivery was interrupted.

    Raises NewsletterError for a cadence that is not on offer or a post that may not be sent, IssueRefused for an issue
    that would be a bad mail, and SettingsError where it could not be signed.
    """
    check_cadence(site, wish.cadence)
    signer_of(site.settings)  # a key that is missing stops an issue before it is made
    now = clock()
    cancelling.finish(site.engine, now)
    with writing(site.engine) as connection:
        queue.recover(connection, now=now, resend=delivering.sends_again(site))
        if wish.takes_up and (issue := unfinished(connection, now)):
            return Sent(issue, True, None, queue.counts(connection, issue.number), ())
    scan, now = site.content.scan(), clock()  # looking through a large folder takes its time
    terms, found = _terms(site, wish, _named(scan, wish.posts, now)), publishing.folder_problems(site, scan)
    with writing(site.engine) as connection:
        outcome = publishing.publish(connection, site, scan, cadence=wish.cadence, now=now, terms=terms)
        if isinstance(outcome, Skipped):
            due = _next_due(site, wish.cadence, now)
            return Sent(None, False, outcome.reason, Counts(), found, due)
        if wish.hold:
            announcing.announce(connection, site, outcome, now)
        counts = queue.counts(connection, outcome.issue.number)
    logs.event(
        "issue frozen", issue=outcome.issue.number, subject=outcome.issue.subject, readers=counts.total
    )
    problems = tuple(dict.fromkeys((*found, *outcome.problems)))
    return Sent(outcome.issue, False, None, counts, problems, due_at=now + terms.undo if terms.undo else None)


def _terms(site: Site, wish: Wish, only: frozenset[str] | None) -> Terms:
    schedule = site.settings.schedule
    undo = schedule.undo_window if wish.undo is None else timedelta(seconds=wish.undo)
    return Terms(
        undo=undo, only=only, include_existing=wish.include_existing, held=WAITS if wish.hold else ""
    )


def _named(scan: Scan, names: Sequence[str], now: datetime) -> frozenset[str] | None:
    """Return the identities of posts that were named by id or path. Raises NewsletterError for what cannot be sent."""
    if not names:
        return None
    by_name = {post.path: post for post in scan.posts} | {post.id: post for post in scan.posts}
    if unknown := [name for name in names if name not in by_name]:
        close = get_close_matches(unknown[0], by_name, n=3)
        raise NewsletterError(
            f"There is no post {unknown[0]}.",
            remedy=f"Did you mean {', '.join(close)}?" if close else "`newsletter next --all` lists them.",
        )
    for name in names:
        if reason := by_name[name].why_not_sendable(now):
            raise NewsletterError(f"{name} may not be sent: {reason}.")
    return frozenset(by_name[name].id for name in names)


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
    if issue.state == "held":
        return NewsletterError(
            f"Issue {issue.number} waits for approval.",
            remedy=f"`newsletter approve {issue.number}` lets it go, `newsletter cancel {issue.number}` does not.",
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
