"""Limits on a running send, on both engines: domains that want less, and senders that are new."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, update

from newsletter.outbox import queue
from newsletter.outbox.delivery import retry
from newsletter.outbox.delivery.claims import Claimed, Settlement
from newsletter.outbox.delivery.domains import Domains
from newsletter.outbox.delivery.ledger import Ledger
from newsletter.outbox.delivery.warmup import WarmUp
from newsletter.outbox.queue import Counts
from newsletter.transport.protocol import Message, Reply, Verdict
from subscribers.database import reading, writing
from subscribers.tables import subscribers
from tests.contract.test_worker import deliver, recipients
from tests.issues import queue_issue, rows

OK = Reply(250, "2.0.0", "kept")
SLOW_DOWN = Reply(450, "4.7.28", "Our system has detected an unusual rate of unsolicited mail")


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


def move_to(engine: Engine, domain: str, *numbers: int) -> None:
    """Give readers addresses at another domain."""
    with writing(engine) as connection:
        for number in numbers:
            reader = update(subscribers).where(subscribers.c.email == f"reader{number}@example.org")
            connection.execute(reader.values(email=f"reader{number}@{domain}"))


@contextmanager
def ledger(engine: Engine, clock: Clock, domains: Domains) -> Iterator[Ledger]:
    """A ledger that is closed afterwards."""
    opened = Ledger(engine, now=clock, batch=50, lease=timedelta(minutes=2), domains=domains)
    try:
        yield opened
    finally:
        opened.close()


def settled(claimed: Claimed, reply: Reply = OK) -> Settlement:
    """What becomes of a delivery with such a reply."""
    outcome = retry.decide(reply, claimed.attempts)
    return Settlement(claimed.id, outcome, reply, domain=claimed.domain if outcome.hold else "")


def test_so_many_connections_a_domain(engine: Engine, now: datetime) -> None:
    """No more deliveries to one domain are under way at once than it may have; others overtake the rest."""
    queue_issue(engine, now, readers=5)
    move_to(engine, "gmail.example", 1, 2, 3)
    with ledger(engine, Clock(now), Domains(limit=1)) as book:
        first, second = book.stock.take(1)[0], book.stock.take(1)[0]
        assert [first.domain, second.domain] == ["gmail.example", "example.org"]
        assert book.stock.take(1) == []
        assert book.stock.keeps_some
        book.wait(book.submit([], [first, second]))
        book.wait(book.submit([settled(first)]))
        assert [one.email for one in book.stock.take(2)] == ["reader2@gmail.example"]
        book.stock.put_back([second])
        assert [one.domain for one in book.stock.take(2)] == ["example.org"]


def test_a_domain_that_wants_less(engine: Engine, now: datetime) -> None:
    """Gmail's 4.7.28 stops mail to it for ten minutes, by every worker; then it goes on with one connection."""
    queue_issue(engine, now, readers=6)
    move_to(engine, "gmail.example", 1, 2, 3, 4)
    clock, domains = Clock(now), Domains()
    with ledger(engine, clock, domains) as book:
        (asked,) = book.stock.take(1)
        book.wait(book.submit([], [asked]))
        book.wait(book.submit([settled(asked, SLOW_DOWN)]))
        assert {one.domain for one in book.stock.take(9)} == {"example.org"}
    clock.now += timedelta(minutes=1)
    summary, sent = deliver(engine, clock.now)
    assert (summary.sent, {message.envelope.recipient.partition("@")[2] for message in sent}) == (
        2,
        {"example.org"},
    )
    assert {row.due_at for row in rows(engine).values() if row.status == "queued"} == {
        now + timedelta(minutes=10)
    }
    clock.now = now + timedelta(minutes=10)
    with ledger(engine, clock, Domains()) as book:
        assert len(book.stock.take(9)) == 1, "one connection at first"
        clock.now += timedelta(minutes=1)
        assert len(book.stock.take(9)) == 1, "one more each minute"
    assert deliver(engine, clock.now + timedelta(hours=2))[0].sent == 4


def test_deliveries_to_busy_domains_are_not_left(engine: Engine, now: datetime) -> None:
    """With one connection a domain and many readers there, everybody gets theirs in one run."""
    queue_issue(engine, now, readers=30)
    summary, sent = deliver(engine, now, per_domain=1, connections=5)
    assert summary.sent == len(recipients(sent)) == 30


def test_a_warm_up(engine: Engine, now: datetime) -> None:
    """So many on the first day, twice as many on the next, whatever the number of runs; nobody is lost."""
    queue_issue(engine, now, readers=40)
    warm_up = WarmUp(5, ZoneInfo("Europe/London"))
    sent: list[Message] = []
    by_day = []
    for day in range(4):
        for hour in (0, 3):
            summary, messages = deliver(engine, now + timedelta(days=day, hours=hour), warm_up=warm_up)
            sent += messages
            by_day.append(summary.sent)
    assert by_day == [5, 0, 10, 0, 20, 0, 5, 0]
    assert set(recipients(sent).values()) == {1}
    with reading(engine) as connection:
        assert queue.counts(connection, 1) == Counts(sent=40)


def test_a_warm_up_counts_what_was_sent(engine: Engine, now: datetime) -> None:
    """What was claimed and given back leaves the day its share."""
    queue_issue(engine, now, readers=10)

    def refuse(message: Message) -> Verdict:
        return Reply(550, "5.7.26", "unauthenticated", "data")

    warm_up = WarmUp(6, ZoneInfo("UTC"))
    deliver(engine, now, refuse, warm_up=warm_up, connections=1)
    assert deliver(engine, now, warm_up=warm_up)[0].sent >= 5
