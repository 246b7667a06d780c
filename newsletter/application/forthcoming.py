"""What is to come: the next issues, a preview, a check of everything, a test mail."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from newsletter import preflight, publishing
from newsletter.application.opening import clock
from newsletter.application.sending import check_cadence, relay_of
from newsletter.content.post import Problem
from newsletter.errors import IssueRefused, NewsletterError, RelayUnavailable
from newsletter.issues import freezing, merge
from newsletter.issues.compiling import Verdict
from newsletter.issues.rendering import Rendering
from newsletter.outbox.letterhead import letterhead_of
from newsletter.outbox.message import Message, Reader, Template, compose, personal_values
from newsletter.preflight import Report
from newsletter.site import Site
from newsletter.transport.protocol import Reply
from newsletter.transport.smtp import SmtpTransport
from subscribers import keys
from subscribers.address import parse
from subscribers.database import reading
from subscribers.tokens import Tokens


@dataclass(frozen=True, slots=True)
class Forecast:
    """The next issue of one cadence."""

    cadence: str
    due_at: datetime
    readers: int
    verdicts: tuple[Verdict, ...]


@dataclass(frozen=True, slots=True)
class Preview:
    """The next issue as files; `size` is that of its HTML in bytes."""

    subject: str
    size: int
    files: tuple[Path, ...]
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Tested:
    """A test mail that the relay took."""

    address: str
    subject: str
    reply: Reply


def forecast(site: Site) -> tuple[list[Forecast], tuple[Problem, ...]]:
    """Say for each cadence what its next issue holds and when it is due; and what is wrong with the posts."""
    now = clock()
    scan = site.content.scan()
    forecasts = []
    with reading(site.engine) as connection:
        for name, cadence in site.settings.schedule.cadences.items():
            plan = publishing.plan_issue(connection, site, scan, cadence=name, now=now)
            verdicts = publishing.verdicts(connection, plan, now)
            due_at = cadence.next_due(now, site.settings.newsletter.timezone)
            readers = sum(group.readers for group in plan.groups)
            forecasts.append(Forecast(name, due_at, readers, tuple(verdicts)))
    return forecasts, scan.problems
