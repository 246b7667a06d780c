"""One SQLite file, and many processes that write to it at once: nobody ever hears that it is locked."""

import subprocess
import sys
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine, func, select

from newsletter.outbox.tables import deliveries
from subscribers.database import reading
from tests.issues import queue_issue
from tests.processes import PATIENCE, Process, finish, relay_running, send, start_sender

_ROOT = Path(__file__).parents[2]

READERS, NEW_READERS, ISSUES = 60, 40, 4


def start_writer(engine: Engine, what: str, count: int) -> Process:
    """Start a process that writes when it is told to begin; return when it is ready."""
    command = [sys.executable, "-m", "tests.writer", str(engine.url), what, str(count)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(command, cwd=_ROOT, text=True, **pipes)


def test_all_write_at_once(sqlite_engine: Engine, now: datetime, tmp_path: Path) -> None:
    """Two deliver, two have readers come and two freeze issues: all get through, and the counts add up."""
    queue_issue(sqlite_engine, now, readers=READERS)
    with relay_running(tmp_path / "log") as relay, ExitStack() as stack:
        work = [("readers", NEW_READERS), ("issues", ISSUES)] * 2
        writers = [stack.enter_context(start_writer(sqlite_engine, *each)) for each in work]
        for writer in writers:
            assert writer.stdout is not None
            assert writer.stdout.readline() == "ready\n"
        senders = [start_sender(sqlite_engine, relay, "--connections", 2, "--serve") for _ in range(2)]
        relay.await_copies(1)
        for writer in writers:
            _, complaint = writer.communicate("begin\n", timeout=PATIENCE)
            assert (writer.returncode, complaint) == (0, "")
        assert [finish(sender) for sender in senders] == ["", ""]
        assert send(sqlite_engine, relay).stopped is None
        copies = relay.copies()
    by_status = select(deliveries.c.status, func.count()).group_by(deliveries.c.status)
    with reading(sqlite_engine) as connection:
        found = dict(connection.execute(by_status).all())
    assert found == {"sent": len(copies)}
    assert len(copies) >= READERS * (1 + 2 * ISSUES)
    assert len({copy.message_id for copy in copies}) == len(copies), "nobody got anything twice"
