"""Whether a worker can still be alive."""

import os
import subprocess
import sys

import pytest

from newsletter.outbox.delivery.presence import introduce, is_dead


def test_this_process_is_alive() -> None:
    """A worker is never taken for dead by itself, and two workers of one process are told apart."""
    worker = introduce()
    assert not is_dead(worker, one_machine=True)
    assert introduce() != worker
    assert len(worker) <= 64


def test_a_process_that_ended() -> None:
    """A process on this machine that is gone is known to be dead, also while nobody has collected it."""
    command = (
        "from newsletter.outbox.delivery.presence import introduce; print(introduce(), flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        worker = process.stdout.readline().strip()
        assert not is_dead(worker, one_machine=False)
        process.kill()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # dead, and not collected yet
        assert is_dead(worker, one_machine=False)
    assert is_dead(worker, one_machine=False)


@pytest.mark.parametrize(
    ("field", "one_machine", "dead"),
    [
        (0, False, False),  # another machine
        (0, True, False),
        (1, False, False),  # another boot, perhaps of a machine with the same name
        (1, True, True),  # another boot of the only machine
        (2, True, False),  # another container
        (4, False, True),  # another process, with the same number
    ],
)
def test_what_can_be_known(field: int, one_machine: bool, dead: bool) -> None:
    """A worker elsewhere may be alive; one of an earlier boot, or whose number went to another, is not."""
    name = introduce().split(":")
    name[field] = "1"
    assert is_dead(":".join(name), one_machine=one_machine) == dead


def test_a_name_of_another_kind() -> None:
    """What isn't a name of ours is left to its lease."""
    assert not is_dead("somebody", one_machine=True)
