"""`newsletter serve --only deliver`: processes that share what is due, wait for what is not there, and end when told.

They run as they would for an author, in processes of their own; what they say is in their logs.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests import postgres
from tests.processes import PATIENCE, kill, relay_running, repeats, wait_until
from tests.requirements import require
from tests.serving import serving
from tests.sites import TestSite, make_site
from tests.smtp_server import smtp_server

READERS, CONNECTIONS = 200, 2

#: Messages a second: so many that no process is done before the others have begun.
RATE = 100


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database on each of the engines."""
    if request.param == "postgresql":
        return str(request.getfixturevalue("empty_postgres_url"))
    return f"sqlite:///{tmp_path}/site/newsletter.db"


def make(
    tmp_path: Path, port: int, *, database: str = "sqlite:///newsletter.db", readers: int = 3
) -> TestSite:
    """Make a site with readers and a post."""
    site = make_site(tmp_path / "site", port=port, database=database)
    site.readers(readers)
    site.write("storm.md")
    return site


def is_sent(site: TestSite, readers: int) -> Callable[[], bool]:
    """Return whether the first issue has gone to so many readers."""
    return lambda: site.data("issue", 1)["deliveries"]["sent"] == readers


def test_two_share_one_issue(tmp_path: Path, database: str) -> None:
    """Both take part, everybody gets one copy, and both end with 0 when told to."""
    with relay_running(tmp_path / "log") as relay:
        site = make(tmp_path, relay.port, database=database, readers=READERS)
        site.set("connections = 2", f"connections = {CONNECTIONS}\nrate = {RATE}")
        with serving(site, count=2) as both:
            site.done("send", "--yes", "--no-wait")
            wait_until(is_sent(site, READERS))
            assert [one.end() for one in both] == [0, 0]
        copies = relay.copies()
        assert len({copy.recipient for copy in copies}) == len(copies) == READERS
        sent = [entry["sent_here"] for one in both for entry in one.log if "sent_here" in entry]
        assert sum(sent) == READERS
        assert len(sent) == 2
        assert all(sent), "both took part"


