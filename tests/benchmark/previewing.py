"""The live preview: how long after a save a browser hears of it, with ten posts in the issue."""

from pathlib import Path
from queue import SimpleQueue
from statistics import median
from tempfile import TemporaryDirectory
from threading import Event, Thread
from time import perf_counter, sleep

import httpx

from newsletter.application import previewing
from newsletter.application.opening import opened
from tests.benchmark.measuring import Row, at_most
from tests.sites import TestSite, make_site

_TIMES = 7


def measure() -> list[Row]:
    """Save a post, several times, and wait for the event that has the page drawn anew."""
    with TemporaryDirectory() as folder:
        site = make_site(Path(folder))
        site.done("next")
        for number in range(10):
            site.write(f"tide-{number}.md", "The tide came in at the hour that the table gave. " * 40)
        return [
            at_most("live preview, from a save to the page", median(_delays(site)), 1, "s", f"{_TIMES} saves")
        ]


def _delays(site: TestSite) -> list[float]:
    stop, where = Event(), SimpleQueue[str]()
    with opened(site.directory) as itself:
        options = {"cadence": None, "port": 0, "ready": where.put, "stop": stop}
        thread = Thread(target=previewing.show_live, args=(itself,), kwargs=options)
        thread.start()
        try:
            return _timed(site, where.get(timeout=20))
        finally:
            stop.set()
            thread.join()


def _timed(site: TestSite, address: str) -> list[float]:
    delays = []
    with httpx.stream("GET", f"{address}changes", timeout=30) as events:
        lines = (line for line in events.iter_lines() if line.startswith("data:"))
        next(lines)
        for number in range(_TIMES):
            sleep(0.5)  # an author, too, takes a rest between two saves
            start = perf_counter()
            site.write("tide-0.md", f"Something else, for the time {number}.")
            next(lines)
            assert f"for the time {number}." in httpx.get(f"{address}mail").text
            delays.append(perf_counter() - start)
    return delays
