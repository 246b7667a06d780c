"""Planning an issue: who gets which posts of the folder as it is now. Nothing is written."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from newsletter.content.note import Note
from newsletter.content.reader import Scan
from newsletter.issues import freezing, register
from newsletter.issues.compiling import Draft, Selection, Verdict, compile_issue, explain
from newsletter.issues.register import Numbering
from newsletter.site import Site
from subscribers import owed, segments
from subscribers.segments import MOST_OWED, Group, Segment

#: Why there is no issue where there is nobody.
NO_READER = "no confirmed reader to send to"


@dataclass(frozen=True, slots=True)
class Plan:
    """What the next issue would be: nothing is written yet."""

    scan: Scan
    numbering: Numbering
    segment: Segment
    groups: tuple[Group, ...]
    draft: Draft | None
    note: Note | None

    @property
    def left_out(self) -> tuple[Group, ...]:
        """Readers who follow none of the posts."""
        selections = () if self.draft is None else self.draft.selections
        chosen = {group for selection in selections for group in selection.groups}
        return tuple(group for group in self.groups if group not in chosen)

    @property
    def readers(self) -> int:
        """Everybody whom an issue could be for, whether there is anything for them or not."""
        return sum(group.readers for group in self.groups)


def plan_issue(
    connection: Connection,
    site: Site,
    scan: Scan,
    *,
    cadence: str | None,
    now: datetime,
    only: Collection[str] | None = None,
) -> Plan:
    """Work out the next issue of a cadence (of all readers, without one), of these posts `only` if any are named."""
    numbering = register.number_posts(register.known_posts(connection), scan.posts, now)
    sendable = {numbering.numbers[post.id] for post in scan.posts if post.why_not_sendable(now) is None}
    waiting = tuple(number for number in owed.posts(connection) if number in sendable)
    segment = replace(segment_of(connection, site, cadence), at=now, owed=waiting[:MOST_OWED])
    groups = tuple(segments.groups(connection, segment))
    note = site.content.note()
    if note is not None and freezing.note_was_used(connection, note):
        note = None
    own = site.settings.newsletter.language
    draft = compile_issue(scan.posts, numbering, groups, now, only=only, language=own)
    return Plan(scan, numbering, segment, groups, draft, note)


def segment_of(connection: Connection, site: Site, cadence: str | None) -> Segment:
    """Return whom an issue of a cadence is for.

    Readers whose cadence is no longer on offer are with those of the default one: nobody is left behind.
    """
    schedule = site.settings.schedule
    if cadence is None or cadence != schedule.default:
        return Segment(cadence)
    return Segment(cadence, strays=segments.cadences(connection) - schedule.cadences.keys())


def preview_plan(
    connection: Connection, site: Site, scan: Scan, *, cadence: str | None, now: datetime
) -> Plan:
    """Work out what a preview shows: the next issue, or what a reader who came now would get of it."""
    plan = plan_issue(connection, site, scan, cadence=cadence, now=now)
    if plan.draft is not None:
        return plan
    settings = site.settings
    newcomer = Group(register.starting_number(connection, cadence), (), settings.newsletter.language, 0)
    draft = compile_issue(scan.posts, plan.numbering, [newcomer], now, language=newcomer.language)
    return replace(plan, draft=draft)


def sample_plan(plan: Plan, now: datetime) -> Plan:
    """Make a draft of the newest post that may be sent, for looking at templates when nothing is due."""
    sendable = [post for post in plan.scan.posts if post.why_not_sendable(now) is None]
    if not sendable:
        return plan
    newest = max(sendable, key=lambda post: (post.published_at or now, post.id))
    return replace(plan, draft=Draft((Selection((newest,), ()),), plan.numbering.last))


def foremost(plan: Plan, language: str = "") -> Plan:
    """Reduce a plan to the posts that most readers get, in a language if one is named: what a preview shows."""
    if plan.draft is None:
        return plan
    first = plan.draft.selections[0]
    chosen = replace(first, language=language or first.language)
    return replace(plan, draft=replace(plan.draft, selections=(chosen,)))


def verdicts(connection: Connection, plan: Plan, now: datetime) -> list[Verdict]:
    """Say for every post whether the next issue has it, and why or why not."""
    newcomer = Group(register.starting_number(connection, plan.segment.cadence), (), "", 0)
    groups = plan.groups or (newcomer,)
    return explain(plan.scan.posts, plan.numbering, groups, freezing.sent_in(connection), now)


def why_empty(plan: Plan, *, named: bool = False) -> str:
    """Say why there is no issue; `named`: of posts that were named."""
    if not plan.groups:
        return NO_READER
    if named:
        return "everybody who follows these posts has them"
    if any(plan.numbering.last > group.served or group.owed for group in plan.groups):
        return "no new post that a reader follows"
    return "no new posts"
