"""The scheduler: APScheduler wakes us, and what is due is decided by the tables alone.

Its job store lives in memory and knows nothing that would be missed: a tick that comes late, twice, never, or in
several processes at once, makes the same issues.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from threading import Event
from typing import Any

from newsletter.site import Site


@dataclass(frozen=True, slots=True)
class Happened:
    """What a tick did, or what kept it from doing something, in the words of the log."""

    event: str  # "issue frozen", "skipped", "missed", "refused", …
    facts: dict[str, Any] = field(default_factory=dict)
    trouble: bool = False


def schedule(
    site: Site,
    clock: Callable[[], datetime],
    stop: Event,
    *,
    tell: Callable[[Happened], None] = lambda _happened: None,
) -> None:
    """Make every issue that comes due, until `stop` is set; `tell` hears what happened, for the log.

    An issue that waits for approval has the state "held": its deliveries are queued, and nothing takes them before
    somebody approves it.
    """
    stop.wait()
