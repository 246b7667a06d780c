"""What an issue passes by, so that one number for each reader says what they had (law 1).

An issue serves its readers up to a post. Whatever of lower numbers was not considered for it (it had left the folder
just then, or others were named) must stay new to them: it gets a new number where no issue ever held it, and else is
owed to those who did not get it.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Connection, select, update

from newsletter.issues import register
from newsletter.issues.freezing import Issue
from newsletter.outbox.tables import deliveries
from newsletter.publishing.planning import Plan
from subscribers import owed, roster, segments
from subscribers.segments import Group
from subscribers.tables import subscribers


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


def serve(connection: Connection, issue: Issue) -> None:
    """Note that an issue serves those whom it was made for.

    Not simply the whole segment, and not whatever stands there: posts may be given back to a reader at this very
    moment, by who cancels a delivery or finds that it failed. Those are owed then.
    """
    theirs = (deliveries.c.issue_number == issue.number, subscribers.c.id == deliveries.c.subscriber_id)
    as_planned = subscribers.c.served == deliveries.c.served_before
    last = {"served": issue.last_post}
    connection.execute(
        update(subscribers).where(*theirs, as_planned, subscribers.c.served < issue.last_post).values(last)
    )
    if connection.dialect.name == "sqlite":  # its write transactions are one at a time
        return
    moved_back = (
        select(subscribers.c.id, subscribers.c.served, deliveries.c.served_before)
        .where(*theirs, subscribers.c.served < deliveries.c.served_before)
        .with_for_update(of=subscribers)
    )
    for reader, served, before in connection.execute(moved_back).all():
        this = subscribers.c.id == reader
        for number in register.between(connection, served, before):
            owed.owe(connection, select(subscribers.c.id).where(this), number)
        connection.execute(update(subscribers).where(this).values(last))


def pass_by(connection: Connection, plan: Plan, groups: Sequence[Group], last_post: int) -> None:
    """Serve readers who follow none of the posts: what they did not follow today does not come tomorrow."""
    for group in groups:
        readers = segments.audience(plan.segment, group=group)
        if group.owed:
            owed.settle(connection, readers, group.owed)
        if group.served < last_post:
            roster.serve_up_to(connection, readers, last_post)
