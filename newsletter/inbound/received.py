"""What was handled already: the mail server, the mailbox and a restart may all give us a message again."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, select

from newsletter.inbound.tables import received
from subscribers.database import insert_unless_there

#: For how long a message is remembered: mail servers give up after five days.
_REMEMBERED = timedelta(days=30)


def note(connection: Connection, identity: str, now: datetime) -> bool:
    """Note a message as handled; return whether it is the first time. It counts when the transaction is kept."""
    connection.execute(delete(received).where(received.c.received_at < now - _REMEMBERED))
    statement = insert_unless_there(connection.dialect, received).values(identity=identity, received_at=now)
    return connection.execute(statement.returning(received.c.identity)).first() is not None


def is_known(connection: Connection, identity: str) -> bool:
    """Whether a message was handled."""
    return connection.scalar(select(received.c.identity).where(received.c.identity == identity)) is not None
