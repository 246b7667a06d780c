"""Running one sender in a process of its own, on a core of its own, and what that cost."""

import json
import os
import resource
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from time import perf_counter, sleep
from typing import Any

#: Who works where; the process that watches them sleeps.
SINK_CORE, SENDER_CORE = 0, 1

#: Seconds between two looks at a sender's memory.
_GLANCE = 0.02

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Cost:
    """What a sender spent: wall time and CPU in seconds (user and system), and its peak memory in octets."""

    seconds: float
    cpu: float
    peak: int
    said: dict[str, Any]  # what else it reported


def pinned(core: int, command: Sequence[str]) -> list[str]:
    """Return the command, bound to one core."""
    return ["taskset", "-c", str(core), *command]


def python(module: str, *words: object) -> list[str]:
    """Return the command that runs a module of these benchmarks."""
    return [sys.executable, "-m", f"tests.benchmark.{module}", *map(str, words)]


def run(command: Sequence[str], *, core: int = SENDER_CORE, environ: Mapping[str, str] | None = None) -> Cost:
    """Run a command and measure it.

    What it prints as JSON, as `reported` does, goes before what is seen from outside: whoever has to load an
    interpreter first says what it spent on sending alone. Raises CalledProcessError when it fails.
    """
    start = perf_counter()
    with subprocess.Popen(
        pinned(core, command),
        cwd=ROOT,
        env={**os.environ, **(environ or {})},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        peaks: list[int] = []
        watcher = Thread(target=_watch, args=(process, peaks), daemon=True)
        watcher.start()
        assert process.stdout is not None, "it was started with a pipe"
        out = process.stdout.read()
        _, status, spent = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = perf_counter() - start
        watcher.join()
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, list(command), out)
    said = json.loads(out) if out.startswith("{") else {}
    cpu = said.get("cpu", spent.ru_utime + spent.ru_stime)
    return Cost(said.get("seconds", seconds), cpu, max(peaks, default=0), said)


@contextmanager
def reported(**facts: Any) -> Iterator[dict[str, Any]]:
    """Measure what happens inside, in a sender, and print it for `run`; `facts` and what is added go along."""
    start, before = perf_counter(), _cpu()
    yield facts
    print(json.dumps({"seconds": perf_counter() - start, "cpu": _cpu() - before, **facts}))


def _cpu() -> float:
    spent = resource.getrusage(resource.RUSAGE_SELF)
    return spent.ru_utime + spent.ru_stime


def _watch(process: "subprocess.Popen[str]", peaks: list[int]) -> None:
    # ru_maxrss would not do: it counts what the parent had at the fork, too
    status = Path(f"/proc/{process.pid}/status")
    while process.returncode is None:
        try:
            lines = status.read_text().splitlines()
        except OSError:
            return
        high = [line.split()[1] for line in lines if line.startswith("VmHWM:")]
        if not high:
            return  # it has ended and was not asked for yet
        peaks.append(int(high[0]) * 1024)
        sleep(_GLANCE)
