"""Law 2: a sender that is killed at any instant loses nobody, and repeats at most one message a connection."""

import email
import email.policy
import random
import subprocess
import sys
import time
from collections import defaultdict
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine

from newsletter.outbox import queue
from newsletter.outbox.queue import Counts
from subscribers.database import reading
from tests.issues import queue_issue
from tests.smtp_server import Server, smtp_server

READERS = 300
CONNECTIONS = 4
KILLS = 5

#: Seconds after which a sender that should have been done counts as stuck.
PATIENCE = 60


def start(engine: Engine, server: Server) -> "subprocess.Popen[bytes]":
    """Start a sender in a process of its own."""
    url = engine.url.render_as_string(hide_password=False)
    command = [sys.executable, "-m", "tests.sender", url, str(server.port), str(CONNECTIONS)]
    return subprocess.Popen(command, cwd=Path(__file__).parents[2], stderr=subprocess.PIPE)


def kill_after(process: "subprocess.Popen[bytes]", server: Server, messages: int, pause: float) -> None:
    """Kill a sender outright, somewhere behind so many more messages."""
    target, deadline = len(server.received) + messages, time.monotonic() + PATIENCE
    while len(server.received) < target and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.0005)
    time.sleep(pause)
    process.kill()
    process.communicate()


def test_killed_again_and_again(engine: Engine, now: datetime) -> None:
    """Killed five times on one issue and then left alone: everybody has it, repeats are few and recognisable."""
    queue_issue(engine, now, readers=READERS)
    chance = random.Random(20260302)
    with smtp_server() as server:
        for _ in range(KILLS):
            kill_after(
                start(engine, server), server, chance.randint(1, READERS // 8), chance.uniform(0, 0.01)
            )
            with reading(engine) as connection:
                counts = queue.counts(connection, 1)
            assert counts.sending <= CONNECTIONS
            assert counts.total == READERS
        assert len(server.received) < READERS, "it was killed before it was done, each time"
        last = start(engine, server)
        _, complaint = last.communicate(timeout=PATIENCE)
        assert (last.returncode, complaint) == (0, b"")
    with reading(engine) as connection:
        assert queue.counts(connection, 1) == Counts(sent=READERS)
    copies = message_ids(server)
    assert len(copies) == READERS, "nobody was lost"
    assert len(server.received) - READERS <= KILLS * CONNECTIONS
    assert all(len(set(ids)) == 1 for ids in copies.values()), "a repeat can be recognised by its Message-ID"


def message_ids(server: Server) -> dict[str, list[str]]:
    """Return the Message-IDs of all copies that each reader got."""
    copies = defaultdict(list)
    for message in server.received:
        parsed = email.message_from_bytes(message.data, policy=email.policy.default)
        copies[message.recipient].append(parsed["Message-ID"])
    return copies
