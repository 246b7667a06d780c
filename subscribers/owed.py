"""What is owed: posts that are new to a reader although they were served past them.

`served` says with one number what a reader has had. Here stand the exceptions: a post that was not there when an issue
for the reader was made and has come back since, or whose delivery did not come off when it was too late to take the
number back.
"""

from collections.abc import Collection

from sqlalchemy import Connection, Select, delete, literal, select

from subscribers.database import insert_unless_there
from subscribers.tables import owed


def owe(connection: Connection, audience: Select[int], post: int) -> int:
    """Note that a post stays new to these readers; return how many had no such note."""
    readers = audience.subquery()
    rows = select(literal(post), readers.c[0]).where(readers.c[0].is_not(None))
    inserting = insert_unless_there(connection.dialect, owed).from_select(["post", "subscriber_id"], rows)
    return connection.execute(inserting.execution_options(preserve_rowcount=True)).rowcount


def settle(connection: Connection, audience: Select[int], posts: Collection[int]) -> None:
    """Strike posts off for these readers: an issue has taken them into account."""
    connection.execute(delete(owed).where(owed.c.post.in_(posts), owed.c.subscriber_id.in_(audience)))


def posts(connection: Connection) -> list[int]:
    """Return the numbers of the posts that anybody is owed."""
    return list(connection.scalars(select(owed.c.post).distinct().order_by(owed.c.post)))
