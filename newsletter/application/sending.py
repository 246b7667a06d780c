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
from newsletter.outbox import queue
from newsletter.outbox.queue import Counts
from newsletter.publishing import Skipped
from newsletter.site import Site
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
