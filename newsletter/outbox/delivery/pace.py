"""Pace: no more than so many messages a second over all connections of all workers on one database."""

from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Lock
from time import monotonic, sleep

from sqlalchemy import Engine, select, update

from newsletter.outbox.tables import pace
from subscribers.database import insert_unless_there, writing

#: Seconds after which somebody who waits looks whether the run has been stopped.
_GLANCE = 0.2

#: Seconds of sending that a worker reserves at once. What it does not use of them is lost to all.
_RESERVED = 0.25


class Pace:
    """Lets `rate` messages pass a second; a rate of 0 lets all pass.

    The time to come is one row that all workers share. Each reserves the next short stretch of it for itself, and
    spends it message by message.
    """

    def __init__(self, engine: Engine, rate: float, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._now = now
        self._interval = 1 / rate if rate else 0.0
        self.limits = rate > 0  # whether anybody ever has to wait
        self._at_once = max(1, int(rate * _RESERVED))
        self._next = 0.0  # by the monotonic clock
        self._left = 0
        self._lock = Lock()

    def wait(self, messages: int, is_over: Callable[[], bool]) -> None:
        """Return when so many messages may go, or as soon as the run is over. Raises DatabaseUnavailable."""
        if not self.limits:
            return
        turn = 0.0
        with self._lock:
            for _ in range(messages):
                if not self._left:
                    self._reserve()
                turn, self._next = self._next, self._next + self._interval
                self._left -= 1
        while (rest := turn - monotonic()) > 0 and not is_over():
            sleep(min(rest, _GLANCE))

    def _reserve(self) -> None:
        with writing(self._engine) as connection:
            now = self._now()
            first = insert_unless_there(connection.dialect, pace).values(id=1, next_at=now)
            connection.execute(first)
            free = connection.scalar(select(pace.c.next_at).where(pace.c.id == 1).with_for_update())
            begin = max(now, free or now)
            end = begin + timedelta(seconds=self._interval * self._at_once)
            connection.execute(update(pace).where(pace.c.id == 1).values(next_at=end))
        self._next = monotonic() + (begin - now).total_seconds()
        self._left = self._at_once
