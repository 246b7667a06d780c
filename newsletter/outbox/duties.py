"""Duties: which role of `serve` runs in which process, and how it fares, as the database has it.

Each process writes down its own now and then, so that any of them can tell of all: the one with the pages says how the
one that delivers is doing.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import Connection, delete, insert, select

from newsletter.outbox.tables import duties

#: Who has not been heard of for so long is not there any more.
GONE = timedelta(minutes=1)

State = Literal["starting", "working", "waiting", "failing"]


@dataclass(frozen=True, slots=True)
class Duty:
    """One role in one process: how it fares since when, and why; `counts` is what it has done since it began.

    `waiting`: for something that is not there, such as the relay. `failing`: it ended, and is started again.
    """

    role: str
    state: State
    reason: str
    since: datetime
    counts: Mapping[str, float] = field(default_factory=dict)
    process: str = ""
    host: str = ""


def write_down(connection: Connection, process: str, host: str, own: Sequence[Duty], now: datetime) -> None:
    """Write down how the roles of a process fare, and forget processes that are gone."""
    leave(connection, process)
    connection.execute(delete(duties).where(duties.c.seen_at < now - GONE))
    common = {"process": process, "host": host, "seen_at": now}
    rows = [
        {
            **common,
            "role": duty.role,
            "state": duty.state,
            "reason": duty.reason,
            "since": duty.since,
            "counts": json.dumps(dict(duty.counts)),
        }
        for duty in own
    ]
    if rows:
        connection.execute(insert(duties), rows)


def leave(connection: Connection, process: str) -> None:
    """Forget a process that ends."""
    connection.execute(delete(duties).where(duties.c.process == process))


def seen(connection: Connection, now: datetime) -> list[Duty]:
    """Return the duties of all processes that were heard of lately."""
    query = select(duties).where(duties.c.seen_at >= now - GONE).order_by(duties.c.process, duties.c.role)
    return [
        Duty(row.role, row.state, row.reason, row.since, json.loads(row.counts), row.process, row.host)
        for row in connection.execute(query)
    ]
