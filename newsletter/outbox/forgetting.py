"""Erasure in the outbox: what was sent to a reader is nobody's any more, and no word of a relay names them."""

from datetime import datetime

from sqlalchemy import Connection, delete, func, update

from newsletter.outbox import queue
from newsletter.outbox.tables import deliveries, domains, letters

#: What stands in a letter to the author instead of the address of a reader who was erased.
ERASED = "(erased)"


def forget(connection: Connection, subscriber_id: int, email: str, now: datetime) -> None:
    """Let nothing lead to a reader any more. The status of deliveries stays, so that every issue's counts add up.

    A message of theirs to the author that no relay has taken yet still goes out, and is not kept afterwards.
    """
    theirs = deliveries.c.subscriber_id == subscriber_id
    queue.cancel(connection, now, theirs)
    connection.execute(update(deliveries).where(theirs).values(subscriber_id=None, reply=None))
    connection.execute(delete(letters).where(letters.c.recipient == email))
    for column in (letters.c.subject, letters.c.text, letters.c.html, letters.c.reply, domains.c.reply):
        naming = update(column.table).where(column.contains(email, autoescape=True))
        connection.execute(naming.values({column.name: func.replace(column, email, ERASED)}))


def drop_words(connection: Connection) -> None:
    """Drop what relays said of messages that were on the wire when their reader was erased."""
    is_nobodys = (deliveries.c.subscriber_id.is_(None), deliveries.c.reply.is_not(None))
    settled = (*is_nobodys, deliveries.c.settled_at.is_not(None))
    connection.execute(update(deliveries).where(*settled).values(reply=None))
