"""Reporting: what was sent, how it stands, and what the relay said."""

from dataclasses import dataclass

from sqlalchemy import Connection

from newsletter.application.opening import clock
from newsletter.issues import calendar, freezing
from newsletter.issues.calendar import Skip
from newsletter.issues.freezing import Issue
from newsletter.outbox import enquiry, retention, steering
from newsletter.outbox.enquiry import Replies, Waiting
from newsletter.outbox.queue import Counts
from newsletter.outbox.steering import Doubtful
from newsletter.site import Site
from subscribers.database import reading


@dataclass(frozen=True, slots=True)
class IssueReport:
    """A frozen issue and what became of it."""

    issue: Issue
    posts: tuple[str, ...]
    counts: Counts

    @property
    def status(self) -> str:
        """paused or cancelled, else sending while anything is open, else sent."""
        if self.issue.state != "open":
            return self.issue.state
        return "sending" if self.counts.open else "sent"


@dataclass(frozen=True, slots=True)
class Details:
    """What is in doubt of an issue, and what the relay said; of `past` deliveries only how they ended is kept."""

    doubtful: tuple[Doubtful, ...]
    replies: Replies
    past: int


def issues(site: Site) -> list[IssueReport]:
    """Return every issue with its posts and counts, newest first."""
    with reading(site.engine) as connection:
        return [_report(connection, issue) for issue in freezing.all_issues(connection)]


def issue(site: Site, number: int) -> IssueReport:
    """Return one issue. Raises NewsletterError when there is none of that number."""
    with reading(site.engine) as connection:
        return _report(connection, freezing.get_issue(connection, number))


def details(site: Site, number: int) -> Details:
    """Return what is in doubt of an issue, and what the relay said of it."""
    with reading(site.engine) as connection:
        doubtful = tuple(steering.in_doubt(connection, number))
        past = retention.past(connection, number).total()
        return Details(doubtful, enquiry.replies(connection, number), past)


def waiting(site: Site) -> list[Waiting]:
    """Return the issues of which something is queued, oldest first; cancelled ones do not count."""
    with reading(site.engine) as connection:
        return enquiry.waiting(connection, clock())


def skips(site: Site) -> list[Skip]:
    """Return the issues that were not made, newest first."""
    with reading(site.engine) as connection:
        return calendar.all_skips(connection)


def _report(connection: Connection, found: Issue) -> IssueReport:
    posts = tuple(freezing.posts_of(connection, found.number))
    return IssueReport(found, posts, retention.counts(connection, found.number))
