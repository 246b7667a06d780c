"""Serving: deliver what comes due, day in, day out, any number of processes on one database."""

from contextlib import suppress
from threading import Event, Thread
from time import monotonic

from newsletter.application import delivering, logs
from newsletter.application.chronicle import Chronicle
from newsletter.application.opening import clock, make_ready
from newsletter.application.overhearing import Overheard
from newsletter.errors import NewsletterError, RelayUnavailable
from newsletter.outbox import queue
from newsletter.outbox.worker import Summary
from newsletter.site import Site
from newsletter.transport.protocol import Transport
from subscribers.database import reading, writing
from subscribers.errors import DatabaseUnavailable

#: Seconds between two looks at the outbox, and at the most while what is due may not go out yet, as in a warm-up.
_LOOK, _LONGEST_LOOK = 1.0, 10.0

#: Seconds between two looks for workers that have died.
_ROLL_CALL = 5.0

#: Seconds to wait after trouble: at first, and at the most. Each time it is twice as long.
_FIRST, _LONGEST = 1.0, 300.0

#: Seconds that messages on the wire have to come to an end. Then they are left, in doubt, to the next worker.
_GRACE = 8.0


def deliver(site: Site, stop: Event, *, verbose: bool = False) -> None:
    """Deliver whatever comes due until `stop` is set. A relay or database that is not there is waited for.

    Raises DatabaseUnavailable when the database is not there at first, and will not come by itself.
    """
    role = _Delivering(site, stop, verbose=verbose)
    thread = Thread(target=role.work, daemon=True)
    thread.start()
    stop.wait()
    thread.join(_GRACE)
    if role.failure is not None:
        raise role.failure
    logs.event("stopped", cleanly=not thread.is_alive())


class _Delivering:
    """The role, in a thread of its own: a relay that does not answer cannot keep the process from ending."""

    def __init__(self, site: Site, stop: Event, *, verbose: bool) -> None:
        self.failure: BaseException | None = None
        self._site = site
        self._stop = stop
        self._around = Overheard if verbose else _as_it_is
        self._chronicle = Chronicle(site)
        self._patience = _Patience()
        self._ready = False
        self._roll_call = 0.0
        self._fruitless = 0  # runs in a row that did nothing

    def work(self) -> None:
        """Work until told to stop."""
        logs.event("serving", role="deliver")
        try:
            while not self._stop.is_set():
                self._stop.wait(self._turn())
            with suppress(DatabaseUnavailable):
                self._chronicle.close()
        except BaseException as failure:  # noqa: BLE001 - raised again in the caller's thread
            self.failure = failure
            self._stop.set()

    def _turn(self) -> float:
        """Do what there is to do; return for how many seconds to wait then."""
        try:
            if not self._ready:
                make_ready(self._site)
                self._ready = True
            is_due = self._is_due()
            self._patience.regain(_NO_DATABASE)
            if not is_due:
                return _LOOK
            summary = delivering.deliver(
                self._site, stop=self._stop, chronicle=self._chronicle, around=self._around
            )
        except DatabaseUnavailable as error:
            if not self._ready and not error.passing:
                raise
            return self._patience.lose(_NO_DATABASE, str(error))
        if summary.stopped is not None:
            return self._patience.lose(_trouble(summary.stopped), summary.stopped.message)
        self._patience.regain()
        self._fruitless = self._fruitless + 1 if summary == Summary() else 0
        return min(self._fruitless * _LOOK, _LONGEST_LOOK)

    def _is_due(self) -> bool:
        """Whether there is work, also what a worker held that has died."""
        now = clock()
        with reading(self._site.engine) as connection:
            if any(True for _lane in queue.lanes(connection, now)):
                return True
        if monotonic() - self._roll_call < _ROLL_CALL:
            return False
        self._roll_call = monotonic()
        with writing(self._site.engine) as connection:
            back = queue.recover(connection, now=now, resend=delivering.sends_again(self._site))
        if back.returned or back.doubtful:
            logs.trouble("taken over from a worker that died", queued=back.returned, in_doubt=back.doubtful)
        return False


_NO_RELAY, _NO_DATABASE = "relay unavailable", "database unavailable"


class _Patience:
    """How long to wait while there is trouble; it is told when it begins, when it changes and when it is over."""

    def __init__(self) -> None:
        self._trouble = ""
        self._pause = _FIRST

    def lose(self, trouble: str, reason: str) -> float:
        """Return for how many seconds to wait now."""
        if trouble != self._trouble:
            logs.trouble(trouble, reason=reason)
        self._trouble = trouble
        pause, self._pause = self._pause, min(2 * self._pause, _LONGEST)
        return pause

    def regain(self, trouble: str = "") -> None:
        """Note that all is well, or that this trouble is over."""
        if trouble not in ("", self._trouble):
            return
        if self._trouble:
            logs.event("back", after=self._trouble)
        self._trouble, self._pause = "", _FIRST


def _trouble(error: NewsletterError) -> str:
    match error:
        case RelayUnavailable():
            return _NO_RELAY
        case delivering.PausedByRefusal():
            return "paused by refusal"
        case _:
            return "delivery stopped"


def _as_it_is(transport: Transport) -> Transport:
    return transport
