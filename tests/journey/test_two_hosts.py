"""Two hosts share an issue; PostgreSQL and the relay are hosts of their own, and the network between them fails."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from newsletter.issues.tables import issues
from newsletter.outbox import queue
from newsletter.outbox.queue import Counts
from newsletter.outbox.tables import workers
from subscribers.database import open_engine, reading, writing
from tests import postgres
from tests.databases import prepare
from tests.issues import add_readers, queue_issue
from tests.namespaces import Network, network
from tests.processes import (
    Copy,
    Process,
    Relay,
    finish,
    kill,
    relay_running,
    repeats,
    start_sender,
    wait_until,
)
from tests.requirements import require
from tests.sites import TestSite, make_site

_ROOT = Path(__file__).parents[2]

READERS = 250
CONNECTIONS = 2

#: Seconds for which a worker is taken for alive without a sign of life. Nobody sees into another host.
LEASE = 3


@pytest.fixture(scope="module")
def hosts() -> Iterator[Network]:
    """The network."""
    with network("alpha", "beta", "database", "relay") as built:
        yield built


@pytest.fixture(scope="module")
def cluster(hosts: Network) -> Iterator[postgres.Cluster]:
    """PostgreSQL on its host, with a database to make others from."""
    binaries = postgres.find_binaries()
    require("PostgreSQL", binaries)
    assert binaries is not None
    settings = {"listen_addresses": hosts.address("database")}
    as_postgres = ("setpriv", f"--reuid={postgres.USER}", f"--regid={postgres.USER}", "--clear-groups")
    with postgres.running(binaries, settings, before=(*hosts.on("database"), *as_postgres)) as started:
        prepare(started.create("migrated"))
        yield started


#: Both ends of a connection to the database see within two seconds that the other is gone.
SHORT = {
    "connect_timeout": "2",
    "keepalives_idle": "1",
    "keepalives_interval": "1",
    "keepalives_count": "1",
    "tcp_user_timeout": "2000",
}

#: They never do, and go on where they were when the other is back.
ENDLESS = {"keepalives_idle": "1000", "tcp_user_timeout": "0"}


class Story:
    """An issue on its way from two hosts, as seen by somebody who stands beside the database and the relay."""

    def __init__(self, hosts: Network, cluster: postgres.Cluster, relay: Relay, now: datetime) -> None:
        self.hosts, self.relay = hosts, relay
        self._cluster = cluster
        self._name = f"news_{uuid4().hex}"
        self._engine = open_engine(cluster.create(self._name, template="migrated"))
        queue_issue(self._engine, now, readers=READERS)

    def begin(self, patience: Mapping[str, str]) -> tuple[Process, Process]:
        """Start a sender on alpha, which stops for good when it has to, and one on beta; return when both send."""
        alpha, beta = self._start("alpha", patience), self._start("beta", patience, "--serve")
        wait_until(lambda: min(len(self.copies("alpha")), len(self.copies("beta"))) > 10)
        return alpha, beta

    def copies(self, host: str) -> list[Copy]:
        """Return what came from a host."""
        address = self.hosts.address(host)
        return [copy for copy in self.relay.copies() if copy.host == address]

    def outlast(self, host: str) -> None:
        """Wait until the lease of a host's worker is over."""
        wait_until(lambda: not self._leases(host))

    def check(self) -> None:
        """Everybody has it, and nobody twice but those who were in doubt when alpha was lost."""
        with reading(self._engine) as connection:
            assert queue.counts(connection, 1) == Counts(sent=READERS)
        assert len({copy.recipient for copy in self.relay.copies()}) == READERS, "nobody was lost"
        assert repeats(self.relay.copies()) <= CONNECTIONS

    def end(self) -> None:
        self._engine.dispose()

    def _start(self, host: str, patience: Mapping[str, str], *words: str) -> Process:
        url = self._cluster.url(self._name, host=self.hosts.address("database"), **patience)
        options = ("--connections", CONNECTIONS, "--lease", LEASE, "--timeout", 5, *words)
        return start_sender(url, self.relay, *options, before=self.hosts.on(host))

    def _leases(self, host: str) -> int:
        holds = workers.c.leased_until > datetime.now(UTC)
        query = select(func.count()).where(workers.c.host == host, holds)
        with reading(self._engine) as connection:
            return connection.scalar(query) or 0


