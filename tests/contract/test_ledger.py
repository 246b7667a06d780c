"""The ledger and its thread: who is told what, and when."""

from datetime import datetime, timedelta
from threading import Event

from sqlalchemy import Engine

from newsletter.outbox.delivery.ledger import Ledger
from tests.issues import queue_issue


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
