"""The ledger of one run: what its connections have been given, and what became of it, committed in groups.

A connection comes with the outcome of its last message and leaves with its next one: one transaction
settles the first and marks the second as sending. So a message is on the wire only while its row says so,
and who cannot settle cannot send (law 2). Connections that come while a transaction is under way share the
next one.
"""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock

from sqlalchemy import Connection, Engine

from newsletter.outbox import claims
from newsletter.outbox.claims import Claimed, Settlement
from subscribers.database import writing


@dataclass(slots=True)
class _Turn:
    """One connection's visit: what it brings, whether it wants more, and what it takes away."""

    settlement: Settlement | None
    wants_more: bool
    takes: Claimed | None = None
    done: bool = False
    failure: BaseException | None = None


class Ledger:
    """The ledger of the run called `worker`, used by all its connections.

    `batch` deliveries are claimed at a time, for `lease`, which is renewed as long as work goes on.
    """

    def __init__(
        self,
        engine: Engine,
        worker: str,
        *,
        now: Callable[[], datetime],
        batch: int,
        lease: timedelta,
        notices_only: bool = False,
    ) -> None:
        self._engine = engine
        self._worker = worker
        self._now = now
        self._batch = batch
        self._lease = lease
        self._notices_only = notices_only
        self._held: deque[Claimed] = deque()
        self._renewed = now()
        self._waiting: list[_Turn] = []
        self._gate = Lock()
        self._committing = Lock()

    def open(self) -> int:
        """Claim the first batch; return how many deliveries it has."""
        with self._committing, writing(self._engine) as connection:
            self._claim(connection, self._now())
        return len(self._held)

    def turn(self, settlement: Settlement | None, *, wants_more: bool = True) -> Claimed | None:
        """Settle the last message and return the next, marked as sending; None when there is none to send.

        Raises DatabaseUnavailable when it could not be committed: nothing may be sent then.
        """
        turn = _Turn(settlement, wants_more)
        with self._gate:
            self._waiting.append(turn)
        with self._committing:
            if not turn.done:
                with self._gate:
                    turns, self._waiting = self._waiting, []
                self._commit(turns)
        if turn.failure is not None:
            raise turn.failure
        return turn.takes

    def close(self) -> None:
        """Give back what was claimed and never marked."""
        with self._committing, writing(self._engine) as connection:
            self._held.clear()
            claims.release(connection, self._worker)

    def _commit(self, turns: Sequence[_Turn]) -> None:
        settlements = [turn.settlement for turn in turns if turn.settlement is not None]
        hungry = [turn for turn in turns if turn.wants_more]
        try:
            with writing(self._engine) as connection:
                now = self._now()
                claims.settle(connection, self._worker, settlements, now)
                marked = self._mark(connection, len(hungry), now)
        except BaseException as failure:
            for turn in turns:
                turn.failure, turn.done = failure, True
            raise
        for turn, claimed in zip(hungry, marked, strict=False):
            turn.takes = claimed
        for turn in turns:
            turn.done = True

    def _mark(self, connection: Connection, wanted: int, now: datetime) -> list[Claimed]:
        """Mark the next `wanted` deliveries; give back the ones whose readers have left since the claim."""
        marked: list[Claimed] = []
        while len(marked) < wanted:
            if not self._held and not self._claim(connection, now):
                break
            few = [self._held.popleft() for _ in range(min(wanted - len(marked), len(self._held)))]
            ids = [claimed.id for claimed in few]
            allowed = claims.mark_sending(connection, self._worker, ids, now=now, lease=self._lease)
            if len(allowed) < len(few):
                claims.release(connection, self._worker, [number for number in ids if number not in allowed])
            marked += [claimed for claimed in few if claimed.id in allowed]
        if now - self._renewed > self._lease / 3:
            claims.renew(connection, self._worker, now=now, lease=self._lease)
            self._renewed = now
        return marked

    def _claim(self, connection: Connection, now: datetime) -> bool:
        claimed = claims.claim(
            connection,
            self._worker,
            limit=self._batch,
            now=now,
            lease=self._lease,
            notices_only=self._notices_only,
        )
        self._held.extend(claimed)
        return bool(claimed)
