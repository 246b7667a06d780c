"""The board of a process: how each of its roles fares, and what it has done. What is on it, the database has too."""

import socket
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from threading import Lock
from time import monotonic

from newsletter.application.opening import clock
from newsletter.outbox import duties
from newsletter.outbox.delivery import presence
from newsletter.outbox.duties import Duty, State
from newsletter.site import Site
from subscribers.database import writing
from subscribers.errors import DatabaseUnavailable

#: Seconds between two signs of life, at the most.
_BEAT = 10.0


@dataclass(slots=True)
class Place:
    """One role's place on the board: the role writes, everybody reads."""

    role: str
    _state: State = "starting"
    _reason: str = ""
    _since: datetime = field(default_factory=clock)
    _counts: Counter[str] = field(default_factory=Counter)
    _measured: tuple[float, float] = field(default_factory=lambda: (0.0, monotonic()))
    _lock: Lock = field(default_factory=Lock)

    def turn(self, state: State, reason: str = "") -> None:
        """Say how the role fares; since when is kept as long as that does not change."""
        with self._lock:
            if state != self._state:
                self._since = clock()
            self._state, self._reason = state, reason

    def wait_for(self, reason: str) -> None:
        """Say what the role waits for; nothing: it works."""
        self.turn("waiting" if reason else "working", reason)

    def count(self, what: str, number: float = 1) -> None:
        """Add to what the role has done."""
        with self._lock:
            self._counts[what] += number  # type: ignore[assignment]

    def measure(self, what: str) -> float:
        """Return how much of something was done a second since this was asked last."""
        now = monotonic()
        with self._lock:
            total, (before, then) = self._counts[what], self._measured
            self._measured = (total, now)
        return (total - before) / max(now - then, 0.001)

    def show(self) -> Duty:
        """Return how it fares."""
        with self._lock:
            return Duty(self.role, self._state, self._reason, self._since, dict(self._counts))


class Board:
    """All the places of a process."""

    def __init__(self, site: Site, roles: Sequence[str]) -> None:
        self.places = {role: Place(role) for role in roles}
        self.host = socket.gethostname()
        self._engine = site.engine
        self._process = presence.introduce()
        self._written: dict[str, State] = {}
        self._written_at = 0.0

    def show(self) -> list[Duty]:
        """Return how the roles of this process fare."""
        return [place.show() for place in self.places.values()]

    def keep(self) -> None:
        """Let the other processes know when something has changed, and now and then that we are there."""
        states = {role: place.show().state for role, place in self.places.items()}
        if states != self._written or monotonic() - self._written_at > _BEAT:
            self._written, self._written_at = states, monotonic()
            self._write_down()

    def _write_down(self) -> None:
        """Write everything down; what cannot be written now is written the next time."""
        own = [self._with_rate(place) for place in self.places.values()]
        with suppress(DatabaseUnavailable), writing(self._engine) as connection:
            duties.write_down(connection, self._process, self.host, own, clock())

    def _with_rate(self, place: Place) -> Duty:
        """Add to what a role has done how fast it went of late."""
        rate, duty = place.measure("handled"), place.show()
        return (
            replace(duty, counts={**duty.counts, "rate": round(rate, 1)}) if place.role == "deliver" else duty
        )

    def close(self) -> None:
        """Take the process off."""
        with suppress(DatabaseUnavailable), writing(self._engine) as connection:
            duties.leave(connection, self._process)
