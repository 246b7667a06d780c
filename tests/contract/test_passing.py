"""What an issue passes by while others change what a reader was served, on PostgreSQL, where two write at once."""

from datetime import datetime

from sqlalchemy import Engine, insert, select, update

from newsletter.issues import freezing, tables
from newsletter.outbox import queue
from newsletter.publishing import passing
from subscribers.database import writing
from subscribers.segments import Segment, audience
from subscribers.tables import owed, subscribers
from tests.issues import add_readers, freeze


def test_posts_that_are_given_back_while_an_issue_is_frozen(postgres_engine: Engine, now: datetime) -> None:
    """A delivery fails between the making of a reader's next one and the noting of it: its posts are owed."""
    with writing(postgres_engine) as connection:
        add_readers(connection, 2, now)
        connection.execute(update(subscribers).values(served=7))
        for number in range(4, 10):
            facts = {"identity": f"p{number}", "title": "", "path": "", "body_hash": ""}
            times = {"published_at": now, "first_seen_at": now}
            connection.execute(insert(tables.posts).values(number=number, **facts, **times))
        rendering = freeze(connection, now, number=4)
        connection.execute(update(tables.issues).values(last_post=9))
        queue.enqueue_issue(connection, 4, rendering, audience(Segment()), due_at=now, served_before=7)
        first = select(subscribers.c.id).order_by(subscribers.c.id).limit(1).scalar_subquery()
        connection.execute(update(subscribers).where(subscribers.c.id == first).values(served=5))
        passing.serve(connection, freezing.get_issue(connection, 4))
        assert connection.scalars(select(subscribers.c.served)).all() == [9, 9]
        assert sorted(connection.scalars(select(owed.c.post))) == [6, 7]
