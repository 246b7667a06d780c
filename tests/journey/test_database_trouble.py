"""Law 2 when the database goes away in the middle: who cannot write down what was sent sends nothing more."""

import os
import resource
import shutil
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine

from newsletter.outbox import queue
from newsletter.outbox.queue import Counts
from subscribers.database import backup, open_engine, reading
from subscribers.errors import DatabaseUnavailable
from tests import postgres
from tests.databases import prepare
from tests.issues import queue_issue, rows
from tests.processes import Relay, finish, relay_running, repeats, send, start_sender
from tests.requirements import require

READERS = 300
CONNECTIONS = 4

#: Seconds by which the clock goes on, so that no lease of an earlier run holds.
_LATER = 3600

#: Octets that SQLite's log may grow to before there is no room.
_ROOM = 400_000


def in_doubt(engine: Engine) -> int:
    """Return how many messages the ledger has as being sent, no other being lost."""
    found = [row.status for row in rows(engine).values()]
    assert len(found) == READERS
    return found.count("sending")


def counts(engine: Engine) -> Counts:
    """Return the counts of the issue."""
    with reading(engine) as connection:
        return queue.counts(connection, 1)


@pytest.fixture
def own_cluster() -> Iterator[postgres.Cluster]:
    """A PostgreSQL server that may crash: what it has committed is out of its hands."""
    binaries = postgres.find_binaries()
    require("PostgreSQL", binaries)
    assert binaries is not None
    with postgres.running(binaries, {"synchronous_commit": "on"}) as cluster:
        yield cluster


@pytest.fixture
def own_engine(own_cluster: postgres.Cluster, now: datetime) -> Iterator[Engine]:
    """A database on it, with an issue that waits."""
    prepare(own_cluster.create("news"))
    engine = open_engine(own_cluster.url("news"))
    queue_issue(engine, now, readers=READERS)
    yield engine
    engine.dispose()


def test_postgresql_is_started_again(
    own_cluster: postgres.Cluster, own_engine: Engine, tmp_path: Path
) -> None:
    """Crashed twice and up again at once: the sender has its outcomes in hand and waits, and nobody notices."""
    with relay_running(tmp_path / "log", "--delay", "0.002") as relay, ThreadPoolExecutor() as pool:
        sending = pool.submit(send, own_engine, relay, "--connections", CONNECTIONS)
        for _ in range(2):
            relay.await_copies(len(relay.copies()) + 50)
            own_cluster.crash()
            own_cluster.start()
        assert sending.result().stopped is None
        copies = relay.copies()
    assert counts(own_engine) == Counts(sent=READERS)
    assert len({copy.recipient for copy in copies}) == READERS, "nobody was lost"
    assert repeats(copies) == 0


def test_postgresql_stays_away(own_cluster: postgres.Cluster, own_engine: Engine, tmp_path: Path) -> None:
    """Crashed for longer than a sender may trust its lease: that stops, with one message a connection in doubt."""
    with relay_running(tmp_path / "log", "--delay", "0.002") as relay:
        with ThreadPoolExecutor() as pool:
            sending = pool.submit(send, own_engine, relay, "--connections", CONNECTIONS, "--lease", 3)
            relay.await_copies(50)
            own_cluster.crash()
            assert isinstance(sending.exception(), DatabaseUnavailable)
        own_cluster.start()
        resume(own_engine, relay, in_doubt(own_engine))


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """Mount a file system of three megabytes."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", folder]
    able = os.geteuid() == 0 and subprocess.run(command, capture_output=True, check=False).returncode == 0
    require("the right to mount a file system", able)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def test_the_disk_is_full(sqlite_engine: Engine, now: datetime, tmp_path: Path) -> None:
    """SQLite finds its disk full in the middle of a send: that stops, and goes on when there is room again."""
    queue_issue(sqlite_engine, now, readers=READERS)
    with small_disk(tmp_path / "disk") as disk, relay_running(tmp_path / "log") as relay:
        backup(sqlite_engine, disk / "newsletter.db")
        engine = open_engine(f"sqlite:///{disk}/newsletter.db")
        ballast = disk / "ballast"
        ballast.write_bytes(bytes(shutil.disk_usage(disk).free - _ROOM))
        with pytest.raises(DatabaseUnavailable, match="the disk is full"):
            send(engine, relay, "--connections", CONNECTIONS)
        doubtful = in_doubt(engine)
        ballast.unlink()
        resume(engine, relay, doubtful)
        engine.dispose()


def test_a_file_may_not_grow(sqlite_engine: Engine, now: datetime, tmp_path: Path) -> None:
    """The same with a limit on the size of files, under which the sender was started."""
    queue_issue(sqlite_engine, now, readers=READERS)
    sqlite_engine.dispose()  # or its log would be there, and long
    with relay_running(tmp_path / "log") as relay:
        sender = start_sender(sqlite_engine, relay, "--connections", CONNECTIONS, preexec_fn=limit_files)
        assert "the disk refuses" in finish(sender)
        resume(sqlite_engine, relay, in_doubt(sqlite_engine))


def limit_files() -> None:
    """Let no file of this process grow any further."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (_ROOM, _ROOM))


def resume(engine: Engine, relay: Relay, doubtful: int) -> None:
    """Send what is left, and count."""
    assert doubtful <= CONNECTIONS
    assert 0 < len(relay.copies()) < READERS, "it was stopped in the middle"
    assert send(engine, relay, "--connections", CONNECTIONS, "--ahead", _LATER).stopped is None
    assert counts(engine) == Counts(sent=READERS)
    copies = relay.copies()
    assert len({copy.recipient for copy in copies}) == READERS, "nobody was lost"
    assert repeats(copies) <= doubtful
