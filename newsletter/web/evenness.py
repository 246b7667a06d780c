"""Evenness: an answer that takes as long whatever became of a wish, so that no stopwatch tells who subscribes."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic, sleep

#: Seconds of one step: a wish takes less, and what takes longer takes two or three of them.
_STEP = 0.25


@contextmanager
def evenly(step: float = _STEP) -> Iterator[None]:
    """Let the block end only with a whole number of steps."""
    began = monotonic()
    try:
        yield
    finally:
        sleep(remaining(monotonic() - began, step))


def remaining(spent: float, step: float) -> float:
    """Return how long the step lasts that has begun last. Pure."""
    return step - spent % step
