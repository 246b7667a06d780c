"""The long kill test: 200 times, a send is killed outright at a random moment and resumed.

The relay writes down every message before it acknowledges it. Lost is a reader without a copy; a repeat is a
copy more than one. There may be as many repeats as connections were open at the kill, and each must have the
first copy's Message-ID.
"""

import multiprocessing
import os
import random
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from tempfile import TemporaryDirectory

from newsletter.application import reporting, sending
from newsletter.application.opening import opened
from newsletter.outbox.queue import Counts
from tests import postgres
from tests.benchmark import sinks
from tests.benchmark.delivering import relay
from tests.benchmark.mailing import Mailing, frozen
from tests.benchmark.measuring import Row, at_most, print_columns
from tests.benchmark.sinks import Sink, lean_sink

READERS, CONNECTIONS = 2_000, 10

#: Seconds after which a send that should have been done counts as stuck.
_PATIENCE = 120

_SEED = 20260302

# Sends begin in processes that have loaded everything already: so a kill hits a send, and not its imports.
_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload([__name__])


@dataclass(frozen=True, slots=True)
class Kills:
    """So many sends, each killed once; `pipeline` messages at a time on each connection."""

    name: str
    times: int
    pipeline: int = 1

    @property
    def doubtful(self) -> int:
        """How many messages may be repeated after one kill."""
        return CONNECTIONS * self.pipeline


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one killed and resumed send came to."""

    sent_before: int  # copies when it was killed
    lost: int
    repeats: int
    renamed: int  # repeats with another Message-ID
    settled: bool  # the ledger says that everybody has it


def measure() -> list[Row]:
    """Kill and resume, print what came of it, and return how that stands against the targets."""
    if absent := sinks.missing():
        return [Row("kills", "left out", f"not on this machine: {absent}")]
    chance = random.Random(_SEED)
    found: dict[Kills, list[Outcome]] = {}
    with ExitStack() as stack:
        mailing = stack.enter_context(frozen(READERS))
        for kills in (Kills("SQLite", 200), Kills("SQLite, pipeline = 16", 20, pipeline=16)):
            found[kills] = list(_kill(kills, mailing, chance))
        if (binaries := postgres.find_binaries()) is not None:
            cluster = stack.enter_context(postgres.running(binaries))
            mailing = stack.enter_context(frozen(READERS, cluster=cluster))
            kills = Kills("PostgreSQL", 20)
            found[kills] = list(_kill(kills, mailing, chance))
    _show(found)
    return [row for kills, outcomes in found.items() for row in _targets(kills, outcomes)]


def _kill(kills: Kills, mailing: Mailing, chance: random.Random) -> Iterator[Outcome]:
    duration = min(_undisturbed(kills, mailing) for _ in range(3))  # the first one has to load everything
    for number in range(1, kills.times + 1):
        if sys.stderr.isatty():
            print(
                f"\r\x1b[K{kills.name}: kill {number} of {kills.times}", end="", file=sys.stderr, flush=True
            )
        yield _kill_once(kills, mailing, chance.uniform(0, duration))
    if sys.stderr.isatty():
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def _undisturbed(kills: Kills, mailing: Mailing) -> float:
    """Return how long a send takes that nobody kills: the moments are drawn from that."""
    with TemporaryDirectory() as folder, mailing.copied() as site:
        log = Path(folder) / "log"
        with lean_sink(log=log) as sink:
            start = time.monotonic()
            _finish(_start(site.directory, sink, kills))
            return time.monotonic() - start


def _kill_once(kills: Kills, mailing: Mailing, moment: float) -> Outcome:
    with TemporaryDirectory() as folder, mailing.copied() as site:
        log = Path(folder) / "log"
        with lean_sink(log=log) as sink:
            process = _start(site.directory, sink, kills)
            process.join(moment)
            process.kill()
            process.join()
            before = sum(map(len, _copies(log).values()))
            _finish(_start(site.directory, sink, kills))
        with opened(site.directory) as reopened:
            counts = reporting.issue(reopened, 1).counts
        copies = _copies(log)
    return Outcome(
        sent_before=before,
        lost=mailing.readers - len(copies),
        repeats=sum(map(len, copies.values())) - len(copies),
        renamed=sum(len(set(ids)) - 1 for ids in copies.values()),
        settled=counts == Counts(sent=mailing.readers),
    )


def _start(directory: Path, sink: Sink, kills: Kills) -> ForkServerProcess:
    more = {"pipeline": kills.pipeline} if kills.pipeline > 1 else {}
    environ = relay(sink, CONNECTIONS, **more)
    process = _processes.Process(target=_send, args=(directory, environ))
    process.start()
    return process


def _send(directory: Path, environ: Mapping[str, str]) -> None:
    """Send, as `newsletter send` does: take up what was begun and deliver it."""
    os.environ.update(environ)
    with opened(directory) as site:
        outcome = sending.make_issue(site, sending.Wish())
        outcome = sending.deliver(site, outcome)
    sys.exit(outcome.stopped and str(outcome.stopped))


def _finish(process: ForkServerProcess) -> None:
    process.join(_PATIENCE)
    assert process.exitcode == 0, f"the send ended with {process.exitcode}"


def _copies(log: Path) -> Mapping[str, list[str]]:
    """Return the Message-IDs of the copies that each reader got."""
    copies: dict[str, list[str]] = defaultdict(list)
    for line in log.read_text(encoding="utf-8").splitlines() if log.exists() else ():
        _connection, recipient, message_id = line.split("\t")
        copies[recipient].append(message_id)
    return copies


def _show(found: Mapping[Kills, Sequence[Outcome]]) -> None:
    heads = ("database", "kills", "amid the mail", "lost", "repeats", "most at once", "allowed at once")
    print(f"Sends of {READERS:,} readers on {CONNECTIONS} connections, killed at random moments and resumed")
    lines = []
    for kills, outcomes in found.items():
        amid = sum(0 < outcome.sent_before < READERS for outcome in outcomes)
        repeats = [outcome.repeats for outcome in outcomes]
        figures = (len(outcomes), amid, sum(outcome.lost for outcome in outcomes), sum(repeats), max(repeats))
        lines.append((kills.name, *map(str, figures), str(kills.doubtful)))
    print_columns(heads, lines)


def _targets(kills: Kills, outcomes: Sequence[Outcome]) -> Iterator[Row]:
    name = f"{len(outcomes)} kills, {kills.name}"
    settled = sum(not outcome.settled for outcome in outcomes)
    yield at_most(f"{name}: lost", sum(outcome.lost for outcome in outcomes), 0, "")
    yield at_most(
        "    most repeats of one kill", max(outcome.repeats for outcome in outcomes), kills.doubtful, ""
    )
    yield at_most("    repeats with a new Message-ID", sum(outcome.renamed for outcome in outcomes), 0, "")
    yield at_most("    ledgers that do not say that all was sent", settled, 0, "")
