"""Two hosts share an issue; PostgreSQL and the relay are hosts of their own, and the network between them fails."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from uuid import uuid4

import pytest

from newsletter.outbox import queue
from newsletter.outbox.queue import Counts
from subscribers.database import open_engine, reading
from tests import postgres
from tests.databases import prepare
from tests.issues import queue_issue
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

READERS = 400
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


class Story:
    """An issue on its way from two hosts, as seen by somebody who stands beside the database and the relay."""

    def __init__(self, hosts: Network, cluster: postgres.Cluster, relay: Relay, now: datetime) -> None:
        self.hosts, self.relay = hosts, relay
        name = f"news_{uuid4().hex}"
        self.engine = open_engine(cluster.create(name, template="migrated"))
        self.url = cluster.url(name, host=hosts.address("database"))
        queue_issue(self.engine, now, readers=READERS)

    def sender(self, host: str) -> Process:
        options = ("--connections", CONNECTIONS, "--lease", LEASE, "--timeout", 5, "--serve")
        return start_sender(self.url, self.relay, *options, before=self.hosts.on(host))

    def copies(self, host: str) -> list[Copy]:
        address = self.hosts.address(host)
        return [copy for copy in self.relay.copies() if copy.host == address]

    def begin(self) -> tuple[Process, Process]:
        """Start both senders, and return when both have taken part."""
        alpha, beta = self.sender("alpha"), self.sender("beta")
        wait_until(lambda: min(len(self.copies("alpha")), len(self.copies("beta"))) > 10)
        return alpha, beta

    def check(self) -> None:
        """Everybody has it, and nobody twice but those who were in doubt at one event."""
        with reading(self.engine) as connection:
            assert queue.counts(connection, 1) == Counts(sent=READERS)
        assert len({copy.recipient for copy in self.relay.copies()}) == READERS, "nobody was lost"
        assert repeats(self.relay.copies()) <= CONNECTIONS


@pytest.fixture
def story(hosts: Network, cluster: postgres.Cluster, now: datetime, tmp_path: Path) -> Iterator[Story]:
    """An issue that waits, and a relay that takes its time."""
    words = ("--delay", "0.01")
    with relay_running(
        tmp_path / "log", *words, before=hosts.on("relay"), host=hosts.address("relay")
    ) as relay:
        told = Story(hosts, cluster, relay, now)
        yield told
        told.engine.dispose()


def test_one_of_two_hosts_dies(story: Story) -> None:
    """What a killed worker had claimed is delivered by the other, once its lease is over."""
    alpha, beta = story.begin()
    kill(alpha)
    assert finish(beta) == ""
    story.check()


def test_a_host_is_cut_off_from_the_database(story: Story) -> None:
    """It still reaches the relay, and hands over no more than was allowed before: one message a connection."""
    alpha, beta = story.begin()
    story.hosts.part("alpha", "database")
    before = len(story.copies("alpha"))
    assert finish(beta) == ""
    story.hosts.join("alpha", "database")
    assert finish(alpha) != "", "it says why it has stopped"
    assert len(story.copies("alpha")) - before <= CONNECTIONS
    story.check()


def test_a_host_is_cut_off_from_everything(story: Story) -> None:
    """Unplugged for longer than its lease and plugged in again, it hands over nothing more."""
    alpha, beta = story.begin()
    story.hosts.unplug("alpha")
    before = len(story.copies("alpha"))
    assert finish(beta) == ""
    story.hosts.plug_in("alpha")
    assert finish(alpha) != "", "it says why it has stopped"
    assert len(story.copies("alpha")) - before <= CONNECTIONS
    story.check()
