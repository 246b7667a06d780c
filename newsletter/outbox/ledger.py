"""The ledger of one run: what its connections have been given, and what became of it, committed in groups.

A connection brings the outcomes of its last round together with the round that comes next: one transaction
settles the former and marks the latter as sending. So a message is on the wire only while its row says so, and
who cannot settle cannot send (law 2). The ledger has a thread of its own, which writes down all that has come in
while it wrote before, and then releases the rounds itself: nobody has to be woken only to say "go".
"""

import socket
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock, Thread
from time import monotonic, sleep
from typing import TypeVar

from sqlalchemy import Engine, delete, insert, or_, update

from newsletter.errors import NewsletterError
from newsletter.outbox import giving_back, presence, queue, retry
from newsletter.outbox.claims import Claimed, Claims, Settlement
from newsletter.outbox.domains import Domains
from newsletter.outbox.tables import workers
from newsletter.outbox.warmup import WarmUp
from subscribers.database import writing
from subscribers.errors import DatabaseUnavailable
from subscribers.standing import Standing, Transaction

#: Parts of a lease: it is renewed after the first, and trusted for the second. What is left of it bears
#: clocks of several machines that differ, and pauses between being allowed to send and doing it.
_RENEWED, _TRUSTED = 1 / 6, 2 / 3


#: Seconds for which a database that is away is waited for, and between two looks. A server that is started again
#: needs a few; whoever wants to stop us should not have to wait for ten.
_OUTLASTED, _PAUSE = 8.0, 0.2

_Result = TypeVar("_Result")


class TakenForDead(NewsletterError):
    """Others may have taken this worker for dead; what it had claimed is theirs then, and it sends nothing more."""


@dataclass(slots=True)
class Turn:
    """One connection's visit: what it settles, and what it would send next."""

    settlements: Sequence[Settlement]
    round: Sequence[Claimed]
    may_send: bool = False
    written: bool = False  # it is known whether the round may be sent
    done: bool = False  # and everybody was told
    failure: BaseException | None = None
    tell: Callable[[bool], None] | None = None  # whom to tell when it is done
    bell: "Lock | None" = None  # its connection waits until this is released


