"""What an author sees while an issue is sent: a bar on a terminal, and a log elsewhere."""

import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sites import TestSite, make_site
from tests.smtp_server import Server, smtp_server
from tests.terminal import Terminal

READERS = 200

#: Messages a second: the bar has time to be seen.
RATE = 100


@pytest.fixture
def server() -> Iterator[Server]:
    """A relay that takes everything."""
    with smtp_server() as running:
        yield running


@pytest.fixture
def site(tmp_path: Path, server: Server) -> TestSite:
    """A site with some readers and a post, that sends slowly."""
    site = make_site(tmp_path / "site", port=server.port)
    site.set("connections = 2", f"connections = 2\nrate = {RATE}")
    site.readers(READERS)
    site.write("storm.md", title="The storm")
    return site


def test_the_bar(site: TestSite, server: Server) -> None:
    """It shows how many of all, the rate and the time left; what is cancelled meanwhile counts, and it ends full."""
    terminal = Terminal(site, "send", "--yes")
    while len(server.received) < READERS / 2:
        terminal.await_words("/s")
        terminal.shown = ""
    site.done("cancel", 1)
    assert terminal.end() == 1
    shown = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", terminal.shown)
    assert re.search(rf" \d+/{READERS} +\d+/s +0:00:\d\d", shown)
    assert f" {READERS}/{READERS} " in shown
    assert '"event"' not in terminal.shown, "no log on a terminal, where the bar says it all"


def test_control_c(site: TestSite, server: Server) -> None:
    """Interrupted in the middle, the author is told what to type; sending goes on without a repeat."""
    terminal = Terminal(site, "send", "--yes")
    terminal.await_words("/s")
    terminal.process.send_signal(signal.SIGINT)
    assert terminal.end() == 1
    assert "newsletter cancel 1" in terminal.shown
    assert 0 < len(server.received) < READERS
    site.set(f"rate = {RATE}", "rate = 0")
    assert site.send()["deliveries"]["sent"] == len(server.received) == READERS


def test_no_bar_elsewhere(site: TestSite) -> None:
    """Where nobody looks, there is a log and no bar."""
    site.set(f"rate = {RATE}", "rate = 0")
    ran = site.done("send", "--yes")
    assert "━" not in ran.err
    assert '"event": "finished"' in ran.err


@pytest.mark.parametrize(("format_", "begins"), [("json", '{"at": '), ("text", "20"), ("off", "")])
def test_the_log_as_the_settings_say(site: TestSite, format_: str, begins: str) -> None:
    """The author chooses how the log is written, or that there is none."""
    site.set("[database]", f'[log]\nformat = "{format_}"\n\n[database]')
    ran = site.done("send", "--yes", "--no-wait")
    log = [line for line in ran.err.splitlines() if "issue frozen" in line]
    assert len(log) == bool(begins)
    assert all(line.startswith(begins) for line in log)
