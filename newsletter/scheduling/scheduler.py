"""The scheduler: APScheduler wakes us, and what is due is decided by the tables alone.

Its job store lives in memory and knows nothing that would be missed: a tick that comes late, twice, never, or in
several processes at once, makes the same issues.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from threading import Event, Lock

from apscheduler.executors.debug import DebugExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.date import DateTrigger
from apscheduler.triggers.interval import IntervalTrigger

from newsletter.content.reader import Scan
from newsletter.scheduling.happened import Happened, Tell, nobody
from newsletter.scheduling.ticking import Tick
from newsletter.scheduling.watching import settled_scan
from newsletter.site import Site

__all__ = ["Happened", "schedule"]

#: Seconds between two ticks, whatever is due: the folder is looked at, and clocks may have been put.
EVERY = 30.0

#: Seconds between two looks whether we are to stop, or to tick at once.
_GLANCE = 0.2

#: Seconds that a tick may still need when it is time to stop. What it had not committed, the next one does.
_PATIENCE = 2.5


def schedule(
    site: Site,
    clock: Callable[[], datetime],
    stop: Event,
    *,
    tell: Tell = nobody,
    every: float = EVERY,
    wake: Event | None = None,
) -> None:
    """Make every issue that comes due, until `stop` is set; `tell` hears what happened, for the log.

    It ticks at once, at each time that is due, and in between `every` so many seconds; who sets `wake` has it tick now
    (new posts are there). An issue that waits for approval has the state "held": its deliveries are queued, and nothing
    takes them before somebody approves it. Raises what a tick raises, such as DatabaseUnavailable: whoever runs us
    begins anew.
    """
    ticker = _Ticker(site, clock, stop, tell)
    ticker.tick()
    ticker.start(every)
    try:
        while ticker.failure is None and not stop.wait(_GLANCE):
            if wake is not None and wake.is_set() and not ticker.is_at_it:
                wake.clear()
                ticker.tick_now()
    finally:
        ticker.end()
    if ticker.failure is not None:
        raise ticker.failure


class _ToldToStop(Exception):
    """There is no time any more to see whether a folder has settled."""


class _Ticker:
    """Ticks, one at a time, in the scheduler's thread."""

    def __init__(self, site: Site, clock: Callable[[], datetime], stop: Event, tell: Tell) -> None:
        self.failure: BaseException | None = None
        self._site = site
        self._clock = clock
        self._stop = stop
        self._tell = tell
        self._ticking = Lock()
        self._ended = False
        # its own thread does the work: it is no reason for the process to live on
        self._scheduler = BackgroundScheduler(
            executors={"default": DebugExecutor()}, timezone=UTC, daemon=True
        )

    @property
    def is_at_it(self) -> bool:
        """Whether a tick is going on."""
        return self._ticking.locked()

    def tick(self) -> None:
        """Make what is due, and have us woken when the next issue is."""
        with self._ticking, suppress(_ToldToStop):
            next_at = Tick(self._site, self._clock(), self._tell, self._look).make_what_is_due()
            if next_at is not None:
                self._add_once("due", next_at)

    def start(self, every: float) -> None:
        """Tick from now on."""
        self._add("every", IntervalTrigger(seconds=every, timezone=UTC))
        self._scheduler.start()

    def tick_now(self) -> None:
        """Tick as soon as may be."""
        self._add_once("now", self._clock())

    def end(self) -> None:
        """Tick no more; a tick that is at it has a moment to come to its end."""
        self._ended = True
        if self._ticking.acquire(timeout=_PATIENCE):
            self._ticking.release()
            self._scheduler.shutdown(wait=False)

    def _look(self) -> Scan:
        """Read the folder when nobody writes to it; a post that is half written makes no issue."""
        scan = settled_scan(self._site.content, self._stop, had_posts=False)
        if self._stop.is_set():
            raise _ToldToStop
        return scan

    def _add_once(self, name: str, moment: datetime) -> None:
        """Have it tick at a moment. Each moment is a job of its own: one that has run is removed, and what it added
        under its own name would go with it."""
        self._add(f"{name} {moment.isoformat()}", DateTrigger(moment))

    def _add(self, name: str, trigger: BaseTrigger) -> None:
        self._scheduler.add_job(
            self._try, trigger, id=name, replace_existing=True, coalesce=True, misfire_grace_time=None
        )

    def _try(self) -> None:
        try:
            if not self._ended:
                self.tick()
        except BaseException as failure:  # noqa: BLE001 - raised again in the caller's thread
            self.failure = failure
