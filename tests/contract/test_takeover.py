"""Dead or alive: what a worker may still do that others may take for dead, and what they may take from it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, insert, select, text, update

from newsletter.outbox import queue
from newsletter.outbox.delivery.lease import TakenForDead
from newsletter.outbox.delivery.ledger import Ledger
from newsletter.outbox.queue import Recovered
from newsletter.outbox.tables import deliveries, workers
from subscribers.database import reading, writing
from tests.issues import queue_issue, rows
from tests.processes import wait_until

LEASE = timedelta(minutes=2)


def register(engine: Engine, *, leased_until: datetime) -> int:
    """Write a worker of another host down, who has claimed everything; return its number."""
    facts = {"name": "x:x:x:1:1:x", "host": "far", "started_at": leased_until, "beat_at": leased_until}
    with writing(engine) as connection:
        statement = insert(workers).values(leased_until=leased_until, **facts).returning(workers.c.id)
        number: int = connection.execute(statement).scalar_one()
        connection.execute(update(deliveries).values(worker=number))
    return number


def test_a_sign_of_life_that_is_just_being_given_counts(postgres_engine: Engine, now: datetime) -> None:
    """Whoever finds a lease lapsed waits for its renewal, if that is under way, and leaves the worker alone."""
    queue_issue(postgres_engine, now, readers=2)
    number = register(postgres_engine, leased_until=now)

    def recover() -> Recovered:
        with writing(postgres_engine) as connection:
            return queue.recover(connection, now=now)

    with ThreadPoolExecutor() as pool:
        with writing(postgres_engine) as connection:
            connection.execute(update(workers).values(leased_until=now + LEASE))
            recovering = pool.submit(recover)
            wait_until(lambda: is_somebody_waiting(postgres_engine))
        assert recovering.result() == Recovered()
    with reading(postgres_engine) as connection:
        assert connection.scalars(select(workers.c.id)).all() == [number]
    assert {row.worker for row in rows(postgres_engine).values()} == {number}


def is_somebody_waiting(engine: Engine) -> bool:
    """Whether a transaction waits for a lock of another."""
    query = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
    with reading(engine) as connection:
        return bool(connection.scalar(query))


@pytest.mark.parametrize("asked", ["before it is written down", "afterwards"])
def test_who_may_be_taken_for_dead_sends_nothing(engine: Engine, now: datetime, asked: str) -> None:
    """A round that was marked in time is not let go once the lease may be over, however late it is asked about."""
    queue_issue(engine, now, readers=1)
    ledger = Ledger(engine, now=lambda: now, batch=1, lease=timedelta(microseconds=1))
    told: list[bool] = []
    turn = ledger.submit([], ledger.stock.take(1))
    if asked == "afterwards":
        wait_until(lambda: turn.done)
    ledger.tell(turn, told.append)
    with pytest.raises(TakenForDead):
        ledger.wait(turn)
    assert told == [False]
    ledger.close()
