"""What an author may ask of an issue, on both engines: what waits, and what the relay said."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, select, update

from newsletter.issues.tables import issues
from newsletter.outbox import enquiry
from newsletter.outbox.enquiry import Domain, Replies, Said, Waiting
from newsletter.outbox.tables import deliveries
from subscribers.database import reading, writing
from subscribers.tables import subscribers
from tests.issues import queue_issue


def settle(engine: Engine, number: int, **facts: object) -> None:
    """Settle the delivery of one reader."""
    reader = select(subscribers.c.id).where(subscribers.c.email == f"reader{number}@example.org")
    with writing(engine) as connection:
        statement = update(deliveries).where(deliveries.c.subscriber_id == reader.scalar_subquery())
        connection.execute(statement.values(facts))


def said(engine: Engine) -> Replies:
    """Return what the relay said of issue 1."""
    with reading(engine) as connection:
        return enquiry.replies(connection, 1)


def test_nothing_was_said(engine: Engine, now: datetime) -> None:
    """Of an issue that waits there are no replies, and its readers' domains have got nothing."""
    queue_issue(engine, now, readers=2)
    assert said(engine) == Replies((), (Domain("example.org", 2, 0, 0, None, ""),))


def test_refusals_first(engine: Engine, now: datetime) -> None:
    """What was refused stands above what was accepted; equal words are counted; the last comes first."""
    queue_issue(engine, now, readers=6)
    for number in (1, 2):
        settle(
            engine, number, status="sent", reply_code=250, reply=f"2.0.0 queued as {number}", settled_at=now
        )
    for number in (3, 4):
        settle(engine, number, status="bounced", reply_code=550, reply="5.1.1 who?", settled_at=now)
    later = now + timedelta(minutes=1)
    settle(engine, 5, status="failed", reply="the message could not be made", settled_at=later)
    settle(engine, 6, status="queued", reply_code=450, reply="4.2.1 later")
    assert said(engine).relay == (
        Said(450, "4.2.1 later", 1, None),
        Said(None, "the message could not be made", 1, later),
        Said(550, "5.1.1 who?", 2, now),
        Said(250, "2.0.0 queued as 2", 2, now),
    )


def test_by_domain(engine: Engine, now: datetime) -> None:
    """Domains that refused come first, with their last refusal; the others with their last words."""
    queue_issue(engine, now, readers=4)
    with writing(engine) as connection:
        for number, domain in (
            (1, "Far.example"),
            (2, "far.EXAMPLE"),
            (3, "near.example"),
            (4, "near.example"),
        ):
            email = f"reader{number}@example.org"
            moved = update(subscribers).where(subscribers.c.email == email)
            connection.execute(moved.values(email=f"reader{number}@{domain}"))
        sent = {"status": "sent", "reply_code": 250, "reply": "2.0.0 yes"}
        connection.execute(update(deliveries).where(deliveries.c.id != 1).values(sent))
        refused = {"status": "failed", "reply_code": 552, "reply": "5.2.2 full"}
        connection.execute(update(deliveries).where(deliveries.c.id == 1).values(refused))
    assert said(engine).domains == (
        Domain("far.example", 2, 1, 1, 552, "5.2.2 full"),
        Domain("near.example", 2, 2, 0, 250, "2.0.0 yes"),
    )


def test_bounded(engine: Engine, now: datetime) -> None:
    """However many words a relay finds, ten are shown."""
    queue_issue(engine, now, readers=15)
    for number in range(1, 16):
        settle(engine, number, status="bounced", reply_code=550, reply=f"5.1.1 no {number}", settled_at=now)
    assert len(said(engine).relay) == 10


@pytest.mark.parametrize(
    ("state", "minutes", "waits"),
    [("open", 0, True), ("open", 5, True), ("paused", 0, True), ("cancelled", 0, False)],
)
def test_what_waits(engine: Engine, now: datetime, state: str, minutes: int, waits: bool) -> None:
    """Issues of which something is queued, and when it is due, if not now; cancelled ones wait for nothing."""
    queue_issue(engine, now, readers=3)
    due_at = now + timedelta(minutes=minutes)
    with writing(engine) as connection:
        connection.execute(update(issues).values(state=state, reason="why"))
        connection.execute(update(deliveries).values(due_at=due_at))
        found = enquiry.waiting(connection, now)
    assert found == [Waiting(1, state, "why", 3, due_at if minutes else None)] * waits
