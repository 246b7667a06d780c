"""Which worker holds a delivery, and whether that worker can still be alive.

A worker's name says on which machine, since which boot and in which process it runs, and when that process
began: a process that got the same number later does not pass for the same worker.
"""

import os
import socket
from hashlib import sha256
from pathlib import Path
from secrets import token_hex

#: Fields of a name, before the random one: machine, boot, process namespace, process, its start.
_FIELDS = 5

_PROC = Path("/proc")
_UNKNOWN = "-"


def introduce() -> str:
    """Return a name for a worker of this process, of at most 64 characters, new at each call."""
    return ":".join((*_whereabouts(), str(os.getpid()), _started(os.getpid()), token_hex(4)))


def is_of_this_process(worker: str) -> bool:
    """Return whether a worker was introduced by this very process, now or earlier."""
    return worker.rpartition(":")[0] == introduce().rpartition(":")[0]


def is_dead(worker: str, *, one_machine: bool) -> bool:
    """Return whether a worker is known to be gone; False where that can't be known, as for another machine.

    With `one_machine` the database can be reached from this machine only, so an earlier boot tells enough.
    """
    named = worker.split(":")
    if len(named) != _FIELDS + 1:
        return False
    machine, boot, namespace = _whereabouts()
    if one_machine and named[1] != boot:
        return True
    if named[:3] != [machine, boot, namespace]:
        return False
    start = _started(int(named[3]))
    return start == "" or (_UNKNOWN not in (start, named[4]) and start != named[4])


def _whereabouts() -> tuple[str, str, str]:
    machine = _digest(socket.gethostname() + _read(Path("/etc/machine-id")))
    try:
        namespace = str((_PROC / "self/ns/pid").stat().st_ino)
    except OSError:
        namespace = _UNKNOWN
    return machine, _digest(_read(_PROC / "sys/kernel/random/boot_id")), namespace


def _started(process: int) -> str:
    """Return when a process began, in clock ticks; "-" if that cannot be seen, "" if it is gone."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return ""
    except PermissionError:
        pass  # it lives, as somebody else
    stat = _read(_PROC / str(process) / "stat")
    if not stat:
        return _UNKNOWN
    # proc(5): the second field, a name in brackets, may hold anything; the third is the state, 22nd the start
    state, *fields = stat.rpartition(")")[2].split()
    return "" if state in "ZX" else fields[18]


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:8]
