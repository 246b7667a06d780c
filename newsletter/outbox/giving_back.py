"""Giving back: posts whose delivery did not come off are new to their reader again (law 1).

Freezing an issue moves its readers' `served` on. A delivery that is cancelled, or fails, moves its reader's back,
once. Where a later issue was made for the reader meanwhile, that one stands on what was served then: it can only be
left to it, which matters should it not come off either.
"""

from collections.abc import Callable, Iterator

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Select,
    Update,
    and_,
    exists,
    func,
    or_,
    select,
    update,
)

from newsletter.issues.tables import issues
from newsletter.outbox.tables import deliveries
from subscribers.tables import subscribers

#: A condition on deliveries, under whatever name a statement calls them.
Which = Callable[[FromClause], ColumnElement[bool]]


def made_for(issue_number: int) -> Select[int]:
    """Return a query for the ids of the readers whom an issue serves."""
    return select(deliveries.c.subscriber_id).where(deliveries.c.issue_number == issue_number)


def give_back(connection: Connection, which: Which) -> tuple[int, int]:
    """Make the posts of deliveries that did not come off new to their readers again.

    Return for how many readers, and for how many it is too late: a later issue has been made for them.
    """
    hand_on, move_back, note = statements(which)
    connection.execute(hand_on)
    returned = connection.execute(move_back).rowcount
    late = connection.scalar(
        select(func.count()).where(which(deliveries), _did_not_come_off(deliveries), _was_served_since())
    )
    connection.execute(note)
    return returned, late or 0


def statements(which: Which) -> Iterator[Update]:
    """Yield what makes the posts of deliveries new again, to be executed in this order, in one transaction.

    Deliveries that came off, or were given back before, are passed over.
    """
    ended = deliveries.alias("ended")
    yield (
        update(deliveries)
        .where(which(ended), _did_not_come_off(ended), issues.c.number == ended.c.issue_number)
        .where(deliveries.c.subscriber_id == ended.c.subscriber_id)
        .where(deliveries.c.issue_number > ended.c.issue_number)
        .where(deliveries.c.served_before == issues.c.last_post)
        .values(served_before=ended.c.served_before)
    )
    yield (
        update(subscribers)
        .where(which(deliveries), _did_not_come_off(deliveries), issues.c.number == deliveries.c.issue_number)
        .where(subscribers.c.id == deliveries.c.subscriber_id)
        .where(subscribers.c.served == issues.c.last_post)
        .values(served=deliveries.c.served_before)
    )
    # once only: a next issue may reach up to the very same post
    yield (
        update(deliveries).where(which(deliveries), _did_not_come_off(deliveries)).values(served_before=None)
    )


def _did_not_come_off(table: FromClause) -> ColumnElement[bool]:
    ended = or_(table.c.status == "cancelled", table.c.status == "failed")
    return and_(ended, table.c.served_before.is_not(None))


def _was_served_since() -> ColumnElement[bool]:
    """A later issue was made for the reader, who is still one."""
    its_last_post = select(issues.c.last_post).where(issues.c.number == deliveries.c.issue_number)
    return (
        exists()
        .where(subscribers.c.id == deliveries.c.subscriber_id, subscribers.c.status == "confirmed")
        .where(subscribers.c.served > its_last_post.correlate(deliveries).scalar_subquery())
        .correlate(deliveries)
    )
