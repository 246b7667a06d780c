"""The worker: hands over what is due, on several connections, and stops cleanly whatever happens.

A connection that cannot go on ends by itself; what is about us and not about one reader ends all.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Event, Lock

from sqlalchemy import Engine

from newsletter.errors import NewsletterError, RelayUnavailable
from newsletter.outbox import queue
from newsletter.outbox.delivery.courier import Courier, Orders
from newsletter.outbox.delivery.domains import Domains
from newsletter.outbox.delivery.ledger import Ledger
from newsletter.outbox.delivery.pace import Pace
from newsletter.outbox.delivery.patience import persistently
from newsletter.outbox.delivery.rounds import Compose
from newsletter.outbox.delivery.shift import Shift
from newsletter.outbox.delivery.warmup import WarmUp
from newsletter.transport.protocol import Transport
from subscribers.database import writing

#: Deliveries claimed at a time for each connection, and at the most; what is not sent is given back.
_BATCH, _LARGEST_BATCH = 50, 1000

#: For how long a claim holds without a sign of life from its worker.
LEASE = timedelta(minutes=2)

#: Seconds between two looks at what the connections have done.
_GLANCE = 0.1


@dataclass(frozen=True, slots=True)
class Summary:
    """What one run did. `later`: queued again after a temporary refusal; `stopped`: why it ended early."""

    sent: int = 0
    bounced: int = 0
    failed: int = 0
    unknown: int = 0
    cancelled: int = 0
    later: int = 0
    stopped: NewsletterError | None = None


def deliver(
    engine: Engine,
    *,
    open_transport: Callable[[], Transport],
    composer: Compose,
    now: Callable[[], datetime],
    connections: int = 1,
    rate: float = 0,
    resend: bool = True,
    notices_only: bool = False,
    lease: timedelta = LEASE,
    per_domain: int = 0,
    warm_up: WarmUp | None = None,
    on_progress: Callable[[int], None] = lambda _: None,
    stop: Event | None = None,
) -> Summary:
    """Hand over everything that is due, on up to `connections` connections, at most `rate` messages a second.

    The rate is shared with all other workers on the same database, and so is what a warm-up lets through. At most
    `per_domain` connections of this worker hand over mail for one domain at once (0: all may). `resend` says whether a
    message that may have arrived is sent again; with `notices_only`, issues are left where they are. `on_progress` is
    told, in the caller's thread, how many deliveries have come to an end since it was last told. Setting `stop` ends
    the run after the messages that are on the wire; so does KeyboardInterrupt, which is raised again. A relay that
    cannot be reached or refuses us is named in the summary, and what was not sent stays queued.

    Raises DatabaseUnavailable; what was on the wire then is taken up by the next run.
    """

    def recover() -> None:
        with writing(engine) as connection:
            queue.recover(connection, now=now(), resend=resend)

    persistently(recover)
    batch = min(_BATCH * connections, _LARGEST_BATCH)
    ledger = Ledger(
        engine,
        now=now,
        batch=batch,
        largest_batch=_LARGEST_BATCH,
        lease=lease,
        resend=resend,
        notices_only=notices_only,
        domains=Domains(per_domain),
        warm_up=warm_up,
    )
    run = _Run(ledger, stop or Event())
    orders = Orders(ledger, open_transport, composer, now, Pace(engine, rate, now), resend, run.is_over)
    try:
        run.work(orders, connections, on_progress)
    finally:
        ledger.close()
    on_progress(ledger.stock.cancelled)
    return run.summary()


class _Run:
    """One run over several connections."""

    def __init__(self, ledger: Ledger, stop: Event) -> None:
        self._ledger = ledger
        self._stop = stop
        self._lock = Lock()
        self._couriers: list[Courier] = []
        self._told = 0
        self._failure: BaseException | None = None  # ends all connections
        self._unavailable: RelayUnavailable | None = None  # has ended one of them

    def work(self, orders: Orders, connections: int, on_progress: Callable[[int], None]) -> None:
        """Work until nothing is due, or nothing can be done.

        A relay that drops some of our connections, or allows fewer, is served by those that it leaves us.
        """
        while waiting := self._ledger.stock.fill():
            done = self._tally().total()
            self._unavailable = None
            couriers = [Courier(orders) for _ in range(min(connections, waiting))]
            self._couriers += couriers
            self._attend([Shift(courier, self._ledger, self._fail) for courier in couriers], on_progress)
            if self.is_over() or self._unavailable is None or self._tally().total() == done:
                break
        else:
            self._unavailable = None  # the other connections have done its work
        if self._failure is not None and not isinstance(self._failure, NewsletterError):
            raise self._failure

    def is_over(self) -> bool:
        """Whether no further message should go out."""
        return self._failure is not None or self._stop.is_set()

    def summary(self) -> Summary:
        """Say what was done."""
        tally, failure = self._tally(), self._failure or self._unavailable
        return Summary(
            sent=tally["sent"],
            bounced=tally["bounced"],
            failed=tally["failed"],
            unknown=tally["unknown"],
            cancelled=self._ledger.stock.cancelled,
            later=tally["queued"],
            stopped=failure if isinstance(failure, NewsletterError) else None,
        )

    def _fail(self, failure: BaseException) -> None:
        """Take note of what has ended a connection, or ends all."""
        with self._lock:
            if isinstance(failure, RelayUnavailable):
                self._unavailable = failure
            else:
                self._failure = self._failure or failure

    def _attend(self, shifts: Sequence[Shift], on_progress: Callable[[int], None]) -> None:
        """Run the shifts, give signs of life and report progress; whatever interrupts this ends them first."""
        try:
            for shift in shifts:
                shift.start()
            for shift in shifts:
                while not shift.ended.wait(_GLANCE):
                    self._ledger.lease.renew()
                    self._report(on_progress)
            self._report(on_progress)
        except BaseException as interruption:
            self._fail(interruption)
            for shift in shifts:
                if shift.begun:
                    shift.ended.wait()
            if not isinstance(interruption, NewsletterError):
                raise

    def _report(self, on_progress: Callable[[int], None]) -> None:
        tally = self._tally()
        done = tally.total() - tally["queued"]
        if done > self._told:
            told, self._told = self._told, done
            on_progress(done - told)

    def _tally(self) -> Counter[str]:
        return sum((courier.tally for courier in self._couriers), Counter())
