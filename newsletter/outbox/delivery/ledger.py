"""The ledger of one run: what its connections have been given, and what became of it, committed in groups.

A connection brings the outcomes of its last round together with the round that comes next: one transaction
settles the former and marks the latter as sending. So a message is on the wire only while its row says so, and
who cannot settle cannot send (law 2). The ledger has a thread of its own, which writes down all that has come in
while it wrote before, and then releases the rounds itself: nobody has to be woken only to say "go". The same thread
looks after the connections on which all is well, and brings their outcomes before it writes again.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from threading import Lock, Thread, get_ident

from sqlalchemy import Engine

from newsletter.outbox.delivery.claims import Claimed, Claims, Settlement
from newsletter.outbox.delivery.domains import Domains
from newsletter.outbox.delivery.hub import Hub, Line
from newsletter.outbox.delivery.lease import Lease, TakenForDead
from newsletter.outbox.delivery.patience import persistently
from newsletter.outbox.delivery.stock import Stock
from newsletter.outbox.delivery.turns import Book, Turn
from newsletter.outbox.delivery.warmup import WarmUp
from subscribers.standing import Standing


class Ledger:
    """The ledger of one worker, used by all its connections; `stock` has what may be sent next.

    `batch` deliveries are claimed at a time, or up to `largest_batch` where they are soon used up. `lease` is for how
    long they stay claimed without a sign of life.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        now: Callable[[], datetime],
        batch: int,
        largest_batch: int = 0,
        lease: timedelta,
        resend: bool = True,
        notices_only: bool = False,
        domains: Domains | None = None,
        warm_up: WarmUp | None = None,
    ) -> None:
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
            largest_batch=largest_batch,
            notices_only=notices_only,
            domains=domains or Domains(),
            warm_up=warm_up,
        )
        self._book = Book(self._standing, self._claims, self.stock, now=now)
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
        """Write the turns down, and say to each whether its round may be sent."""
        try:
            # outcomes that are known are worth waiting for
            marked = persistently(partial(self._book.enter, turns), until=self.lease.trusted_until)
            self.stock.settled([settlement for turn in turns for settlement in turn.settlements])
        except BaseException as failure:  # noqa: BLE001 - raised in each connection's thread
            for turn in turns:
                turn.failure = failure
        else:
            for turn in turns:
                turn.may_send = all(claimed.id in marked for claimed in turn.round)
