"""Issues for tests: frozen and queued without a content folder."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, insert, select

from newsletter.issues.tables import issues, renderings
from newsletter.outbox import queue
from newsletter.outbox.messages.letterhead import Letterhead, sender_id
from newsletter.outbox.tables import deliveries
from subscribers.address import parse
from subscribers.database import reading, writing
from subscribers.segments import Segment, audience
from subscribers.suppression import address_hash
from subscribers.tables import subscribers

LETTERHEAD = Letterhead(
    title="Tide Notes",
    url="https://news.example.com",
    from_name="Tide Notes",
    from_address="news@example.com",
    reply_to="author@example.com",
    return_domain="bounce.example.com",
    sender_id=sender_id("news@example.com"),
)

HTML = '<p>Dear __READER_NAME__,</p>\n<p>the tide is in.</p>\n<p><a href="__UNSUBSCRIBE_URL__">Unsubscribe</a></p>\n'
TEXT = "Dear __READER_NAME__,\n\nthe tide is in.\n\nUnsubscribe:\n__UNSUBSCRIBE_URL__\n"


@dataclass(frozen=True, slots=True)
class Row:
    """A delivery as it stands."""

    id: int
    email: str
    status: str
    attempts: int
    worker: int | None
    due_at: datetime
    reply_code: int | None
    reply: str | None


def add_readers(connection: Connection, count: int, now: datetime) -> None:
    """Write confirmed readers down, all at once: reader1@example.org, reader2@example.org, …"""
    rows = []
    for number in range(1, count + 1):
        address = parse(f"reader{number}@example.org")
        rows.append(
            {
                "email": address.email,
                "email_key": address.key,
                "address_hash": address_hash(connection, address),
                "name": f"Reader {number}",
                "status": "confirmed",
                "cadence": "weekly",
                "topics": (),
                "timezone": "UTC",
                "language": "en",
                "served": 0,
                "created_at": now,
                "confirmed_at": now,
            }
        )
    connection.execute(insert(subscribers), rows)


def freeze(
    connection: Connection, now: datetime, *, number: int = 1, kind: str = "issue", **facts: Any
) -> int:
    """Freeze an issue with one rendering (or, for another kind, a notice's rendering) and return its id."""
    issue_number = number if kind == "issue" else None
    if issue_number is not None:
        connection.execute(
            insert(issues).values(
                number=number, subject="The tide", last_post=1, created_at=now, state="open"
            )
        )
    values = {"subject": "The tide", "preheader": "", "html": HTML, "text": TEXT, "created_at": now} | facts
    statement = insert(renderings).values(issue_number=issue_number, kind=kind, **values)
    return int(connection.execute(statement.returning(renderings.c.id)).scalar_one())


def queue_issue(engine: Engine, now: datetime, *, readers: int, number: int = 1) -> int:
    """Freeze an issue and queue it for so many new readers; return its number."""
    with writing(engine) as connection:
        add_readers(connection, readers, now)
        rendering_id = freeze(connection, now, number=number)
        queued = queue.enqueue_issue(connection, number, rendering_id, audience(Segment(None)), due_at=now)
    assert queued == readers
    return number


def rows(engine: Engine) -> dict[str, Row]:
    """Return every delivery by its reader's address."""
    columns = [deliveries.c[name] if name != "email" else subscribers.c.email for name in Row.__slots__]
    query = select(*columns).join(subscribers, subscribers.c.id == deliveries.c.subscriber_id)
    with reading(engine) as connection:
        found = [Row(*row) for row in connection.execute(query.order_by(deliveries.c.id))]
    return {row.email: row for row in found}
