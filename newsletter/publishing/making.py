"""Making an issue: frozen and queued in one transaction, with what its readers were served written down."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection

from newsletter.cadence import Slot
from newsletter.content.post import Problem
from newsletter.content.reader import Scan
from newsletter.issues import calendar, freezing, register
from newsletter.issues.freezing import Issue
from newsletter.issues.rendering import Rendering
from newsletter.outbox import giving_back, queue
from newsletter.publishing import hours, passing
from newsletter.publishing.planning import Plan, plan_issue, why_empty
from newsletter.publishing.printing import mail_faults, refuse_faults, render_plan
from newsletter.site import Site
from subscribers import owed, segments


@dataclass(frozen=True, slots=True)
class Skipped:
    """No issue was made, and why."""

    reason: str


@dataclass(frozen=True, slots=True)
class Published:
    """An issue was frozen and its deliveries are queued; `problems` are what the author should still know."""

    issue: Issue
    problems: tuple[Problem, ...]
    renderings: tuple[Rendering, ...] = field(default=(), repr=False)  # that with the most readers first


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How an issue is made, where it differs from all that is new, now, for everybody."""

    slot: Slot | None = None  # the time that it is for
    local_hours: bool = False  # and that each reader's own clock is to show
    undo: timedelta = timedelta()
    held: str = ""  # why it waits for somebody's word
    only: Collection[str] | None = None  # of these posts
    include_existing: bool = False  # also of those that were there when the newsletter began


def publish(
    connection: Connection,
    site: Site,
    scan: Scan,
    *,
    cadence: str | None,
    now: datetime,
    terms: Terms = Terms(),
    render: Callable[..., list[Rendering]] = render_plan,
) -> Published | Skipped:
    """Queue the next issue if there is anything new for anybody; all of it, or nothing.

    Raises IssueRefused when what was written would make a bad mail.
    """
    freezing.take_turn(connection)
    if terms.include_existing:
        register.lift_baseline(connection)
    plan = plan_issue(connection, site, scan, cadence=cadence, now=now, only=terms.only)
    register.enter(connection, plan.numbering, now)
    if plan.draft is None:
        return _skip(connection, plan, terms, now)
    renderings = render(connection, site, plan, now=now)
    problems = tuple(problem for rendering in renderings for problem in rendering.problems)
    refuse_faults([*mail_faults(site), *problems])
    issue = freezing.freeze_issue(
        connection,
        number=freezing.next_number(connection),
        cadence=cadence,
        scheduled_for=terms.slot.at if terms.slot else None,
        subject=renderings[0].subject,
        last_post=plan.draft.last_post,
        note=plan.note,
        now=now,
        state="held" if terms.held else "open",
        reason=terms.held,
    )
    _enqueue(connection, issue, plan, renderings, terms)
    return Published(issue, tuple(dict.fromkeys(problems)), tuple(renderings))


def _skip(connection: Connection, plan: Plan, terms: Terms, now: datetime) -> Skipped:
    """Remember that nothing was made. Readers who follow nothing of what is new have been passed by it."""
    reason = why_empty(plan, named=terms.only is not None)
    last_post = None if terms.only is not None else plan.numbering.last
    if last_post is not None:
        passing.set_aside(connection, plan, last_post, now)
        passing.pass_by(connection, plan, plan.groups, last_post)
    calendar.record_skip(
        connection,
        cadence=plan.segment.cadence,
        scheduled_for=terms.slot.at if terms.slot else None,
        reason=reason,
        now=now,
        last_post=last_post,
    )
    return Skipped(reason)


def _enqueue(
    connection: Connection, issue: Issue, plan: Plan, renderings: Sequence[Rendering], terms: Terms
) -> None:
    assert plan.draft is not None, "there is something to send"
    passing.set_aside(connection, plan, issue.last_post, issue.created_at, only=terms.only)
    due_at = hours.due_at(
        connection, plan.segment, terms.slot, issue.created_at + terms.undo, terms.local_hours
    )
    for selection, rendering in zip(plan.draft.selections, renderings, strict=True):
        rendering_id = freezing.freeze_rendering(
            connection, rendering, kind="issue", issue_number=issue.number, now=issue.created_at
        )
        for group in selection.groups:
            readers = segments.audience(plan.segment, group=group).add_columns(due_at)
            queue.enqueue_issue(connection, issue.number, rendering_id, readers, served_before=group.served)
    passing.serve(connection, issue)
    if plan.segment.owed:
        owed.settle(connection, giving_back.made_for(issue.number), plan.draft.considered)
    passing.pass_by(connection, plan, plan.left_out, issue.last_post)
