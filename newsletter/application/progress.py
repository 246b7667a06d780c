"""Progress: how an issue gets on, all processes together, for whoever watches."""

from collections.abc import Callable
from time import monotonic

from newsletter.outbox import queue
from newsletter.outbox.queue import Counts
from newsletter.site import Site
from subscribers.database import reading

#: Seconds between two looks at how an issue stands, and how many times as long as the look takes.
_GLANCE, _SHARE = 1.0, 100


class Progress:
    """Tells how many deliveries of an issue have come to an end since it was last told.

    What this process does is told at once, what others do and what is cancelled meanwhile now and then.
    """

    def __init__(self, site: Site, number: int, counts: Counts, tell: Callable[[int], None] | None) -> None:
        self._engine = site.engine
        self._number = number
        self._told = counts.total - counts.open
        self._tell = tell
        self._next = monotonic() + _GLANCE

    def add(self, done: int) -> None:
        """Take in what this process has done: deliveries of the issue, nearly always."""
        if self._tell is None:
            return
        if monotonic() < self._next:
            self._told += done
            self._tell(done)
            return
        began = monotonic()
        with reading(self._engine) as connection:
            self.correct(queue.counts(connection, self._number))
        # counting a million takes a second, in which the sending goes slower
        self._next = began + max(_GLANCE, _SHARE * (monotonic() - began))

    def correct(self, counts: Counts) -> None:
        """Tell the truth."""
        told, self._told = self._told, counts.total - counts.open
        if self._tell is not None:
            self._tell(self._told - told)
