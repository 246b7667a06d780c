"""The live preview: what the author saves is shown, in every view, with what would spoil it."""

import re
from collections.abc import Iterator
from pathlib import Path
from queue import SimpleQueue
from threading import Event, Thread

import httpx
import pytest

from newsletter.application import previewing
from newsletter.application.opening import opened
from tests.sites import TestSite, make_site


@pytest.fixture
def written(tmp_path: Path) -> TestSite:
    """A site with a post that has a few faults."""
    site = make_site(tmp_path)
    site.done("next")
    site.write(
        "tide.md", "Built in [TK year], as [here](https://example.com) is told.\n\n![A boat](boat.png)"
    )
    return site


@pytest.fixture
def live(written: TestSite) -> Iterator[str]:
    """The address of the preview."""
    stop, where = Event(), SimpleQueue[str]()
    with opened(written.directory) as site:
        options = {"cadence": None, "port": 0, "ready": where.put, "stop": stop}
        thread = Thread(target=previewing.show_live, args=(site,), kwargs=options)
        thread.start()
        try:
            yield where.get(timeout=20)
        finally:
            stop.set()
            thread.join()


def test_what_is_saved_is_shown(live: str, written: TestSite) -> None:
    """Proves that a browser that listens hears of a change, and finds it on the page."""
    with httpx.stream("GET", f"{live}changes", timeout=30) as events:
        lines = (line for line in events.iter_lines() if line.startswith("data:"))
        first = next(lines)
        written.write("tide.md", "Something else altogether, and nothing besides.", title="A new title")
        assert next(lines) != first
    assert "Something else altogether" in httpx.get(f"{live}mail").text
    assert "A new title" in httpx.get(live).text


def test_views(live: str) -> None:
    """Proves that each view shows what it says, and that preflight stands beside it."""
    page = httpx.get(live, params={"view": "phone"}).text
    assert 'class="phone"' in page
    assert "holds a mark for yourself" in page
    assert "@media all" in httpx.get(f"{live}mail", params={"view": "dark"}).text
    assert "@media not all" in httpx.get(f"{live}mail").text
    assert httpx.get(f"{live}mail", params={"view": "text"}).text.startswith("Tide Notes")
    assert "List-Unsubscribe" in httpx.get(f"{live}mail", params={"view": "source"}).text
    assert "https://" not in "".join(
        part.split(">")[0]
        for part in httpx.get(f"{live}mail", params={"view": "images off"}).text.split("<img")[1:]
    )


def test_languages(live: str) -> None:
    """Proves that the mail is shown in a language that is chosen, in every view, and in the newsletter's else."""
    chosen = {"language": "ja", "view": "dark"}
    assert "ja" in re.findall(r'aria-current="page">(\w+)<', httpx.get(live, params=chosen).text)
    assert '<html lang="ja"' in httpx.get(f"{live}mail", params=chosen).text
    assert '<html lang="en"' in httpx.get(f"{live}mail").text
    assert '<html lang="en"' in httpx.get(f"{live}mail", params={"language": "tlh"}).text


def test_trouble_is_shown_too(live: str, written: TestSite) -> None:
    """Proves that a fault in a template is told on the page, which goes on once it is mended."""
    with httpx.stream("GET", f"{live}changes", timeout=30) as events:
        lines = (line for line in events.iter_lines() if line.startswith("data:"))
        next(lines)
        (written.directory / "posts" / "tide.md").unlink()
        next(lines)
    assert "There is nothing to show" in httpx.get(live).text
