"""The worker: hands over what is due, on several connections, and stops cleanly whatever happens.

Each connection is a thread that takes its next delivery from the ledger, composes it, hands it over, and
brings the outcome back. A connection that cannot go on ends by itself; what is about us and not about one
reader ends all.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Event, Lock, Thread

from sqlalchemy import Engine

from newsletter.errors import NewsletterError, RelayUnavailable
from newsletter.outbox import presence, queue, retry
from newsletter.outbox.claims import Claimed, Settlement
from newsletter.outbox.ledger import Ledger
from newsletter.outbox.message import Message
from newsletter.outbox.pace import Pace
from newsletter.transport.protocol import InDoubt, Reply, Transport
from subscribers.database import writing
from subscribers.errors import InvalidAddress

Compose = Callable[[Claimed, datetime], Message]

#: Deliveries claimed at a time for each connection; what is claimed and not sent is given back.
_BATCH = 20

#: For how long a claim holds without a sign of life: longer than any one message takes.
_LEASE = timedelta(minutes=30)

#: Messages in a row on one connection that may end in doubt before the run is stopped.
_DOUBTS_IN_A_ROW = 2

#: Seconds between two reports of progress.
_GLANCE = 0.1


class MailRefused(NewsletterError):
    """The relay refuses our mail for a reason that is about us; nothing was held against the readers."""


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
    on_progress: Callable[[int], None] = lambda _: None,
    stop: Event | None = None,
) -> Summary:
    """Hand over everything that is due, on up to `connections` connections, at most `rate` messages a second.

    `resend` says whether a message that may have arrived is sent again; with `notices_only`, issues are left where
    they are. `on_progress` is told, in the caller's thread, how many deliveries have come to an end since it was last
    told. Setting `stop` ends the run after the messages that are on the wire; so does KeyboardInterrupt, which is
    raised again. A relay that cannot be reached or refuses us is named in the summary, and what was not sent stays
    queued.

    Raises DatabaseUnavailable; what was on the wire then is taken up by the next run.
    """
    with writing(engine) as connection:
        queue.recover(connection, now=now(), resend=resend)
        cancelled = queue.cancel_undeliverable(connection, now())
    ledger = Ledger(
        engine,
        presence.introduce(),
        now=now,
        batch=_BATCH * connections,
        lease=_LEASE,
        notices_only=notices_only,
    )
    run = _Run(ledger, open_transport, composer, now, Pace(rate), resend, stop or Event())
    try:
        run.work(connections, on_progress)
    finally:
        ledger.close()
    with writing(engine) as connection:
        cancelled += queue.cancel_undeliverable(connection, now())
    on_progress(cancelled)
    return run.summary(cancelled)


class _Run:
    """One run over several connections."""

    def __init__(
        self,
        ledger: Ledger,
        open_transport: Callable[[], Transport],
        compose: Compose,
        now: Callable[[], datetime],
        pace: Pace,
        resend: bool,
        stop: Event,
    ) -> None:
        self._ledger = ledger
        self._open_transport = open_transport
        self._compose = compose
        self._now = now
        self._pace = pace
        self._resend = resend
        self._stop = stop
        self._lock = Lock()
        self._tally: Counter[str] = Counter()
        self._told = 0
        self._failure: BaseException | None = None  # ends all connections
        self._unavailable: RelayUnavailable | None = None  # has ended one of them

    def work(self, connections: int, on_progress: Callable[[int], None]) -> None:
        """Work until nothing is due, or nothing can be done.

        A relay that drops some of our connections, or allows fewer, is served by those that it leaves us.
        """
        while waiting := self._ledger.open():
            done = self._handled()
            self._unavailable = None
            threads = [Thread(target=self._connect, daemon=True) for _ in range(min(connections, waiting))]
            self._attend(threads, on_progress)
            if self._is_over() or self._unavailable is None or self._handled() == done:
                break
        else:
            self._unavailable = None  # the other connections have done its work
        if self._failure is not None and not isinstance(self._failure, NewsletterError):
            raise self._failure

    def summary(self, cancelled: int) -> Summary:
        """Say what was done."""
        tally, failure = self._tally, self._failure or self._unavailable
        return Summary(
            sent=tally["sent"],
            bounced=tally["bounced"],
            failed=tally["failed"],
            unknown=tally["unknown"],
            cancelled=cancelled,
            later=tally["queued"],
            stopped=failure if isinstance(failure, NewsletterError) else None,
        )

    def _attend(self, threads: Sequence[Thread], on_progress: Callable[[int], None]) -> None:
        """Run the connections and report progress; whatever interrupts this ends them first."""
        try:
            for thread in threads:
                thread.start()
            for thread in threads:
                while thread.is_alive():
                    thread.join(_GLANCE)
                    self._report(on_progress)
            self._report(on_progress)
        except BaseException as interruption:
            self._fail(interruption)
            for thread in threads:
                if thread.ident is not None:
                    thread.join()
            raise

    def _report(self, on_progress: Callable[[int], None]) -> None:
        done = self._handled() - self._tally["queued"]
        if done > self._told:
            told, self._told = self._told, done
            on_progress(done - told)

    def _connect(self) -> None:
        """One connection's life, in its own thread."""
        try:
            transport = self._open_transport()
            try:
                self._converse(transport)
            finally:
                transport.close()
        except RelayUnavailable as error:
            self._unavailable = error
        except BaseException as failure:  # noqa: BLE001 - raised again in the caller's thread
            self._fail(failure)

    def _converse(self, transport: Transport) -> None:
        """Hand over one delivery after the other; every outcome goes to the ledger, whatever it is."""
        settlement: Settlement | None = None
        error: Exception | None = None
        doubts = 0
        while True:
            if self._pace.limits and error is None:
                if settlement is not None:
                    self._settle(settlement, wants_more=False)
                    settlement = None
                self._pace.wait(self._is_over)
            claimed = self._settle(settlement, wants_more=error is None and not self._is_over())
            if error is not None:
                raise error
            if claimed is None:
                return
            settlement, error = self._hand_over(transport, claimed)
            if isinstance(error, InDoubt):
                doubts += 1
                error = error if doubts >= _DOUBTS_IN_A_ROW else None
            else:
                doubts = 0

    def _settle(self, settlement: Settlement | None, *, wants_more: bool) -> Claimed | None:
        claimed = self._ledger.turn(settlement, wants_more=wants_more)
        if settlement is not None and settlement.outcome.counts:
            with self._lock:
                self._tally[settlement.outcome.status] += 1
        return claimed

    def _hand_over(self, transport: Transport, claimed: Claimed) -> tuple[Settlement, Exception | None]:
        """Compose and send one message; return its outcome, and why this connection cannot go on."""
        try:
            message = self._compose(claimed, self._now())
        except (ValueError, InvalidAddress) as error:
            note = f"the message could not be made: {error}"
            return Settlement(claimed.id, retry.Outcome("failed"), note=note), None
        except Exception as error:  # noqa: BLE001 - given back, and raised by the caller
            return Settlement(claimed.id, retry.unmarked()), error
        try:
            reply = transport.send(message.envelope, message.data)
        except RelayUnavailable as error:
            return Settlement(claimed.id, retry.unmarked()), error
        except Exception as error:  # noqa: BLE001 - where a transport breaks, anything may have happened
            outcome = retry.in_doubt(claimed.attempts, resend=self._resend)
            return Settlement(claimed.id, outcome, note=str(error)), error
        outcome = retry.decide(reply, claimed.attempts)
        return Settlement(claimed.id, outcome, reply), _refused(reply) if outcome.stops else None

    def _handled(self) -> int:
        with self._lock:
            return self._tally.total()

    def _fail(self, failure: BaseException) -> None:
        with self._lock:
            self._failure = self._failure or failure

    def _is_over(self) -> bool:
        return self._failure is not None or self._stop.is_set()


def _refused(reply: Reply) -> MailRefused:
    remedy = "This is about us, not about the reader. Mend it with whoever runs the relay, and send again."
    return MailRefused(f"The relay refuses our mail: {reply}.", remedy=remedy)
