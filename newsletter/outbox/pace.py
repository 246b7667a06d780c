"""Pace: no more than so many messages a second over all connections of a run."""

from collections.abc import Callable
from threading import Lock
from time import monotonic, sleep

#: Seconds after which somebody who waits looks whether the run has been stopped.
_GLANCE = 0.2


class Pace:
    """Lets one message pass each 1/`rate` seconds; a rate of 0 lets all pass."""

    def __init__(self, rate: float) -> None:
        self._interval = 1 / rate if rate else 0.0
        self._next = 0.0
        self._lock = Lock()

    @property
    def limits(self) -> bool:
        """Whether anybody ever has to wait."""
        return self._interval > 0

    def wait(self, is_over: Callable[[], bool]) -> None:
        """Return when the next message may go, or as soon as the run is over."""
        with self._lock:
            turn = max(self._next, monotonic())
            self._next = turn + self._interval
        while (rest := turn - monotonic()) > 0 and not is_over():
            sleep(min(rest, _GLANCE))
