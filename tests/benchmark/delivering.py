"""Delivery against Postfix's load generator and others, into Postfix's sink and into a leaner one."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial

from tests import postgres
from tests.benchmark import sinks
from tests.benchmark.mailing import Mailing, frozen
from tests.benchmark.measuring import Row, at_least, at_most
from tests.benchmark.peers import Peers, prepared, smtp_source
from tests.benchmark.processes import Cost, python, run
from tests.benchmark.racing import Entry, Race, race
from tests.benchmark.sinks import Sink

#: Readers of the issue, and how many connections they are served on.
READERS, CONNECTIONS = 20_000, (1, 10, 50)

#: The number of connections that the targets are about; 10 is also the default of [smtp] connections.
MANY = 10

#: Messages of those who are slow; what is compared are rates, not times.
_SCRIPT, _COMPOSED, _RAW = 600, 2_000, 5_000

OURS, ON_POSTGRESQL, SOURCE = "newsletter", "newsletter on PostgreSQL", "smtp-source"
SCRIPT, POOL, RAW_POOL = "smtplib, EmailMessage a reader", "nodemailer, composed", "nodemailer, one for all"

#: What listmonk 6.2 reached of smtp-source when it was measured; it is not run here.
_LISTMONK = 0.34

#: PostgreSQL as it is installed, where the tests' own cluster does without the disk.
_DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}

_NEAR = ("smtp-sink", "lean sink")


def measure() -> list[Row]:
    """Race everybody, print what they did, and return how that stands against the targets."""
    if absent := sinks.missing():
        return [Row("delivery", "left out", f"not on this machine: {absent}")]
    with ExitStack() as stack:
        mailing = stack.enter_context(frozen(READERS))
        peers = stack.enter_context(prepared(mailing))
        entries = [*_grid(mailing), *_others(peers), *stack.enter_context(_on_postgresql())]
        finished = race(entries)
    print(f"Delivery of messages of {len(mailing.example):,} octets; medians of the rounds")
    finished.show(SOURCE)
    return [*_against_c(finished), *_against_others(finished, peers), *_on_our_own(finished)]


def ours(sink: Sink, mailing: Mailing, connections: int, **settings: object) -> Cost:
    """Deliver a copy of the mailing with `newsletter`; `settings` are more of [smtp]."""
    with mailing.copied() as site:
        cost = run(python("ours", site.directory), environ=relay(sink, connections, **settings))
    assert cost.said["messages"] == mailing.readers, "everybody was sent to"
    return cost


def relay(sink: Sink, connections: int, **settings: object) -> dict[str, str]:
    """Return the environment of a `newsletter` whose relay is this sink."""
    given = {"port": sink.port, "connections": connections, **settings}
    return {f"NEWSLETTER_SMTP_{name.upper()}": str(value) for name, value in given.items()}


def _grid(mailing: Mailing) -> Iterator[Entry]:
    size = len(mailing.example)
    for sink in _NEAR:
        for connections in CONNECTIONS:
            source = partial(smtp_source, connections=connections, messages=READERS, size=size)
            yield Entry(SOURCE, sink, connections, READERS, source)
            start = partial(ours, mailing=mailing, connections=connections)
            yield Entry(OURS, sink, connections, READERS, start)


def _others(peers: Peers) -> Iterator[Entry]:
    yield Entry(SCRIPT, "smtp-sink", 1, _SCRIPT, partial(peers.smtplib, messages=_SCRIPT))
    if not peers.without_nodemailer:
        for name, kind, messages in ((POOL, "composed", _COMPOSED), (RAW_POOL, "raw", _RAW)):
            start = partial(peers.nodemailer, connections=MANY, messages=messages, kind=kind)
            yield Entry(name, "smtp-sink", MANY, messages, start)


@contextmanager
def _on_postgresql() -> Iterator[list[Entry]]:
    binaries = postgres.find_binaries()
    if binaries is None:
        yield []
        return
    with postgres.running(binaries, _DURABLE) as cluster, frozen(READERS, cluster=cluster) as mailing:
        start = partial(ours, mailing=mailing, connections=MANY)
        yield [Entry(ON_POSTGRESQL, sink, MANY, READERS, start) for sink in _NEAR]


def _against_c(finished: Race) -> Iterator[Row]:
    for sink, least in (("smtp-sink", 1.0), ("lean sink", 1.3)):
        for connections in CONNECTIONS:
            mine, its = (finished.entry(name, sink, connections) for name in (OURS, SOURCE))
            what = f"newsletter against smtp-source into {sink}, {connections} connections"
            yield at_least(what, finished.ratio(mine, its), least)


def _against_others(finished: Race, peers: Peers) -> Iterator[Row]:
    mine = finished.entry(OURS, "smtp-sink", MANY)
    source = finished.entry(SOURCE, "smtp-sink", MANY)
    script = finished.entry(SCRIPT, "smtp-sink", 1)
    yield at_least("    against smtplib with EmailMessage", finished.ratio(mine, script), 30)
    if peers.without_nodemailer:
        yield Row("    against nodemailer's pool", "left out", peers.without_nodemailer)
    else:
        pool = finished.entry(POOL, "smtp-sink", MANY)
        yield at_least("    against nodemailer's pool", finished.ratio(mine, pool), 4)
    quoted = f"a quoted figure: {_LISTMONK} of smtp-source, as measured elsewhere"
    times = finished.ratio(mine, source) / _LISTMONK
    yield at_least("    against listmonk 6.2", times, 3, note=quoted)


def _on_our_own(finished: Race) -> Iterator[Row]:
    for sink in _NEAR:
        mine = finished.entry(OURS, sink, MANY)
        if finished.has(ON_POSTGRESQL):
            other = finished.entry(ON_POSTGRESQL, sink, MANY)
            yield at_least(f"PostgreSQL against SQLite, into {sink}", finished.ratio(other, mine), 0.7)
        else:
            yield Row(
                f"PostgreSQL against SQLite, into {sink}", "left out", "PostgreSQL is not on this machine"
            )
    mine = finished.entry(OURS, "lean sink", MANY)
    what = f"peak memory with {READERS:,} readers"
    yield at_most(what, finished.peak(mine) / 1e6, 150, "MB", "the aim beyond that is 60")
