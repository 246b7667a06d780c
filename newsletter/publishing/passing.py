"""What an issue passes by, so that one number for each reader says what they had (law 1).

An issue serves its readers up to a post. Whatever of lower numbers was not considered for it (it had left the folder
just then, or others were named) must stay new to them: it gets a new number where no issue ever held it, and else is
owed to those who did not get it.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Connection

from newsletter.issues import register
from newsletter.publishing.planning import Plan
from subscribers import owed, roster, segments
from subscribers.segments import Group


def set_aside(
    connection: Connection, plan: Plan, last_post: int, now: datetime, *, only: Collection[str] | None = None
) -> None:
    """Keep the posts new to the readers of a plan that are not considered although an issue serves beyond them."""
    considered = {
        post.id
        for post in plan.scan.posts
        if post.why_not_sendable(now) is None and (only is None or post.id in only)
    }
    least = min((group.served for group in plan.groups), default=last_post)
    passed = [
        number
        for identity, number in plan.numbering.numbers.items()
        if least < number <= last_post and identity not in considered
    ]
    held = register.in_an_issue(connection, passed)
    register.renumber(connection, [number for number in passed if number not in held])
    for number in held:
        owed.owe(connection, segments.served_below(plan.segment, number), number)


def pass_by(connection: Connection, plan: Plan, groups: Sequence[Group], last_post: int) -> None:
    """Serve readers who follow none of the posts: what they did not follow today does not come tomorrow."""
    for group in groups:
        readers = segments.audience(plan.segment, group=group)
        if group.owed:
            owed.settle(connection, readers, group.owed)
        if group.served < last_post:
            roster.serve_up_to(connection, readers, last_post)
