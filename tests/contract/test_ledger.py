"""The ledger and its thread: who is told what, and when, and what is written down."""

from datetime import datetime, timedelta
from threading import Event

from sqlalchemy import Engine, select, update

from newsletter.outbox.delivery.claims import Settlement
from newsletter.outbox.delivery.ledger import Ledger
from newsletter.outbox.delivery.retry import SENT
from newsletter.outbox.tables import deliveries
from newsletter.transport.protocol import Reply
from subscribers.database import reading, writing
from subscribers.tables import subscribers
from tests.issues import queue_issue, rows


def test_a_turn_is_done_when_its_connection_was_told(engine: Engine, now: datetime) -> None:
    """Who waits goes on only after the release has been said: said later, it would be taken for the next round's."""
    queue_issue(engine, now, readers=1)
    ledger = Ledger(engine, now=lambda: now, batch=1, lease=timedelta(minutes=2))
    told: list[bool] = []
    pause = Event()

    def release(may_go: bool) -> None:
        pause.wait(0.1)
        told.append(may_go)

    turn = ledger.submit([], ledger.stock.take(1))
    ledger.tell(turn, release)
    assert ledger.wait(turn)
    assert told == [True]
    assert ledger.wait(turn), "it may be asked again"
    ledger.close()


def test_what_the_relay_said_of_each_is_kept(engine: Engine, now: datetime) -> None:
    """Outcomes that come together, and with what is next, are told apart: each row has its own reply."""
    queue_issue(engine, now, readers=3)
    ledger = Ledger(engine, now=lambda: now, batch=3, lease=timedelta(minutes=2))
    first, second, third = ledger.stock.take(3)
    assert ledger.wait(ledger.submit([], [first, second]))
    replies = Reply(250, "2.0.0", "Ok: queued as 4bc"), Reply(250, None, "")
    settlements = [
        Settlement(one.id, SENT, reply) for one, reply in zip((first, second), replies, strict=True)
    ]
    assert ledger.wait(ledger.submit(settlements, [third]))
    assert [
        (row.status, row.attempts, row.reply_code, row.reply, row.worker is None)
        for row in rows(engine).values()
    ] == [
        ("sent", 1, 250, "2.0.0 Ok: queued as 4bc", True),
        ("sent", 1, 250, None, True),
        ("sending", 0, None, None, False),
    ]
    with reading(engine) as connection:
        settled = connection.scalars(select(deliveries.c.settled_at).order_by(deliveries.c.id))
        assert settled.all() == [now, now, None]
    ledger.close()


def test_how_much_is_claimed_at_a_time(engine: Engine, now: datetime) -> None:
    """More where it is soon used up, to look less often; less where it lasts, so that other workers find something."""
    queue_issue(engine, now, readers=40)
    clock = [now]
    ledger = Ledger(engine, now=lambda: clock[0], batch=2, largest_batch=6, lease=timedelta(minutes=2))

    def claimed_after(seconds: float) -> int:
        clock[0] += timedelta(seconds=seconds)
        return len(ledger.stock.take(ledger.stock.fill()))

    assert [claimed_after(seconds) for seconds in (9, 0.05, 0.05, 0.05, 0.5, 2, 2, 2)] == [
        2,
        4,
        6,
        6,
        6,
        3,
        2,
        2,
    ]
    ledger.close()


def test_who_leaves_meanwhile_holds_up_nobody(engine: Engine, now: datetime) -> None:
    """Where the next reader has left, the last one's outcome is written down all the same, and nothing is sent."""
    queue_issue(engine, now, readers=3)
    ledger = Ledger(engine, now=lambda: now, batch=3, lease=timedelta(minutes=2))
    first, second, third = ledger.stock.take(3)
    assert ledger.wait(ledger.submit([], [first]))
    leaving = update(subscribers).where(subscribers.c.email == second.email)
    with writing(engine) as connection:
        connection.execute(leaving.values(status="unsubscribed"))
    settlement = Settlement(first.id, SENT, Reply(250, "2.0.0", "Ok"))
    assert not ledger.wait(ledger.submit([settlement], [second, third])), "all of it may be sent, or none"
    assert [(row.status, row.worker is None) for row in rows(engine).values()] == [
        ("sent", True),
        ("queued", True),
        ("queued", True),
    ]
    ledger.close()