class Ledger:
    """The ledger of one worker, used by all its connections.

    `batch` deliveries are claimed at a time. `lease` is for how long they stay claimed without a sign of life.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        now: Callable[[], datetime],
        batch: int,
        lease: timedelta,
        resend: bool = True,
        notices_only: bool = False,
        domains: Domains | None = None,
        warm_up: WarmUp | None = None,
    ) -> None:
        self._engine = engine
        self._now = now
        self._batch = batch
        self._lease = lease
        self._resend = resend
        self._notices_only = notices_only
        self._domains = domains or Domains()
        self._warm_up = warm_up
        self._held: deque[Claimed] = deque()
        self._under_way: dict[int, str] = {}  # domains of what was taken, while any are restricted
        self._standing = Standing(engine)
        self._turns: list[Turn] = []
        self._closing = False
        self._gate = Lock()
        self._asleep = False  # the ledger's thread waits for its bell
        self._bell = Lock()
        self._bell.acquire()
        self._committing = Lock()
        self._trusted_until = 0.0
        self._renew_at = 0.0
        self.cancelled = 0
        self._worker = self._register()
        self._claims = Claims(self._standing, self._worker)
        self._thread = Thread(target=self._write, name="ledger", daemon=True)
        self._thread.start()

    def refill(self) -> int:
        """Claim a batch if none is held; return how many deliveries are."""
        with self._committing:
            self._refill()
            return len(self._held)

    def take(self, limit: int) -> list[Claimed]:
        """Return up to `limit` deliveries that nobody else gets; none when nothing may go out now.

        They may not be sent yet. Raises DatabaseUnavailable.
        """
        taken = self._pop(limit)
        if taken:
            return taken
        with self._committing:
            self._refill()
        return self._pop(limit)

    @property
    def keeps_some(self) -> bool:
        """Whether deliveries are held that wait for their domain to have room."""
        return bool(self._held)

    def put_back(self, claimed: Sequence[Claimed]) -> None:
        """Take back what was taken and not sent, for another connection or another worker."""
        with self._gate:
            self._held.extendleft(reversed(claimed))
            self._leave(one.id for one in claimed)

    def submit(self, settlements: Sequence[Settlement], following: Sequence[Claimed] = ()) -> Turn:
        """Hand in outcomes, and the round that would be sent next; it is written down as soon as may be."""
        turn = Turn(settlements, following)
        with self._gate:
            self._turns.append(turn)
            self._wake()
        return turn

    def tell(self, turn: Turn, whether: Callable[[bool], None]) -> None:
        """Have somebody told, in whatever thread, when a turn is written down: whether its round may be sent now.

        What they do must not wait and not raise.
        """
        with self._gate:
            if not turn.written:
                turn.tell = whether
                return
        whether(self._may_go(turn))

    def wait(self, turn: Turn) -> bool:
        """Return when a turn is written down: whether its round may be sent, all of it.

        Raises DatabaseUnavailable when it could not be, or TakenForDead: nothing may be sent then.
        """
        if not turn.done:
            self._await(turn)
        if turn.failure is not None:
            raise turn.failure
        return turn.may_send

    def _await(self, turn: Turn) -> None:
        with self._gate:
            if turn.done:
                return
            turn.bell = Lock()
            turn.bell.acquire()
        with turn.bell:  # rung when it is done
            pass

    def beat(self) -> None:
        """Give a sign of life, when one is due, and look whether others give theirs.

        Raises TakenForDead or DatabaseUnavailable.
        """
        if monotonic() < self._renew_at:
            return
        began, now = monotonic(), self._now()
        renewed = update(workers).where(workers.c.id == self._worker)
        try:
            with writing(self._engine) as connection:
                values = {"beat_at": now, "leased_until": now + self._lease}
                alive = connection.execute(renewed.values(values)).rowcount
                queue.recover(connection, now=now, resend=self._resend)
        except DatabaseUnavailable as outage:
            if not outage.passing or monotonic() > self._trusted_until:
                raise
            return  # what is being written down is waiting, too
        if not alive:
            self._trusted_until = 0.0
            raise _taken_for_dead()
        self._trust(began)

    def close(self) -> None:
        """Give back what was claimed and never marked, and sign off."""
        with self._gate:
            self._closing = True
            self._wake()
        self._thread.join()
        unused = len(self._held)
        self._held.clear()
        try:
            with self._standing.writing() as transaction:
                self._claims.release(transaction)
        finally:
            self._standing.close()
        self._give_back_draw(unused)
        with writing(self._engine) as connection:
            connection.execute(delete(workers).where(workers.c.id == self._worker))

    def _write(self) -> None:
        """Write down what comes in, until the ledger is closed; in the ledger's own thread."""
        while True:
            with self._gate:
                turns, self._turns = self._turns, []
                self._asleep = not (turns or self._closing)
            if self._asleep:
                self._bell.acquire()
                continue
            if not turns:
                return
            with self._committing:
                self._commit(turns)
            for turn in turns:
                self._announce(turn)

    def _wake(self) -> None:
        """Have the ledger's thread look what there is to do; the gate is ours."""
        if self._asleep:
            self._asleep = False
            self._bell.release()

    def _announce(self, turn: Turn) -> None:
        """Say that a turn is written down to whoever waits for it.

        It is done only when its connection was told: what is said later would be taken for the next turn's.
        """
        with self._gate:
            turn.written = True
        if turn.tell is not None:
            turn.tell(self._may_go(turn))
        with self._gate:
            turn.done = True
        if turn.bell is not None:
            turn.bell.release()

    def _may_go(self, turn: Turn) -> bool:
        """Whether a round may be sent at this very moment: a lease that is over is somebody else's."""
        if turn.may_send and monotonic() >= self._trusted_until:
            turn.may_send, turn.failure = False, _taken_for_dead()
        return turn.may_send

    def _register(self) -> int:
        began, now = monotonic(), self._now()
        facts = {
            "name": presence.introduce(),
            "host": socket.gethostname(),
            "started_at": now,
            "beat_at": now,
        }
        with writing(self._engine) as connection:
            statement = insert(workers).values(leased_until=now + self._lease, **facts)
            number: int = connection.execute(statement.returning(workers.c.id)).scalar_one()
        self._trust(began)
        return number

    def _trust(self, began: float) -> None:
        lease = self._lease.total_seconds()
        self._renew_at, self._trusted_until = began + lease * _RENEWED, began + lease * _TRUSTED

    def _pop(self, limit: int) -> list[Claimed]:
        with self._gate:
            if self._domains.restrict:
                return self._pop_where_there_is_room(limit)
            return [self._held.popleft() for _ in range(min(limit, len(self._held)))]

    def _pop_where_there_is_room(self, limit: int) -> list[Claimed]:
        now, popped = self._now(), list[Claimed]()
        for claimed in list(self._held):
            if len(popped) < limit and self._domains.has_room(claimed.domain, now):
                self._domains.enter(claimed.domain)
                self._under_way[claimed.id] = claimed.domain
                self._held.remove(claimed)
                popped.append(claimed)
        return popped

    def _leave(self, ids: Iterable[int]) -> None:
        if self._under_way:
            for domain in filter(None, (self._under_way.pop(number, None) for number in ids)):
                self._domains.leave(domain)

    def _refill(self) -> None:
        if self._held:
            return
        now, limit = self._now(), self._batch
        with writing(self._engine) as connection:
            self._domains.read(connection, now)
            limit = self._warm_up.draw(connection, limit, now) if self._warm_up else limit
        with self._standing.writing() as transaction:
            claimed, void = self._claims.claim(
                transaction, limit=limit, now=now, notices_only=self._notices_only
            )
            for claim in claimed:
                if until := self._domains.held_until(claim.domain, now):
                    self._claims.postpone(transaction, [claim.id], until)
        self.cancelled += void
        ready = [claim for claim in claimed if self._domains.held_until(claim.domain, now) is None]
        self._give_back_draw(limit - len(ready))
        with self._gate:
            self._held.extend(ready)

    def _give_back_draw(self, unused: int) -> None:
        if self._warm_up is not None and unused:
            with writing(self._engine) as connection:
                self._warm_up.give_back(connection, unused, self._now())

    def _commit(self, turns: Sequence[Turn]) -> None:
        """Write the turns down, all in one transaction, and say to each whether its round may be sent."""
        settlements = [settlement for turn in turns for settlement in turn.settlements]
        rounds = [claimed.id for turn in turns for claimed in turn.round]

        def write_down() -> set[int]:
            with self._standing.writing() as transaction:
                now = self._now()
                if settlements:
                    self._claims.settle(transaction, settlements, now)
                    self._give_posts_back(transaction, settlements)
                marked = self._claims.mark_sending(transaction, rounds, now) if rounds else set()
                if len(marked) < len(rounds):
                    self._halt(transaction, turns, marked)
            return marked

        try:
            marked = self._persistently(write_down)
            self._free(settlements)
        except BaseException as failure:  # noqa: BLE001 - raised in each connection's thread
            for turn in turns:
                turn.failure = failure
        else:
            for turn in turns:
                turn.may_send = all(claimed.id in marked for claimed in turn.round)

    def _persistently(self, act: Callable[[], _Result]) -> _Result:
        """Act, and again for a while when the database is away: outcomes that are known are worth waiting for.

        Each act can be done again after it was kept and nobody told us so.
        """
        deadline = min(monotonic() + _OUTLASTED, self._trusted_until)
        while True:
            try:
                return act()
            except DatabaseUnavailable as outage:
                if not outage.passing or monotonic() > deadline:
                    raise
            sleep(_PAUSE)

    def _give_posts_back(self, transaction: Transaction, settlements: Sequence[Settlement]) -> None:
        """Make the posts of what failed new to their readers again, as if they had not been sent."""
        failed = [one.delivery_id for one in settlements if one.outcome.status == "failed"]
        if failed:
            for statement in giving_back.statements(
                lambda table: or_(*(table.c.id == one for one in failed))
            ):
                transaction.run(self._standing.prepare(statement))

    def _free(self, settlements: Sequence[Settlement]) -> None:
        """Make room for the next to the same domains; remember which of them want nothing for a while."""
        with self._gate:
            self._leave(one.delivery_id for one in settlements)
        asked = [(one.domain, one.outcome.hold, str(one.reply)) for one in settlements if one.outcome.hold]
        if asked:
            with writing(self._engine) as connection:
                self._domains.hold(connection, asked, self._now())

    def _halt(self, transaction: Transaction, turns: Sequence[Turn], marked: set[int]) -> None:
        """Somebody has left, or an issue was paused: give back what is not on its way, to be looked at anew.

        What other connections have taken stays theirs: they will ask for it themselves.
        """
        halted = [turn.round for turn in turns if any(claimed.id not in marked for claimed in turn.round)]
        ids = [claimed.id for round_ in halted for claimed in round_]
        with self._gate:
            held = [claimed.id for claimed in self._held]
            self._held.clear()
        withdrawn = [Settlement(number, retry.unmarked()) for number in ids if number in marked]
        self._claims.settle(transaction, withdrawn, self._now())
        self._claims.release(transaction, [*held, *(number for number in ids if number not in marked)])


def _taken_for_dead() -> TakenForDead:
    return TakenForDead(
        "This worker gave no sign of life for too long, and others may have taken over its work.",
        remedy="Was this machine asleep, or cut off from the database? Nothing is lost; start it again.",
    )
