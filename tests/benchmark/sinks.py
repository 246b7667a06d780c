"""Where the mail goes: Postfix's smtp-sink, and a leaner server of our own, each on a core of its own."""

import atexit
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

from tests.benchmark.processes import SINK_CORE, pinned
from tests.ports import free_port

_SOURCE = Path(__file__).with_name("sink.c")

#: Seconds that a sink may take to start.
_PATIENCE = 10


@dataclass(frozen=True, slots=True)
class Sink:
    """A running sink on a port of 127.0.0.1."""

    port: int
    process: "subprocess.Popen[str]"
    counts: bool

    def taken(self) -> int:
        """Return how many messages it has taken so far; ask only one that counts."""
        assert self.counts, "Postfix's sink says nothing"
        assert self.process.stdout is not None, "it was started with a pipe"
        self.process.send_signal(signal.SIGUSR1)
        return int(self.process.stdout.readline())


def missing() -> str:
    """Say what a race against Postfix's smtp-source lacks on this machine, if anything."""
    absent = [name for name in ("smtp-sink", "smtp-source", "gcc", "taskset") if shutil.which(name) is None]
    return ", ".join(absent)


@contextmanager
def lean_sink(*, delay: float = 0, log: Path | None = None) -> Iterator[Sink]:
    """Run our sink. Answers take `delay` seconds; `log` is told connection, recipient, Message-ID of what it takes."""
    options = [] if log is None else ["-l", str(log)]
    command = pinned(SINK_CORE, [str(_binary()), "-d", str(round(delay * 1e6)), *options])
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None, "it was started with a pipe"
            yield Sink(int(process.stdout.readline()), process, counts=True)
        finally:
            process.kill()


@contextmanager
def smtp_sink() -> Iterator[Sink]:
    """Run Postfix's sink."""
    port = free_port()
    user = ["-u", "nobody"] if os.geteuid() == 0 else []  # it refuses to run as root
    command = pinned(SINK_CORE, ["smtp-sink", *user, f"127.0.0.1:{port}", "1000"])
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            _await(port)
            yield Sink(port, process, counts=False)
        finally:
            process.kill()


#: Seconds of round trip to the relay that is not near.
FAR = 0.02

#: The sinks that races go into, by name.
SINKS: dict[str, Callable[[], AbstractContextManager[Sink]]] = {
    "smtp-sink": smtp_sink,
    "lean sink": lean_sink,
    "20 ms away": partial(lean_sink, delay=FAR),
}


@cache
def _binary() -> Path:
    """Compile our sink into a folder that lasts as long as this process."""
    folder = tempfile.mkdtemp(prefix="newsletter-sink-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    binary = Path(folder) / "sink"
    subprocess.run(["gcc", "-O2", "-Wall", "-Werror", "-o", binary, _SOURCE], check=True)
    return binary


def _await(port: int) -> None:
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return
