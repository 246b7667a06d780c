"""A million readers: freezing an issue for them, the sender's memory, and how soon a pause is seen."""

import os
import subprocess
import time
from collections.abc import Iterator

from newsletter.application.opening import opened
from newsletter.outbox import steering
from subscribers.database import writing
from tests.benchmark import sinks
from tests.benchmark.delivering import MANY, ours, relay
from tests.benchmark.mailing import frozen, unfrozen
from tests.benchmark.measuring import Row, at_most
from tests.benchmark.processes import ROOT, SENDER_CORE, pinned, python, run
from tests.benchmark.sinks import SINKS, Sink, lean_sink
from tests.sites import TestSite

ALL, FEW, FEWEST = 1_000_000, 10_000, 1_000

#: Of the million, so many are sent to.
_MESSAGES = 100_000

#: Megabytes that two runs may differ by.
_NOISE = 5

#: Messages that go before the pause.
_HEADWAY = 200

#: Seconds between two looks at the sink, and seconds that a paused send may take to end.
_GLANCE, _PATIENCE = 0.005, 60


def measure() -> list[Row]:
    """Make a site of a million readers, and return how it stands against the targets."""
    if absent := sinks.missing():
        return [Row("a million readers", "left out", f"not on this machine: {absent}")]
    with frozen(FEW) as few, lean_sink() as sink:
        small = ours(sink, few, MANY).peak / 1e6
    with frozen(FEWEST) as fewest:
        rows = [_pause(fewest.site, FEWEST, "20 ms away")]
    with unfrozen(ALL) as whole:
        rows = [*_freeze(whole.site), *_remember(whole.site, small), *rows]
        rows += [_pause(whole.site, ALL, name) for name in ("20 ms away", "lean sink")]
    return rows


def _freeze(site: TestSite) -> Iterator[Row]:
    cost = run(python("freezing", site.directory))
    assert cost.said["queued"] == ALL
    note = f"{cost.seconds:.1f} s by the clock, peak memory {cost.peak / 1e6:,.0f} MB"
    yield at_most(f"freeze an issue for {ALL:,} readers", cost.cpu, 20, "s of CPU", note)


def _remember(site: TestSite, small: float) -> Iterator[Row]:
    with lean_sink() as sink:
        cost = run(python("ours", site.directory, _MESSAGES), environ=relay(sink, MANY))
    large, sent = cost.peak / 1e6, cost.said["messages"]
    yield Row(f"send to {sent:,} of {ALL:,} readers", f"{sent / cost.seconds:,.0f}/s", "into the lean sink")
    yield at_most("    peak memory", large, 150, "MB")
    yield at_most(
        f"    more than with {FEW:,} readers", large - small, _NOISE, "MB", "no growth but for noise"
    )


def _pause(site: TestSite, readers: int, name: str) -> Row:
    """Pause a running send, say how long messages kept coming, and resume it for the next one."""
    with SINKS[name]() as sink, opened(site.directory) as site_:
        command = pinned(SENDER_CORE, python("ours", site.directory))
        environ = {**os.environ, **relay(sink, MANY)}
        quiet = subprocess.DEVNULL  # it says that it was paused
        with subprocess.Popen(command, cwd=ROOT, env=environ, stdout=quiet, stderr=quiet) as process:
            while sink.taken() < _HEADWAY and process.poll() is None:
                time.sleep(_GLANCE)
            start, before = time.monotonic(), sink.taken()
            with writing(site_.engine) as connection:
                steering.pause(connection, 1, "a benchmark")
            seconds = _last_message(process, sink) - start
            messages = sink.taken() - before
            assert sink.taken() < readers, "it was paused"
        with writing(site_.engine) as connection:
            steering.resume(connection, 1)
    note = f"{messages:,} messages came after the order"
    return at_most(f"pause a send to {readers:,} readers, {name}", seconds, 2, "s", note)


def _last_message(process: "subprocess.Popen[bytes]", sink: Sink) -> float:
    """Wait for the sender to end, and return when the last message had come, at the latest."""
    start = last = time.monotonic()
    seen = sink.taken()
    while process.poll() is None:
        assert time.monotonic() - start < _PATIENCE, "it goes on"
        time.sleep(_GLANCE)
        if (taken := sink.taken()) > seen:
            seen, last = taken, time.monotonic()
    return last
