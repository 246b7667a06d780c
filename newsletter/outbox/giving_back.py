"""Giving back: posts whose delivery did not come off are new to their reader again (law 1).

Freezing an issue moves its readers' `served` on. A delivery that is cancelled, or fails, moves its reader's back,
once. Where a later issue was made for the reader meanwhile, the number stays, and the posts are owed.
"""

from collections.abc import Callable, Iterator

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Insert,
    Select,
    Update,
    and_,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql

from newsletter.issues.tables import issues, posts, rendering_posts
from newsletter.outbox.tables import deliveries
from subscribers.tables import owed, subscribers

#: A condition on deliveries, under whatever name a statement calls them.
Which = Callable[[FromClause], ColumnElement[bool]]


def made_for(issue_number: int) -> Select[int]:
    """Return a query for the ids of the readers whom an issue serves."""
    return select(deliveries.c.subscriber_id).where(deliveries.c.issue_number == issue_number)


def give_back(connection: Connection, which: Which) -> int:
    """Make the posts of deliveries that did not come off new to their readers again; return to how many.

    Only readers count who are still confirmed: the others would get no issue.
    """
    is_reader = and_(subscribers.c.id == deliveries.c.subscriber_id, subscribers.c.status == "confirmed")
    query = select(func.count()).select_from(deliveries.join(subscribers, is_reader))
    returned = connection.scalar(query.where(which(deliveries), _did_not_come_off(deliveries)))
    for statement in statements(which):
        connection.execute(statement)
    return returned or 0


def statements(which: Which) -> Iterator[Update | Insert]:
    """Yield what makes the posts of deliveries new again, to be executed in this order, in one transaction.

    Deliveries that came off, or were given back before, are passed over.
    """
    yield (
        update(subscribers)
        .where(which(deliveries), _did_not_come_off(deliveries), issues.c.number == deliveries.c.issue_number)
        .where(subscribers.c.id == deliveries.c.subscriber_id)
        .where(subscribers.c.served == issues.c.last_post)
        .values(served=deliveries.c.served_before)
    )
    passed = (
        select(posts.c.number, deliveries.c.subscriber_id)
        .join(rendering_posts, rendering_posts.c.rendering_id == deliveries.c.rendering_id)
        .join(posts, posts.c.identity == rendering_posts.c.identity)
        .join(subscribers, subscribers.c.id == deliveries.c.subscriber_id)
        .where(which(deliveries), _did_not_come_off(deliveries), posts.c.number <= subscribers.c.served)
    )
    # both dialects write this in the same words
    unless_there = postgresql.insert(owed).from_select(["post", "subscriber_id"], passed)
    yield unless_there.on_conflict_do_nothing()
    # once only: a next issue may reach up to the very same post
    yield (
        update(deliveries).where(which(deliveries), _did_not_come_off(deliveries)).values(served_before=None)
    )


def _did_not_come_off(table: FromClause) -> ColumnElement[bool]:
    ended = or_(table.c.status == "cancelled", table.c.status == "failed")
    return and_(ended, table.c.served_before.is_not(None))
