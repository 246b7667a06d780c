"""Law 2 with relays at their worst: killed, taking mail without a word, closing when they have had enough."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine

from newsletter.outbox import queue
from newsletter.outbox.queue import Counts
from subscribers.database import reading
from tests.issues import queue_issue
from tests.processes import Relay, relay_running, repeats, send

READERS = 200
CONNECTIONS = 4

#: Seconds by which the clock goes on from one run to the next: what was put off is due again then.
_LATER = 3600

#: Runs after which an issue that is not through counts as stuck.
_RUNS = 6


def counts(engine: Engine) -> Counts:
    """Return the counts of the issue."""
    with reading(engine) as connection:
        return queue.counts(connection, 1)


def send_until_done(engine: Engine, relay: Relay, *options: object) -> int:
    """Send, and again later, until everybody has the issue; return how many runs it took."""
    for run in range(1, _RUNS + 1):
        send(engine, relay, "--connections", CONNECTIONS, "--ahead", run * _LATER, *options)
        assert counts(engine).total == READERS
        if counts(engine) == Counts(sent=READERS):
            assert len({copy.recipient for copy in relay.copies()}) == READERS, "nobody was lost"
            return run
    raise AssertionError(f"not through after {_RUNS} runs: {counts(engine)}")


@pytest.mark.parametrize("pipeline", [1, 4])
def test_the_relay_is_killed(engine: Engine, now: datetime, tmp_path: Path, pipeline: int) -> None:
    """Killed twice in the middle, and started again at once: repeated is at most what was open at each kill."""
    queue_issue(engine, now, readers=READERS)
    options = ("--connections", CONNECTIONS, "--pipeline", pipeline)
    with relay_running(tmp_path / "log", "--delay", "0.04") as relay:
        for kills in (-1, 0):
            with ThreadPoolExecutor() as pool:
                sending = pool.submit(send, engine, relay, *options, "--ahead", kills * _LATER)
                relay.await_copies(len(relay.copies()) + 30)
                relay.kill()
                relay.start()
                sending.result()
        send_until_done(engine, relay, "--pipeline", pipeline)
        assert repeats(relay.copies(), depth=pipeline) <= 2 * CONNECTIONS * pipeline


@pytest.mark.parametrize("pipeline", [1, 4])
def test_the_relay_takes_messages_without_a_word(
    engine: Engine, now: datetime, tmp_path: Path, pipeline: int
) -> None:
    """It hangs up for an answer now and then: each time one connection's messages are in doubt, and come again."""
    queue_issue(engine, now, readers=READERS)
    with relay_running(tmp_path / "log", "--silent-every", "40") as relay:
        runs = send_until_done(engine, relay, "--pipeline", pipeline)
        assert runs > 1, "what is in doubt is sent again later"
        silences = len(relay.copies()) // 40
        assert silences <= repeats(relay.copies(), depth=pipeline) <= silences * pipeline


@pytest.mark.parametrize("goodbye", [True, False])
@pytest.mark.parametrize("pipeline", [1, 4])
def test_the_relay_closes_after_some_messages(
    sqlite_engine: Engine, now: datetime, tmp_path: Path, pipeline: int, goodbye: bool
) -> None:
    """It answers, and closes after nine messages, without a word or with 421: that costs nobody anything.

    With several messages at a time, those that it read and did not answer are in doubt, and it took none of them.
    """
    queue_issue(sqlite_engine, now, readers=READERS)
    words = ("--close-after", "9", *(["--goodbye"] if goodbye else []))
    with relay_running(tmp_path / "log", *words) as relay:
        runs = send_until_done(sqlite_engine, relay, "--pipeline", pipeline)
        assert repeats(relay.copies()) == 0
        if pipeline == 1:
            assert runs == 1
