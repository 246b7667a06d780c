"""A shift: a courier at work, in a thread of its own or carried on with by the ledger's.

Threads come and go with what there is to wait for; a courier's work goes on where it stopped.
"""

from collections.abc import Callable
from threading import Event, Thread

from newsletter.outbox.delivery.courier import Courier
from newsletter.outbox.delivery.ledger import Ledger


class Shift:
    """One courier's work from its first round to its last; `fail` is told, in whatever thread, what has ended it."""

    def __init__(self, courier: Courier, ledger: Ledger, fail: Callable[[BaseException], None]) -> None:
        self.fileno, self.outlook, self.prepare = courier.fileno, courier.outlook, courier.prepare
        # To join threads would not do: one that works on counts as joined when a signal interrupts that.
        self.ended = Event()
        self._courier = courier
        self._steps = courier.work()
        self._ledger = ledger
        self._fail = fail
        self._first = Thread(target=self._work, daemon=True)

    @property
    def begun(self) -> bool:
        """Whether `ended` will ever be set."""
        return self._first.ident is not None

    def start(self) -> None:
        """Begin, in a thread of its own."""
        self._first.start()

    def go_alone(self) -> None:
        """Go on in a thread of its own."""
        try:
            Thread(target=self._work, daemon=True).start()
        except RuntimeError as failure:  # no more threads
            self._end(failure)

    def carry_on(self) -> bool:
        """Go on to where the relay has to be waited for; return whether that need not be done here."""
        if not self._step():
            return False
        if self._courier.smooth:
            return True
        self.go_alone()
        return False

    def _work(self) -> None:
        while self._step():
            if self._courier.smooth:
                self._ledger.look_after(self)
                return

    def _step(self) -> bool:
        """Go on to where the relay has to be waited for; return whether there is more to do."""
        try:
            next(self._steps)
        except StopIteration:
            self.ended.set()
        except BaseException as failure:  # noqa: BLE001 - raised again in the caller's thread
            self._end(failure)
        else:
            return True
        return False

    def _end(self, failure: BaseException) -> None:
        self._fail(failure)
        self.ended.set()
