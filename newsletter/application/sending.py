"""Sending: make the next issue, deliver what is due, and report what became of it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from newsletter import publishing
from newsletter.application.opening import clock
from newsletter.content.post import Problem
from newsletter.errors import NewsletterError
from newsletter.issues import freezing, register
from newsletter.issues.freezing import Issue, Skip
from newsletter.outbox import queue, worker
from newsletter.outbox.composing import Composer
from newsletter.outbox.letterhead import letterhead_of
from newsletter.outbox.queue import Counts
from newsletter.outbox.signing import signer_of
from newsletter.outbox.worker import Summary
from newsletter.publishing import Skipped
from newsletter.settings import Settings
from newsletter.site import Site
from newsletter.transport.smtp import SmtpSettings, open_transport
from subscribers import keys
from subscribers.database import reading, writing


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


@dataclass(frozen=True, slots=True)
class Intention:
    """What a send would do, for the question that is asked first."""

    subject: str
    titles: tuple[str, ...]
    readers: int


@dataclass(frozen=True, slots=True)
class IssueReport:
    """A frozen issue and what became of it."""

    issue: Issue
    posts: tuple[str, ...]
    counts: Counts

    @property
    def status(self) -> str:
        """paused or cancelled by hand, else sending while anything is open, else sent."""
        if self.issue.state != "open":
            return self.issue.state
        return "sending" if self.counts.open else "sent"


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


def make_issue(site: Site, *, cadence: str | None, include_existing: bool) -> Sent:
    """Freeze the next issue and queue its deliveries; or take up the one whose delivery was interrupted.

    Raises NewsletterError for a cadence that is not on offer, IssueRefused for one that would be a bad mail, and
    SettingsError where it could not be signed.
    """
    check_cadence(site, cadence)
    signer_of(site.settings)  # a key that is missing stops an issue before it is made
    now = clock()
    with writing(site.engine) as connection:
        queue.recover(connection, now=now)
        if issue := unfinished(connection, now):
            return Sent(issue, True, None, queue.counts(connection, issue.number), ())
    scan = site.content.scan()
    with writing(site.engine) as connection:
        outcome = publishing.publish(
            connection, site, scan, cadence=cadence, now=now, include_existing=include_existing
        )
        if isinstance(outcome, Skipped):
            return Sent(None, False, outcome.reason, Counts(), scan.problems, _next_due(site, cadence, now))
        counts = queue.counts(connection, outcome.issue.number)
    problems = tuple(dict.fromkeys((*scan.problems, *outcome.problems)))
    return Sent(outcome.issue, False, None, counts, problems)


def deliver(site: Site, outcome: Sent, *, on_progress: Callable[[int], None] = lambda _done: None) -> Sent:
    """Hand over everything that is due, the issue's deliveries and whatever else waits; return what became of it."""
    summary = _work(site, on_progress=on_progress)
    if outcome.issue is None:
        return replace(outcome, stopped=summary.stopped)
    with reading(site.engine) as connection:
        counts = queue.counts(connection, outcome.issue.number)
    return replace(outcome, counts=counts, stopped=summary.stopped)


def deliver_notices(site: Site) -> NewsletterError | None:
    """Hand over the mail about subscriptions that is due, and no issue; return why it could not be, if so."""
    return _work(site, notices_only=True).stopped


def _work(
    site: Site, *, notices_only: bool = False, on_progress: Callable[[int], None] = lambda _done: None
) -> Summary:
    relay = relay_of(site.settings)
    with reading(site.engine) as connection:
        tokens = keys.tokens(connection)
    return worker.deliver(
        site.engine,
        open_transport=lambda: open_transport(relay),
        composer=Composer(site.engine, letterhead_of(site.settings), tokens, signer_of(site.settings)),
        now=clock,
        connections=site.settings.smtp.connections,
        rate=site.settings.smtp.rate,
        notices_only=notices_only,
        on_progress=on_progress,
    )


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


def issues(site: Site) -> list[IssueReport]:
    """Return every issue with its posts and counts, newest first."""
    with reading(site.engine) as connection:
        return [_report(connection, issue) for issue in freezing.all_issues(connection)]


def issue(site: Site, number: int) -> IssueReport:
    """Return one issue. Raises NewsletterError when there is none of that number."""
    with reading(site.engine) as connection:
        found = freezing.find_issue(connection, number)
        if found is None:
            raise NewsletterError(f"There is no issue {number}.", remedy="`newsletter issues` lists them.")
        return _report(connection, found)


def skips(site: Site) -> list[Skip]:
    """Return the issues that were not made, newest first."""
    with reading(site.engine) as connection:
        return freezing.all_skips(connection)


def _report(connection: Connection, found: Issue) -> IssueReport:
    posts = tuple(freezing.posts_of(connection, found.number))
    return IssueReport(found, posts, queue.counts(connection, found.number))


def relay_of(settings: Settings) -> SmtpSettings:
    """Return how the relay of these settings is reached."""
    smtp = settings.smtp
    return SmtpSettings(
        host=smtp.host,
        port=smtp.port,
        security=smtp.security,
        username=smtp.username,
        password=smtp.password,
        timeout=smtp.timeout,
        auth=smtp.auth,
        token_file=settings.smtp_token_file,
        pipeline=smtp.pipeline,
    )
