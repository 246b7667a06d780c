"""Domains that cannot take all our mail at once: how many connections each may have, and which want none for a while.

A domain that asked for less gets nothing for a time, and then mail on one connection; each minute adds one. What it
asked stands in a table, so that every worker heeds it.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, select

from newsletter.outbox.tables import domains

#: How long it takes until a domain may have one connection more.
_STEP = timedelta(minutes=1)

#: A domain that may have so many connections again is as any other.
_RECOVERED = 50


@dataclass(frozen=True, slots=True)
class Hold:
    """None of a domain's mail before `until`, and then on `connections`."""

    until: datetime
    connections: int

    def room(self, now: datetime) -> int:
        """Return how many connections the domain may have."""
        if now < self.until:
            return 0
        return self.connections + (now - self.until) // _STEP


class Domains:
    """One worker's view. `limit`: connections that any domain may have at once; 0: as many as there are."""

    def __init__(self, limit: int = 0) -> None:
        self._limit = limit
        self._holds: dict[str, Hold] = {}
        self._busy: Counter[str] = Counter()

    @property
    def restrict(self) -> bool:
        """Whether anybody ever has to wait for a domain."""
        return bool(self._limit or self._holds)

    def has_room(self, domain: str, now: datetime) -> bool:
        """Whether one connection more may hand over mail for a domain."""
        hold = self._holds.get(domain)
        room = hold.room(now) if hold else _RECOVERED
        if self._limit:
            room = min(room, self._limit)
        return room >= _RECOVERED or self._busy[domain] < room

    def held_until(self, domain: str, now: datetime) -> datetime | None:
        """Return until when a domain wants nothing, or None when it takes mail."""
        hold = self._holds.get(domain)
        return hold.until if hold and now < hold.until else None

    def enter(self, domain: str) -> None:
        """A connection begins to hand over mail for a domain."""
        self._busy[domain] += 1

    def leave(self, domain: str) -> None:
        """A connection is done with it."""
        if self._busy[domain] > 1:
            self._busy[domain] -= 1
        else:
            del self._busy[domain]

    def read(self, connection: Connection, now: datetime) -> None:
        """Learn what other workers were told."""
        recent = domains.c.held_until > now - _RECOVERED * _STEP
        rows = connection.execute(
            select(domains.c.name, domains.c.held_until, domains.c.connections).where(recent)
        )
        self._holds = {name: Hold(until, connections) for name, until, connections in rows}

    def hold(
        self, connection: Connection, asked: Iterable[tuple[str, timedelta, str]], now: datetime
    ) -> None:
        """Remember, for all workers, which domains want nothing for how long, and in which words."""
        for name, pause, reply in asked:
            hold = self._holds[name] = Hold(now + pause, 1)
            connection.execute(delete(domains).where(domains.c.name == name))
            values = {"name": name, "held_until": hold.until, "connections": 1, "reply": reply}
            connection.execute(insert(domains).values(values))