@pytest.fixture
def story(hosts: Network, cluster: postgres.Cluster, now: datetime, tmp_path: Path) -> Iterator[Story]:
    """An issue that waits, and a relay that takes its time."""
    where = {"before": hosts.on("relay"), "host": hosts.address("relay")}
    with relay_running(tmp_path / "log", "--delay", "0.01", **where) as relay:
        told = Story(hosts, cluster, relay, now)
        yield told
        told.end()


def test_one_of_two_hosts_dies(story: Story) -> None:
    """What a killed worker had claimed is delivered by the other, once its lease is over."""
    alpha, beta = story.begin(SHORT)
    kill(alpha)
    assert finish(beta) == ""
    story.check()


def test_a_host_is_cut_off_from_the_database(story: Story) -> None:
    """The other takes over while it is cut off. It stops by itself, and sends no more than it had been allowed."""
    alpha, beta = story.begin(SHORT)
    story.hosts.part("alpha", "database")
    before = len(story.copies("alpha"))
    assert finish(beta) == ""
    assert "DatabaseUnavailable" in finish(alpha)
    story.hosts.join("alpha", "database")
    assert len(story.copies("alpha")) - before <= CONNECTIONS
    story.check()


def test_a_host_does_not_notice_that_it_was_cut_off_from_the_database(story: Story) -> None:
    """It waits for an answer all the while and goes on when that comes: too late, so it sends nothing more."""
    alpha, beta = story.begin(ENDLESS)
    story.hosts.part("alpha", "database")
    before = len(story.copies("alpha"))
    story.outlast("alpha")
    story.hosts.join("alpha", "database")
    assert "TakenForDead" in finish(alpha)
    assert finish(beta) == ""
    assert len(story.copies("alpha")) - before <= CONNECTIONS
    story.check()


def test_a_host_is_cut_off_from_everything(story: Story) -> None:
    """Unplugged for longer than its lease and plugged in again: the same, with what was on the wire arriving late."""
    alpha, beta = story.begin(ENDLESS)
    story.hosts.unplug("alpha")
    before = len(story.copies("alpha"))
    story.outlast("alpha")
    story.hosts.plug_in("alpha")
    assert "TakenForDead" in finish(alpha)
    assert finish(beta) == ""
    assert len(story.copies("alpha")) - before <= CONNECTIONS
    story.check()


def test_two_hosts_make_one_issue(
    hosts: Network, cluster: postgres.Cluster, now: datetime, tmp_path: Path
) -> None:
    """Each finds the new post in its own copy of the folder at the same moment; one of them makes the issue."""
    name = f"news_{uuid4().hex}"
    engine = open_engine(cluster.create(name, template="migrated"))
    with writing(engine) as connection:
        add_readers(connection, 20, now)
    environ = {**os.environ, "NEWSLETTER_DATABASE_URL": cluster.url(name, host=hosts.address("database"))}
    with ExitStack() as stack:
        sites = [make_site(tmp_path / host) for host in ("alpha", "beta")]
        publishers = [
            stack.enter_context(start_publisher(site, hosts.on(host), environ))
            for site, host in zip(sites, ("alpha", "beta"), strict=True)
        ]
        answers = [publisher.stdout for publisher in publishers]
        assert [answer.readline() for answer in answers if answer] == ["ready\n", "ready\n"]
        for number in (1, 2, 3):
            for site in sites:
                site.write(f"post-{number}.md")
            for publisher in publishers:
                assert publisher.stdin is not None
                publisher.stdin.write("now\n")
                publisher.stdin.flush()
            made = sorted(answer.readline() for answer in answers if answer)
            assert made == [f"issue {number}\n", "no new posts\n"]
    with reading(engine) as connection:
        assert connection.scalar(select(func.count()).select_from(issues)) == 3
        assert queue.counts(connection, 3) == Counts(queued=20)
    engine.dispose()


def start_publisher(site: TestSite, before: Sequence[str], environ: Mapping[str, str]) -> Process:
    """Start what makes issues when it is told to."""
    command = [*before, sys.executable, "-m", "tests.publisher", str(site.directory)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    return subprocess.Popen(command, cwd=_ROOT, env=environ, text=True, **pipes)
