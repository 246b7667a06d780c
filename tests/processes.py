"""Senders and relays in processes of their own, to be killed; and what the relay's log says of law 2."""

import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from newsletter.outbox.delivery.worker import Summary
from tests import sender

_ROOT = Path(__file__).parents[1]

#: Seconds after which a process that should have been done counts as stuck.
PATIENCE = 60

#: A process that was started.
Process = subprocess.Popen[str]


@dataclass(frozen=True, slots=True)
class Copy:
    """One message that the relay took, at a moment by its own clock."""

    at: float
    connection: str  # of which no two have the same name; it begins with the sender's address
    recipient: str
    message_id: str

    @property
    def host(self) -> str:
        """The address of the sender's machine."""
        return self.connection.partition(":")[0]


@dataclass
class Relay:
    """A relay in a process of its own, and its log."""

    log: Path
    words: Sequence[str] = ()
    before: Sequence[str] = ()  # what the command line begins with
    host: str = "127.0.0.1"
    port: int = 0
    process: Process | None = field(default=None, repr=False)
    senders: list[Process] = field(default_factory=list, repr=False)  # that were started for it

    def start(self) -> None:
        """Start it; a second time, on the same port."""
        place = ("--host", self.host, "--port", str(self.port))
        command = [*self.before, sys.executable, "-m", "tests.relay", str(self.log), *place, *self.words]
        self.process = subprocess.Popen(command, cwd=_ROOT, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.port = int(self.process.stdout.readline())

    def kill(self) -> None:
        """End it outright."""
        assert self.process is not None
        self.process.kill()
        self.process.communicate()

    def copies(self) -> list[Copy]:
        """Return every message that it took, in order."""
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        return [Copy(float(at), *facts) for at, *facts in (line.split("\t") for line in lines)]

    def await_copies(self, count: int, *senders: Process) -> None:
        """Wait until it has so many in all, or all of the senders are done."""
        wait_until(
            lambda: (
                len(self.copies()) >= count
                or (bool(senders) and all(sender.poll() is not None for sender in senders))
            )
        )


@contextmanager
def relay_running(
    log: Path, *words: str, before: Sequence[str] = (), host: str = "127.0.0.1"
) -> Iterator[Relay]:
    """Start a relay; with the block it ends, and whatever sends to it."""
    relay = Relay(log, words, before, host)
    relay.start()
    try:
        yield relay
    finally:
        relay.kill()
        for process in relay.senders:
            _put_away(process)


def start_sender(
    database: Engine | str, relay: Relay, *words: object, before: Sequence[str] = (), **popen: Any
) -> Process:
    """Start a sender in a process of its own."""
    command = [*before, sys.executable, "-m", "tests.sender", *_words(database, relay, words)]
    process = subprocess.Popen(command, cwd=_ROOT, stderr=subprocess.PIPE, text=True, **popen)
    relay.senders.append(process)
    return process


def send(engine: Engine, relay: Relay, *words: object) -> Summary:
    """Do here what a sender does once. Raises DatabaseUnavailable."""
    return sender.hand_over(engine, sender.read(_words(engine, relay, words)))


def _words(database: Engine | str, relay: Relay, words: Sequence[object]) -> list[str]:
    url = database if isinstance(database, str) else database.url.render_as_string(hide_password=False)
    return [url, relay.host, str(relay.port), *map(str, words)]


def finish(process: Process) -> str:
    """Wait for a sender; return why it ended early, or nothing."""
    _, complaint = process.communicate(timeout=PATIENCE)
    assert "Traceback" not in complaint, complaint
    assert bool(process.returncode) == bool(complaint), (process.returncode, complaint)
    return complaint


def kill(process: Process) -> None:
    """End a sender outright."""
    process.kill()
    process.communicate()


def _put_away(process: Process) -> None:
    if process.poll() is None:
        kill(process)
    if process.stderr is not None:
        process.stderr.close()


def wait_until(happened: Callable[[], object]) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.005)


def repeats(copies: Sequence[Copy], *, depth: int = 1) -> int:
    """Return how many copies were one too many, of which all must have been in doubt.

    In doubt are the last `depth` messages of a connection, and nothing else: only such may come again, and
    under the same Message-ID.
    """
    by_reader: dict[str, list[Copy]] = defaultdict(list)
    later: Counter[str] = Counter()  # messages that followed on the same connection
    certain: Counter[str] = Counter()
    for copy in reversed(copies):
        by_reader[copy.recipient].append(copy)
        certain[copy.recipient] += later[copy.connection] >= depth
        later[copy.connection] += 1
    for reader, of_the_reader in by_reader.items():
        assert len({copy.message_id for copy in of_the_reader}) == 1, f"{reader} got two Message-IDs"
        assert certain[reader] <= 1, f"{reader} got another copy of what was not in doubt"
    return len(copies) - len(by_reader)
