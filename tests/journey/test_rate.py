"""The rate holds over all senders together."""

from bisect import bisect_right
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine

from newsletter.outbox import queue
from newsletter.outbox.queue import Counts
from subscribers.database import reading
from tests.issues import queue_issue
from tests.processes import finish, relay_running, start_sender

READERS = 200
SENDERS, CONNECTIONS, RATE = 2, 2, 60

#: A sender reserves a quarter of a second for itself. If it is held up then, it may send that much at once; and what
#: is on the wire may be held up there, one message a connection.
BURST = SENDERS * (RATE // 4 + CONNECTIONS)


def test_two_senders_keep_to_one_rate(sqlite_engine: Engine, now: datetime, tmp_path: Path) -> None:
    """By the relay's own clock, no second has more; had each sender its own rate, it would be twice that."""
    queue_issue(sqlite_engine, now, readers=READERS)
    options = ("--connections", CONNECTIONS, "--rate", RATE)
    with relay_running(tmp_path / "log") as relay:
        senders = [start_sender(sqlite_engine, relay, *options) for _ in range(SENDERS)]
        assert [finish(sender) for sender in senders] == [""] * SENDERS
        moments = sorted(copy.at for copy in relay.copies())
    with reading(sqlite_engine) as connection:
        assert queue.counts(connection, 1) == Counts(sent=READERS)
    within_a_second = [bisect_right(moments, at + 1) - number for number, at in enumerate(moments)]
    assert max(within_a_second) <= RATE + BURST
