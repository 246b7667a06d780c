"""A worker's lease: what it has claimed is its own as long as it gives signs of life."""

import socket
from collections.abc import Callable
from datetime import datetime, timedelta
from time import monotonic

from sqlalchemy import Engine, delete, insert, update

from newsletter.errors import NewsletterError
from newsletter.outbox import queue
from newsletter.outbox.delivery import presence
from newsletter.outbox.tables import workers
from subscribers.database import writing
from subscribers.errors import DatabaseUnavailable

#: Parts of a lease: it is renewed after the first, and trusted for the second. What is left of it bears
#: clocks of several machines that differ, and pauses between being allowed to send and doing it.
_RENEWED, _TRUSTED = 1 / 6, 2 / 3


class TakenForDead(NewsletterError):
    """Others may have taken this worker for dead; what it had claimed is theirs then, and it sends nothing more."""

    def __init__(self) -> None:
        super().__init__(
            "This worker gave no sign of life for too long, and others may have taken over its work.",
            remedy="Was this machine asleep, or cut off from the database? Nothing is lost; start it again.",
        )


class Lease:
    """The place of one worker among the others, for `length` from its last sign of life.

    `resend`: what to do with messages that dead workers left in doubt.
    """

    def __init__(
        self, engine: Engine, length: timedelta, *, now: Callable[[], datetime], resend: bool = True
    ) -> None:
        self._engine = engine
        self._length = length
        self._now = now
        self._resend = resend
        self._renew_at = self.trusted_until = 0.0  # by the monotonic clock
        self.worker = self._register()

    @property
    def holds(self) -> bool:
        """Whether nobody can have taken this worker for dead."""
        return monotonic() < self.trusted_until

    def renew(self) -> None:
        """Give a sign of life, when one is due, and take over from those who give none any more.

        Raises TakenForDead or DatabaseUnavailable.
        """
        if monotonic() < self._renew_at:
            return
        began, now = monotonic(), self._now()
        renewed = update(workers).where(workers.c.id == self.worker)
        try:
            with writing(self._engine) as connection:
                values = {"beat_at": now, "leased_until": now + self._length}
                alive = connection.execute(renewed.values(values)).rowcount
                queue.recover(connection, now=now, resend=self._resend)
        except DatabaseUnavailable as outage:
            if not outage.passing or not self.holds:
                raise
            return  # what is being written down is waiting, too
        if not alive:
            self.trusted_until = 0.0
            raise TakenForDead
        self._trust(began)

    def end(self) -> None:
        """Strike the worker off."""
        with writing(self._engine) as connection:
            connection.execute(delete(workers).where(workers.c.id == self.worker))

    def _register(self) -> int:
        began, now = monotonic(), self._now()
        facts = {"name": presence.introduce(), "host": socket.gethostname()}
        times = {"started_at": now, "beat_at": now, "leased_until": now + self._length}
        with writing(self._engine) as connection:
            statement = insert(workers).values({**facts, **times})
            number: int = connection.execute(statement.returning(workers.c.id)).scalar_one()
        self._trust(began)
        return number

    def _trust(self, began: float) -> None:
        seconds = self._length.total_seconds()
        self._renew_at, self.trusted_until = began + seconds * _RENEWED, began + seconds * _TRUSTED
