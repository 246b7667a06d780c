"""The ledger of one run: what its connections have been given, and what became of it, committed in groups.

A connection brings the outcomes of its last round together with the round that comes next: one transaction
settles the former and marks the latter as sending. So a message is on the wire only while its row says so, and
who cannot settle cannot send (law 2). The ledger has a thread of its own, which writes down all that has come in
while it wrote before, and then releases the rounds itself: nobody has to be woken only to say "go". The same thread
looks after the connections on which all is well, and brings their outcomes before it writes again.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock, Thread, get_ident

from sqlalchemy import Engine, or_

from newsletter.outbox import giving_back
from newsletter.outbox.delivery import retry
from newsletter.outbox.delivery.claims import Claimed, Claims, Settlement
from newsletter.outbox.delivery.domains import Domains
from newsletter.outbox.delivery.hub import Hub, Line
from newsletter.outbox.delivery.lease import Lease, TakenForDead
from newsletter.outbox.delivery.patience import persistently
from newsletter.outbox.delivery.stock import Stock
from newsletter.outbox.delivery.warmup import WarmUp
from subscribers.standing import Standing, Transaction


@dataclass(slots=True)
class Turn:
    """One connection's visit: what it settles, and what it would send next."""

    settlements: Sequence[Settlement]
    round: Sequence[Claimed]
    may_send: bool = False
    written: bool = False  # it is known whether the round may be sent
    done: bool = False  # and everybody was told
    failure: BaseException | None = None
    tell: Callable[[bool], None] | None = None  # whom to tell when it is written
    bell: "Lock | None" = None  # its connection waits until this is released


class Ledger:
    """The ledger of one worker, used by all its connections; `stock` has what may be sent next.

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
        self._now = now
        self._standing = Standing(engine)
        self._writing = Lock()  # the standing connection is one thread's at a time
        self.lease = Lease(engine, lease, now=now, resend=resend)
        self._claims = Claims(self._standing, self.lease.worker)
        self.stock = Stock(
            engine,
            self._standing,
            self._claims,
            self._writing,
            now=now,
            batch=batch,
            notices_only=notices_only,
            domains=domains or Domains(),
            warm_up=warm_up,
        )
        self._turns: list[Turn] = []
        self._closing = False
        self._gate = Lock()
        self._asleep = False  # the ledger's thread waits for its lines, or the bell
        self._hub = Hub()
        self._thread = Thread(target=self._write, name="ledger", daemon=True)
        self._thread.start()

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

    def look_after(self, line: Line) -> None:
        """Carry on with a connection for as long as nothing but its relay has to be waited for."""
        with self._gate:
            self._hub.offer(line)
            self._wake()

    def _await(self, turn: Turn) -> None:
        if get_ident() == self._thread.ident:  # nobody else will write it down
            self._write_down()
            return
        with self._gate:
            if turn.done:
                return
            turn.bell = Lock()
            turn.bell.acquire()
        with turn.bell:  # rung when it is done
            pass

    def close(self) -> None:
        """Give back what was claimed and never marked, and sign off."""
        with self._gate:
            self._closing = True
            self._wake()
        self._thread.join()
        self._hub.close()
        self.stock.clear()
        try:
            with self._standing.writing() as transaction:
                self._claims.release(transaction)
        finally:
            self._standing.close()
        self.stock.close()
        self.lease.end()

    def _write(self) -> None:
        """Write down what comes in, until the ledger is closed; in the ledger's own thread."""
        while True:
            with self._gate:
                self._asleep = not self._turns
                if self._asleep and self._closing:
                    return
            self._hub.attend(wait=self._asleep)
            self._write_down()

    def _write_down(self) -> None:
        with self._gate:
            turns, self._turns = self._turns, []
            self._asleep = False
        if not turns:
            return
        with self._writing:
            self._commit(turns)
        for turn in turns:
            self._announce(turn)

    def _wake(self) -> None:
        """Have the ledger's thread look what there is to do; the gate is ours."""
        if self._asleep and get_ident() != self._thread.ident:  # it does so anyway
            self._asleep = False
            self._hub.ring()

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
        if turn.may_send and not self.lease.holds:
            turn.may_send, turn.failure = False, TakenForDead()
        return turn.may_send

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
            # outcomes that are known are worth waiting for
            marked = persistently(write_down, until=self.lease.trusted_until)
            self.stock.settled(settlements)
        except BaseException as failure:  # noqa: BLE001 - raised in each connection's thread
            for turn in turns:
                turn.failure = failure
        else:
            for turn in turns:
                turn.may_send = all(claimed.id in marked for claimed in turn.round)

    def _give_posts_back(self, transaction: Transaction, settlements: Sequence[Settlement]) -> None:
        """Make the posts of what failed new to their readers again, as if they had not been sent."""
        failed = [one.delivery_id for one in settlements if one.outcome.status == "failed"]
        if failed:
            for statement in giving_back.statements(
                lambda table: or_(*(table.c.id == one for one in failed))
            ):
                transaction.run(self._standing.prepare(statement))

    def _halt(self, transaction: Transaction, turns: Sequence[Turn], marked: set[int]) -> None:
        """Somebody has left, or an issue was paused: give back what is not on its way, to be looked at anew.

        What other connections have taken stays theirs: they will ask for it themselves.
        """
        halted = [turn.round for turn in turns if any(claimed.id not in marked for claimed in turn.round)]
        ids = [claimed.id for round_ in halted for claimed in round_]
        withdrawn = [Settlement(number, retry.unmarked()) for number in ids if number in marked]
        self._claims.settle(transaction, withdrawn, self._now())
        refused = [number for number in ids if number not in marked]
        self._claims.release(transaction, [*self.stock.clear(ids), *refused])
