"""Writes to a database that others write to: `python -m tests.writer URL readers|issues COUNT`, when told to begin.

Many readers come, each in a transaction of their own; or many issues are frozen for all readers that are there.
"""

import os
import sys
from datetime import UTC, datetime

from sqlalchemy import Connection

from newsletter.issues import freezing
from newsletter.outbox import queue
from subscribers.database import open_engine, writing
from subscribers.segments import Segment, audience
from tests.contract import readers
from tests.issues import freeze


def add_reader(connection: Connection, number: int, now: datetime) -> None:
    """Let a reader come who is no other process's reader."""
    readers.add_confirmed(connection, f"reader{number}.{os.getpid()}@example.org", now)


def make_issue(connection: Connection, number: int, now: datetime) -> None:
    """Freeze an issue, as a journey does: look what there is, then write."""
    freezing.take_turn(connection)
    number = freezing.next_number(connection)
    rendering_id = freeze(connection, now, number=number)
    queue.enqueue_issue(connection, number, rendering_id, audience(Segment(None)), due_at=now)


def main() -> None:
    """Write, a transaction each."""
    url, what, count = sys.argv[1:]
    write = {"readers": add_reader, "issues": make_issue}[what]
    engine = open_engine(url)
    print("ready", flush=True)  # noqa: T201 - whoever started us waits for it
    sys.stdin.readline()
    for number in range(int(count)):
        with writing(engine) as connection:
            write(connection, number, datetime.now(UTC))
    engine.dispose()


if __name__ == "__main__":
    main()
