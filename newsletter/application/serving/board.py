"""The board of a process: how each of its roles fares, and what it has done. What is on it, the database has too."""

import socket
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock

from newsletter.application.opening import clock
from newsletter.outbox import duties, presence
from newsletter.outbox.duties import Duty, State
from newsletter.site import Site
from subscribers.database import writing
from subscribers.errors import DatabaseUnavailable


@dataclass(slots=True)
class Place:
    """One role's place on the board: the role writes, everybody reads."""

    role: str
    _state: State = "starting"
    _reason: str = ""
    _since: datetime = field(default_factory=clock)
    _counts: Counter[str] = field(default_factory=Counter)
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

    def show(self) -> list[Duty]:
        """Return how the roles of this process fare."""
        return [place.show() for place in self.places.values()]

    def write_down(self) -> None:
        """Let the other processes know; what cannot be written now is written the next time."""
        with suppress(DatabaseUnavailable), writing(self._engine) as connection:
            duties.write_down(connection, self._process, self.host, self.show(), clock())

    def close(self) -> None:
        """Take the process off."""
        with suppress(DatabaseUnavailable), writing(self._engine) as connection:
            duties.leave(connection, self._process)
