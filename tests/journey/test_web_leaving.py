"""Leaving in the middle of a running send; the benchmarks do the same with 20,000 readers and 50 connections."""

from pathlib import Path

from tests.benchmark.leaving import leave_midway
from tests.benchmark.mailing import frozen


def test_who_leaves_before_their_turn_gets_no_mail(tmp_path: Path) -> None:
    """Proves, with a send, the pages and a relay in processes of their own, that leaving holds for all that is queued.

    Nobody gets the mail who was told two seconds before that they have left, everybody else gets it once, and every
    wish to leave is kept.
    """
    with frozen(600, small=True) as mailing:
        found = leave_midway(mailing.site, tmp_path / "log", connections=5, seconds=1.5, delay=0.05)
    assert {one.status for one in found.visits} == {200}
    assert len(found.left) > 5
    assert found.still_there == 0
    assert [seconds for seconds in found.late if seconds > 2] == []
    got_it = [copy.recipient for copy in found.copies]
    assert len(got_it) == len(set(got_it)) >= 600 - len(found.left)