def test_one_of_two_is_killed(tmp_path: Path) -> None:
    """The other finishes alone, what the dead one had claimed included; it looks for that every five seconds."""
    with relay_running(tmp_path / "log") as relay:
        site = make(tmp_path, relay.port, readers=READERS)
        site.set("connections = 2", f"connections = {CONNECTIONS}\nrate = {RATE}")
        with serving(site, count=2) as (one, other):
            site.done("send", "--yes", "--no-wait")
            one.await_event("sending begun")
            other.await_event("sending begun")
            relay.await_copies(READERS // 3)
            kill(one.process)
            wait_until(is_sent(site, READERS))
            assert other.end() == 0
        assert len({copy.recipient for copy in relay.copies()}) == READERS
        assert repeats(relay.copies()) <= CONNECTIONS


def test_told_to_end_in_the_middle(tmp_path: Path) -> None:
    """It finishes what is on the wire and gives the rest back; another goes on where it was, without a repeat."""
    with relay_running(tmp_path / "log") as relay:
        site = make(tmp_path, relay.port, readers=READERS)
        site.set("connections = 2", f"connections = {CONNECTIONS}\nrate = {RATE}")
        site.done("send", "--yes", "--no-wait")
        with serving(site) as (first,):
            relay.await_copies(20)
            assert first.end() == 0
            assert first.await_event("stopped")["cleanly"] is True
        counts = site.data("issue", 1)["deliveries"]
        assert counts["sent"] == len(relay.copies())
        assert counts["sent"] + counts["queued"] == READERS
        site.set(f"rate = {RATE}", "rate = 0")
        with serving(site):
            wait_until(is_sent(site, READERS))
        assert repeats(relay.copies()) == 0


def test_a_relay_that_is_not_there_yet(tmp_path: Path) -> None:
    """It is waited for, longer and longer, and said once; when it is back, everything goes out. Takes some seconds."""
    with smtp_server() as server:
        port = server.port
    site = make(tmp_path, port)
    site.done("send", "--yes", "--no-wait")
    with serving(site) as (one,):
        assert f":{port}" in one.await_event("relay unavailable")["reason"]
        with smtp_server(port=port) as server:
            one.await_event("back")
            wait_until(is_sent(site, 3))
            assert one.end() == 0
        assert len(server.received) == 3
        assert one.events().count("relay unavailable") == 1
        assert one.events().count("sending begun") == one.events().count("finished") == 1


def test_a_refusal_that_is_about_us(tmp_path: Path) -> None:
    """The issue is paused and the author's log says why; other issues would fare no better, but are tried later."""
    answers = {"data": "550 5.7.26 <reader1@example.org> not authenticated"}
    with smtp_server(lambda stage, who: answers.get(stage)) as server:
        site = make(tmp_path, server.port)
        site.done("send", "--yes", "--no-wait")
        with serving(site, "--verbose") as (one,):
            assert one.await_event("refused")["reply"] == "550 5.7.26 <…@example.org> not authenticated"
            assert one.await_event("paused")["issue"] == 1
            assert one.await_event("message refused")["domain"] == "example.org"
            assert site.data("issue", 1)["status"] == "paused"
            answers.clear()
            site.done("resume", 1)
            wait_until(is_sent(site, 3))
            assert one.end() == 0
            assert "reader" not in json.dumps([entry for entry in one.log if "reply" in entry])


def test_a_relay_that_stalls(tmp_path: Path) -> None:
    """Told to end while the relay keeps it waiting, it does not wait for long: eight seconds, which this test takes.

    What was on the wire is in doubt then, and goes out again as the same message.
    """
    with relay_running(tmp_path / "log", "--delay", str(PATIENCE)) as relay:
        site = make(tmp_path, relay.port, readers=1)
        site.done("send", "--yes", "--no-wait")
        with serving(site) as (one,):
            wait_until(lambda: site.data("issue", 1)["deliveries"]["sending"])
            assert one.end() == 0
        assert one.await_event("stopped")["cleanly"] is False
    with smtp_server(port=relay.port) as server:
        assert site.send()["deliveries"]["sent"] == 1
    assert len(server.received) == 1


@pytest.fixture
def cluster() -> Iterator[postgres.Cluster]:
    """A PostgreSQL server of its own, to be crashed."""
    binaries = postgres.find_binaries()
    require("PostgreSQL", binaries)
    assert binaries is not None
    with postgres.running(binaries, {"synchronous_commit": "on"}) as running:
        yield running


def test_a_database_that_goes_away(cluster: postgres.Cluster, tmp_path: Path) -> None:
    """It is waited for, at the start and later. Takes the seconds that PostgreSQL takes to start."""
    with smtp_server() as server:
        site = make(tmp_path, server.port, database=cluster.create("news"))
        site.done("send", "--yes", "--no-wait")
        cluster.crash()
        with serving(site) as (one,):
            one.await_event("database unavailable")
            cluster.start()
            one.await_event("back")
            wait_until(is_sent(site, 3))
            cluster.crash()
            wait_until(lambda: one.events().count("database unavailable") == 2)
            cluster.start()
            site.write("ferry.md")
            site.done("send", "--yes", "--no-wait")
            wait_until(lambda: len(server.received) == 6)
            assert one.end() == 0


def test_a_database_that_will_not_come(tmp_path: Path) -> None:
    """One that needs the author is named at once."""
    site = make(tmp_path, 9)
    (site.directory / "newsletter.db").write_text("this is no database, and never will be one")
    ran = site.run("serve", "--only", "deliver")
    assert ran.status == 1
    assert "newsletter.db" in ran.err
    assert "Traceback" not in ran.err


@pytest.mark.parametrize(
    ("words", "complaint"), [(["--only", "delivery"], "no role"), (["--only", ","], "at least one")]
)
def test_other_roles(tmp_path: Path, words: list[str], complaint: str) -> None:
    """What is no role is refused, with what there is."""
    ran = make_site(tmp_path / "site").run("serve", *words)
    assert ran.status == 2
    assert complaint in ran.err
