"""From posts to a queued issue: the way of one post, as a table of contents."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from newsletter.content.note import Note
from newsletter.content.post import Manuscript, Problem
from newsletter.content.reader import Scan
from newsletter.errors import IssueRefused
from newsletter.issues import freezing, register
from newsletter.issues.compiling import Draft, Selection, Verdict, compile_issue, explain
from newsletter.issues.freezing import Issue
from newsletter.issues.register import Numbering
from newsletter.issues.rendering import Masthead, Rendering, render_issue
from newsletter.outbox import giving_back, queue
from newsletter.preflight.judging import judge
from newsletter.preflight.mail import Mail
from newsletter.site import Site
from subscribers import roster, segments
from subscribers.segments import Group, Segment


@dataclass(frozen=True, slots=True)
class Plan:
    """What the next issue would be: nothing is written yet."""

    scan: Scan
    numbering: Numbering
    groups: tuple[Group, ...]
    draft: Draft | None
    note: Note | None

    @property
    def left_out(self) -> tuple[Group, ...]:
        """Readers who follow none of the posts."""
        selections = () if self.draft is None else self.draft.selections
        chosen = {group for selection in selections for group in selection.groups}
        return tuple(group for group in self.groups if group not in chosen)


@dataclass(frozen=True, slots=True)
class Skipped:
    """No issue was made, and why."""

    reason: str


@dataclass(frozen=True, slots=True)
class Published:
    """An issue was frozen and its deliveries are queued; `problems` are what the author should still know."""

    issue: Issue
    problems: tuple[Problem, ...]


def publish(
    connection: Connection,
    site: Site,
    scan: Scan,
    *,
    cadence: str | None,
    now: datetime,
    scheduled_for: datetime | None = None,
    include_existing: bool = False,
    undo: timedelta = timedelta(),
) -> Published | Skipped:
    """Queue the next issue if there is anything new for anybody; all of it, or nothing. It is due after `undo`.

    Raises IssueRefused when what was written would make a bad mail.
    """
    freezing.take_turn(connection)
    if include_existing:
        register.lift_baseline(connection)
    plan = plan_issue(connection, site, scan, cadence=cadence, now=now)
    register.enter(connection, plan.numbering, now)
    if plan.draft is None:
        reason = why_empty(plan)
        freezing.record_skip(connection, cadence=cadence, scheduled_for=scheduled_for, reason=reason, now=now)
        return Skipped(reason)
    renderings = render_plan(connection, site, plan, now=now)
    problems = tuple(problem for rendering in renderings for problem in rendering.problems)
    refuse_faults([*mail_faults(site), *problems])
    issue = freezing.freeze_issue(
        connection,
        number=freezing.next_number(connection),
        cadence=cadence,
        scheduled_for=scheduled_for,
        subject=renderings[0].subject,
        last_post=plan.draft.last_post,
        note=plan.note,
        now=now,
    )
    _enqueue(connection, issue, plan, renderings, now + undo)
    return Published(issue, tuple(dict.fromkeys(problems)))


def _enqueue(
    connection: Connection, issue: Issue, plan: Plan, renderings: Sequence[Rendering], due_at: datetime
) -> None:
    assert plan.draft is not None, "there is something to send"
    segment = Segment(issue.cadence)
    for selection, rendering in zip(plan.draft.selections, renderings, strict=True):
        rendering_id = freezing.freeze_rendering(
            connection, rendering, kind="issue", issue_number=issue.number, now=issue.created_at
        )
        for group in selection.groups:
            readers = segments.audience(segment, group=group)
            queue.enqueue_issue(
                connection, issue.number, rendering_id, readers, due_at=due_at, served_before=group.served
            )
    # Not simply the whole segment: posts may be given back to a reader just now, and are not served by this issue.
    roster.serve_up_to(connection, giving_back.made_for(issue.number), issue.last_post)
    for group in plan.left_out:
        roster.serve_up_to(connection, segments.audience(segment, group=group), issue.last_post)


def plan_issue(connection: Connection, site: Site, scan: Scan, *, cadence: str | None, now: datetime) -> Plan:
    """Work out the next issue of a cadence (of all readers, without one) and write nothing."""
    numbering = register.number_posts(register.known_posts(connection), scan.posts, now)
    groups = tuple(segments.groups(connection, Segment(cadence)))
    note = site.content.note()
    if note is not None and freezing.note_was_used(connection, note):
        note = None
    return Plan(scan, numbering, groups, compile_issue(scan.posts, numbering, groups, now), note)


def preview_plan(
    connection: Connection, site: Site, scan: Scan, *, cadence: str | None, now: datetime
) -> Plan:
    """Work out what a preview shows: the next issue, or what a reader who came now would get of it."""
    plan = plan_issue(connection, site, scan, cadence=cadence, now=now)
    if plan.draft is not None:
        return plan
    settings = site.settings
    newcomer = Group(register.starting_number(connection), (), settings.newsletter.language, 0)
    draft = compile_issue(scan.posts, plan.numbering, [newcomer], now)
    return replace(plan, draft=draft)


def sample_plan(plan: Plan, now: datetime) -> Plan:
    """Make a draft of the newest post that may be sent, for looking at templates when nothing is due."""
    sendable = [post for post in plan.scan.posts if post.why_not_sendable(now) is None]
    if not sendable:
        return plan
    newest = max(sendable, key=lambda post: (post.published_at or now, post.id))
    return replace(plan, draft=Draft((Selection((newest,), ()),), plan.numbering.last))


def render_plan(connection: Connection, site: Site, plan: Plan, *, now: datetime) -> list[Rendering]:
    """Render every selection of a draft, the one with the most readers first."""
    assert plan.draft is not None, "there is something to render"
    masthead = masthead_of(site, number=freezing.next_number(connection), now=now)
    manuscripts: dict[str, Manuscript] = {}
    for selection in plan.draft.selections:
        for post in selection.posts:
            if post.id not in manuscripts:
                manuscripts[post.id] = site.content.load(post)
    return [
        render_selection(site, selection, manuscripts, masthead, plan.note)
        for selection in plan.draft.selections
    ]


def render_selection(
    site: Site,
    selection: Selection,
    manuscripts: dict[str, Manuscript],
    masthead: Masthead,
    note: Note | None,
) -> Rendering:
    """Render one set of posts, and look at it as a whole."""
    chosen = [manuscripts[post.id] for post in selection.posts]
    rendering = render_issue(
        chosen,
        masthead,
        site.templates,
        body="full" if site.settings.content.body == "full" else "summary",
        note=note,
    )
    mail = Mail(rendering, chosen, masthead.language)
    return replace(rendering, problems=judge(mail, silenced=site.settings.check.silence))


def masthead_of(site: Site, *, number: int | None, now: datetime) -> Masthead:
    """Say who publishes, for the templates."""
    own = site.settings.newsletter
    return Masthead(
        title=own.title,
        url=own.url,
        sender=own.sender.name or own.title,
        postal_address=own.postal_address,
        language=own.language,
        archive_url=f"{own.url}/archive",
        number=number,
        date=now.astimezone(own.timezone),
    )


def verdicts(connection: Connection, plan: Plan, now: datetime) -> list[Verdict]:
    """Say for every post whether the next issue has it, and why or why not."""
    groups = plan.groups or (Group(register.starting_number(connection), (), "", 0),)
    return explain(plan.scan.posts, plan.numbering, groups, freezing.sent_in(connection), now)


def why_empty(plan: Plan) -> str:
    """Say why there is no issue."""
    if not plan.groups:
        return "no confirmed reader to send to"
    if any(plan.numbering.last > group.served for group in plan.groups):
        return "no new post that a reader follows"
    return "no new posts"


def mail_faults(site: Site) -> list[Problem]:
    """Return what the settings lack for a lawful mail."""
    if site.settings.newsletter.postal_address:
        return []
    return [
        Problem(
            path="newsletter.toml",
            line=None,
            kind="postal-address",
            message="[newsletter] postal_address is missing, and no issue may be sent without one",
            remedy='add postal_address = "…" (a street, a PO box or a registered mailbox)',
            severity="error",
        )
    ]


def refuse_faults(problems: Iterable[Problem]) -> None:
    """Raise IssueRefused when any of these problems is an error."""
    faults = [problem for problem in problems if problem.severity == "error"]
    if faults:
        raise IssueRefused("The issue was not made:\n" + "\n".join(f"  {fault}" for fault in faults))
