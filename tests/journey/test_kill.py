"""Law 2: a sender that is killed at any instant loses nobody, and repeats at most what was on the wire."""

import random
import time
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine

from newsletter.outbox import queue
from newsletter.outbox.queue import Counts
from subscribers.database import reading
from tests.issues import queue_issue, rows
from tests.processes import kill, relay_running, repeats, send, start_sender

READERS = 300
CONNECTIONS = 4


def test_killed_again_and_again(engine: Engine, now: datetime, tmp_path: Path) -> None:
    """Killed three times on one issue and then left alone: everybody has it, repeats are few and recognisable."""
    kill_and_resume(engine, now, tmp_path, pipeline=1, kills=3)


def test_killed_with_rounds_on_the_wire(sqlite_engine: Engine, now: datetime, tmp_path: Path) -> None:
    """With four messages at a time on each connection, up to four are in doubt there, and no more."""
    kill_and_resume(sqlite_engine, now, tmp_path, pipeline=4, kills=3)


def kill_and_resume(engine: Engine, now: datetime, folder: Path, *, pipeline: int, kills: int) -> None:
    """Send, kill and send on, and count.

    A repeat of any one kill is what the ledger had as being sent at that kill: no more than one message for each
    connection, or as many as go in one pipeline, where the author wants that.
    """
    queue_issue(engine, now, readers=READERS)
    options = ("--connections", CONNECTIONS, "--pipeline", pipeline)
    chance = random.Random(20260302)
    copies_allowed = dict.fromkeys(rows(engine), 1)
    with relay_running(folder / "log") as relay:
        for _ in range(kills):
            target = len(relay.copies()) + chance.randint(1, READERS // 8)
            sender = start_sender(engine, relay, *options)
            relay.await_copies(target)
            time.sleep(chance.uniform(0, 0.01))
            kill(sender)
            found = rows(engine)
            doubtful = [row.email for row in found.values() if row.status == "sending"]
            assert len(doubtful) <= CONNECTIONS * pipeline
            assert len(found) == READERS
            for email in doubtful:
                copies_allowed[email] += 1
        assert len(relay.copies()) < READERS, "it was killed before it was done, each time"
        assert send(engine, relay, *options).stopped is None
    with reading(engine) as connection:
        assert queue.counts(connection, 1) == Counts(sent=READERS)
    copies = relay.copies()
    assert {copy.recipient for copy in copies} == set(copies_allowed), "nobody was lost"
    for email, allowed in copies_allowed.items():
        assert sum(copy.recipient == email for copy in copies) <= allowed
    assert repeats(copies, depth=pipeline) <= kills * CONNECTIONS * pipeline
