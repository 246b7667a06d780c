"""Time to undo: an issue waits before it goes out. Ctrl-C calls it back, and so does `cancel` from elsewhere."""

import json
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.processes import PATIENCE, kill, wait_until
from tests.sites import TestSite, make_site
from tests.smtp_server import Server, smtp_server
from tests.terminal import Terminal

#: Seconds that no test waits for.
LONG = 600


@pytest.fixture
def server() -> Iterator[Server]:
    """A relay that takes everything."""
    with smtp_server() as running:
        yield running


@pytest.fixture
def site(tmp_path: Path, server: Server) -> TestSite:
    """A site with two readers and a post."""
    site = make_site(tmp_path / "site", port=server.port)
    site.readers(2)
    site.write("storm.md", title="The storm")
    return site


def test_control_c(site: TestSite, server: Server) -> None:
    """The seconds are counted down; Ctrl-C cancels the issue, nothing is sent, and its posts come with the next."""
    terminal = Terminal(site, "send", "--yes", "--undo", LONG)
    terminal.await_words("s; Ctrl-C to undo")
    while (
        len(set(re.findall(r"Sending in (\d+) s", terminal.shown))) < 2
    ):  # at which it begins, a busy machine decides
        terminal.await_more()
    terminal.process.send_signal(signal.SIGINT)
    assert terminal.end() == 1
    assert "Issue 1 is cancelled" in terminal.shown
    assert "2 cancelled" in terminal.shown
    assert "Traceback" not in terminal.shown
    assert server.received == []
    assert site.send()["deliveries"]["sent"] == 2
    assert site.data("issues")[0]["posts"] == ["storm"]


@pytest.mark.parametrize(("command", "state"), [("cancel", "cancelled"), ("pause", "paused")])
def test_from_elsewhere(site: TestSite, server: Server, command: str, state: str) -> None:
    """While one process waits, another stops the issue: the first ends without having sent anything."""
    waiting = site.start("send", "--yes", "--json", "--undo", LONG)
    try:
        wait_until(lambda: site.data("issues"))
        site.done(command, 1)
        out, err = waiting.communicate(timeout=PATIENCE)
    finally:
        kill(waiting)
    assert waiting.returncode == 1
    assert f"Issue 1 is {state}" in err
    assert json.loads(out)["deliveries"]["sent"] == 0
    assert server.received == []


def test_nobody_minds(site: TestSite, server: Server) -> None:
    """When the time is over, the issue goes out."""
    assert site.send("--undo", 1)["deliveries"]["sent"] == 2
    assert len(server.received) == 2


def test_for_every_issue(site: TestSite, server: Server) -> None:
    """The settings give every issue its time, and --undo 0 takes it; whoever sends meanwhile is told when it is due."""
    site.set('default = "weekly"', f'default = "weekly"\nundo = {LONG}')
    assert site.send("--no-wait")["deliveries"]["queued"] == 2
    idle = site.done("send", "--yes")
    assert "Issue 1: 2 deliveries queued, due from" in idle.err
    assert server.received == []
    site.done("cancel", 1)
    assert site.send("--undo", 0)["deliveries"]["sent"] == 2


@pytest.mark.parametrize("value", ["-1", '"soon"', "90000"])
def test_a_wrong_setting(site: TestSite, value: str) -> None:
    """What is no number of seconds is named with its line and the bounds."""
    site.set('default = "weekly"', f'default = "weekly"\nundo = {value}')
    ran = site.run("send", "--yes")
    assert ran.status == 1
    assert "[schedule] undo" in ran.err
    assert "0 to 86400" in ran.err
