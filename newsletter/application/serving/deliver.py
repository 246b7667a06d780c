"""The role `deliver`: hands over whatever comes due. A relay or database that is not there is waited for."""

from contextlib import suppress
from functools import partial
from threading import Event
from time import monotonic

from newsletter.application import delivering, logs
from newsletter.application.chronicle import Chronicle
from newsletter.application.opening import clock
from newsletter.application.overhearing import Overheard
from newsletter.application.serving.board import Place
from newsletter.application.serving.patience import Patience
from newsletter.errors import NewsletterError, RelayUnavailable
from newsletter.outbox import queue, to_author
from newsletter.outbox.delivery import presence
from newsletter.outbox.delivery.worker import Summary
from newsletter.outbox.letters import Round
from newsletter.site import Site
from newsletter.transport.protocol import Transport
from subscribers.database import reading, writing
from subscribers.errors import DatabaseUnavailable

#: Seconds between two looks at the outbox, and at the most while what is due may not go out yet, as in a warm-up.
_LOOK, _LONGEST_LOOK = 1.0, 10.0

#: Seconds between two looks for workers that have died.
_ROLL_CALL = 5.0

_NO_RELAY, _NO_DATABASE = "relay unavailable", "database unavailable"


def work(site: Site, place: Place, stop: Event, *, verbose: bool = False) -> None:
    """Deliver until told to stop."""
    role = _Delivering(site, place, stop, verbose=verbose)
    place.turn("working")
    while not stop.is_set():
        stop.wait(role.turn())
    with suppress(DatabaseUnavailable):
        role.chronicle.close()


class _Delivering:
    """What the role knows from turn to turn."""

    def __init__(self, site: Site, place: Place, stop: Event, *, verbose: bool) -> None:
        self.chronicle = Chronicle(site)
        self._site = site
        self._place = place
        self._stop = stop
        self._around = Overheard if verbose else _as_it_is
        self._patience = Patience(place.wait_for)
        self._roll_call = 0.0
        self._fruitless = 0  # runs in a row that did nothing

    def turn(self) -> float:
        """Do what there is to do; return for how many seconds to wait then."""
        try:
            letters, deliveries = self._are_due()
            self._patience.regain(_NO_DATABASE)
            if not letters and not deliveries:
                return _LOOK
            stopped = self._write_to_author() if letters else None
            if stopped is not None or not deliveries:
                return self._rest(stopped)
            return self._deliver()
        except DatabaseUnavailable as error:
            return self._patience.lose(_NO_DATABASE, str(error))

    def _deliver(self) -> float:
        summary = delivering.deliver(
            self._site,
            on_progress=partial(self._place.count, "handled"),
            stop=self._stop,
            chronicle=self.chronicle,
            around=self._around,
        )
        self._count(summary)
        self._fruitless = self._fruitless + 1 if summary == Summary() else 0
        return self._rest(summary.stopped)

    def _rest(self, stopped: NewsletterError | None) -> float:
        """Return how long to wait after a run, which trouble may have ended."""
        if stopped is not None:
            return self._patience.lose(_trouble(stopped), stopped.message)
        self._patience.regain()
        return min(self._fruitless * _LOOK, _LONGEST_LOOK)

    def _write_to_author(self) -> NewsletterError | None:
        done = delivering.deliver_letters(self._site, stop=self._stop)
        self._place.count("letters", done.sent)
        _tell(done)
        return done.stopped

    def _are_due(self) -> tuple[bool, bool]:
        """Whether there are letters and deliveries to hand over, also what a worker held that has died."""
        now = clock()
        with reading(self._site.engine) as connection:
            letters = to_author.is_due(connection, now)
            deliveries = any(True for _lane in queue.lanes(connection, now))
        if not deliveries:
            self._call_the_roll()
        return letters, deliveries

    def _call_the_roll(self) -> None:
        """Take back what the dead held, and what this very process did, when the database was away as it let go."""
        if monotonic() - self._roll_call < _ROLL_CALL:
            return
        self._roll_call = monotonic()
        engine, resend = self._site.engine, delivering.sends_again(self._site)
        is_gone = partial(_is_gone, one_machine=engine.dialect.name == "sqlite")
        with writing(engine) as connection:
            back = queue.recover(connection, now=clock(), resend=resend, is_dead=is_gone)
        if back.returned or back.doubtful:
            logs.trouble("taken over from a worker that died", queued=back.returned, in_doubt=back.doubtful)

    def _count(self, summary: Summary) -> None:
        for what in ("sent", "bounced", "failed", "unknown", "cancelled", "later"):
            self._place.count(what, getattr(summary, what))


def _is_gone(worker: str, *, one_machine: bool) -> bool:
    """Whether nobody works under this name: between its runs, this process has no worker."""
    return presence.is_of_this_process(worker) or presence.is_dead(worker, one_machine=one_machine)


def _tell(done: Round) -> None:
    for kind, words in done.failed:
        logs.trouble("letter to the author refused", kind=kind, reply=words)
    for kind, words in done.later:
        logs.trouble("letter to the author put off", kind=kind, reply=words)
    if done.sent:
        logs.event("written to the author", letters=done.sent)


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
