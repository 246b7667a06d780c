"""The worker, over a real ledger on both engines: what it sends, and what is left when it cannot."""

import signal
import sqlite3
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from threading import Event, Lock, main_thread
from time import monotonic, sleep
from typing import Any

import pytest
from sqlalchemy import Engine, update

from newsletter.errors import RelayUnavailable
from newsletter.outbox import queue
from newsletter.outbox.delivery import worker
from newsletter.outbox.delivery.claims import Claimed
from newsletter.outbox.delivery.settling import MailRefused, RelaySilent
from newsletter.outbox.delivery.worker import Summary
from newsletter.outbox.messages.composing import Composer
from newsletter.outbox.queue import Counts
from newsletter.transport.memory import MemoryTransport
from newsletter.transport.protocol import Lost, Message, Reply, Verdict
from newsletter.transport.smtp import SmtpSettings, SmtpTransport
from subscribers import keys, roster
from subscribers.database import reading, writing
from subscribers.tables import subscribers
from tests.issues import LETTERHEAD, queue_issue, rows
from tests.processes import PATIENCE
from tests.smtp_server import HANG_UP, smtp_server

OK = Reply(250, "2.0.0", "kept")
Answer = Callable[[Message], Verdict]


def composer(engine: Engine) -> Composer:
    """Return what a run composes with."""
    with reading(engine) as connection:
        return Composer(engine, LETTERHEAD, keys.tokens(connection))


def deliver(
    engine: Engine, now: datetime, answer: Answer | None = None, **options: Any
) -> tuple[Summary, list[Message]]:
    """Run a worker into memory; return its summary and what was accepted."""
    sent: list[Message] = []
    chosen: dict[str, Any] = {
        "open_transport": lambda: MemoryTransport(answer, sent),
        "composer": composer(engine),
        "now": lambda: now,
        "connections": 4,
    } | options
    return worker.deliver(engine, **chosen), sent


def count(engine: Engine) -> Counts:
    """Count issue 1."""
    with reading(engine) as connection:
        return queue.counts(connection, 1)


def recipients(sent: list[Message]) -> Counter[str]:
    """Count what each reader got."""
    return Counter(message.envelope.recipient for message in sent)


def test_everybody_gets_one(engine: Engine, now: datetime) -> None:
    """Over several connections each reader gets one message, which is theirs; then nothing is left to do."""
    queue_issue(engine, now, readers=150)
    summary, sent = deliver(engine, now)
    assert summary == Summary(sent=150)
    assert set(recipients(sent).values()) == {1}
    assert len(sent) == 150
    for message in sent:
        number = message.envelope.recipient.removeprefix("reader").partition("@")[0]
        assert f"To: Reader {number} <".encode() in message.data
    assert count(engine) == Counts(sent=150)
    assert deliver(engine, now) == (Summary(), [])


def test_over_smtp(engine: Engine, now: datetime) -> None:
    """The same over SMTP: no more connections than were allowed, and what arrives is what was composed."""
    queue_issue(engine, now, readers=60)
    with smtp_server() as server:
        settings = SmtpSettings(host="127.0.0.1", port=server.port, timeout=10, helo="sender.example.com")
        summary, _ = deliver(engine, now, open_transport=lambda: SmtpTransport(settings), connections=3)
    assert summary == Summary(sent=60)
    assert server.connections <= 3
    assert len({message.recipient for message in server.received}) == len(server.received) == 60
    assert all(message.sender.startswith("b+") for message in server.received)


def test_a_refused_address_stops_nobody_else(engine: Engine, now: datetime) -> None:
    """Wrong addresses, refusals and delays end as what they are, with the relay's words; the rest is sent."""
    queue_issue(engine, now, readers=30)
    said = {
        "reader3@example.org": Reply(550, "5.1.1", "no such user", "rcpt"),
        "reader4@example.org": Reply(552, "5.2.2", "mailbox full", "rcpt"),
        "reader5@example.org": Reply(451, "4.3.0", "try later", "rcpt"),
    }
    summary, sent = deliver(engine, now, lambda message: said.get(message.envelope.recipient, OK))
    assert summary == Summary(sent=27, bounced=1, failed=1, later=1)
    assert not recipients(sent).keys() & said.keys()
    assert count(engine) == Counts(sent=27, bounced=1, failed=1, queued=1)
    assert rows(engine)["reader3@example.org"].reply == "5.1.1 no such user"
    assert rows(engine)["reader5@example.org"].due_at > now


def test_a_row_that_makes_no_message_stops_nobody_else(engine: Engine, now: datetime) -> None:
    """An address that got into the table past all checks fails alone."""
    queue_issue(engine, now, readers=5)
    with writing(engine) as connection:
        evil = update(subscribers).where(subscribers.c.email == "reader2@example.org")
        connection.execute(evil.values(email="x@example.org>\r\nRCPT TO:<all@example.org"))
    summary, sent = deliver(engine, now)
    assert summary == Summary(sent=4, failed=1)
    assert recipients(sent).keys() == {f"reader{number}@example.org" for number in (1, 3, 4, 5)}


def test_a_relay_that_is_not_there(engine: Engine, now: datetime) -> None:
    """Nothing is attempted, everything stays queued and unclaimed, and the reason is given."""
    queue_issue(engine, now, readers=10)

    def nobody() -> MemoryTransport:
        raise RelayUnavailable("The relay localhost:25 cannot be reached: refused.")

    summary, _ = deliver(engine, now, open_transport=nobody)
    assert isinstance(summary.stopped, RelayUnavailable)
    assert count(engine) == Counts(queued=10)
    assert {(row.worker, row.attempts, row.due_at) for row in rows(engine).values()} == {(None, 0, now)}


def test_a_relay_that_goes_away(engine: Engine, now: datetime) -> None:
    """What was not handed over is queued as before, without an attempt; the next run finishes."""
    queue_issue(engine, now, readers=40)
    taken = Counter[str]()

    def answer(message: Message) -> Verdict:
        if taken.total() >= 15:
            raise RelayUnavailable("The relay localhost:25 takes no mail now.")
        taken[message.envelope.recipient] += 1
        return OK

    summary, first = deliver(engine, now, answer)
    assert isinstance(summary.stopped, RelayUnavailable)
    assert summary.sent == len(first)
    assert count(engine) == Counts(sent=len(first), queued=40 - len(first))
    assert {row.attempts for row in rows(engine).values() if row.status == "queued"} == {0}
    summary, second = deliver(engine, now)
    assert summary.stopped is None
    assert len(recipients(first + second)) == len(first + second) == 40


def test_a_relay_that_allows_fewer_connections(engine: Engine, now: datetime) -> None:
    """The connections that it allows do all the work, and nobody is told of a failure."""
    queue_issue(engine, now, readers=40)
    opened: list[int] = []
    sent: list[Message] = []

    def open_transport() -> MemoryTransport:
        opened.append(1)
        if len(opened) > 2:
            raise RelayUnavailable("The relay localhost:25 does not serve us: 421 too many connections.")
        return MemoryTransport(None, sent)

    summary, _ = deliver(engine, now, open_transport=open_transport)
    assert summary == Summary(sent=40)
    assert len(recipients(sent)) == len(sent) == 40


def test_a_refusal_that_is_about_us(engine: Engine, now: datetime) -> None:
    """5.7.x stops the run with the relay's words; nothing is held against any reader."""
    queue_issue(engine, now, readers=20)
    refusal = Reply(550, "5.7.26", "unauthenticated mail from example.com", "data")
    summary, _ = deliver(engine, now, lambda message: refusal, connections=2)
    assert isinstance(summary.stopped, MailRefused)
    assert "550 5.7.26 unauthenticated mail" in summary.stopped.message
    assert count(engine) == Counts(queued=20)
    assert {row.attempts for row in rows(engine).values()} == {0}
    assert deliver(engine, now)[0] == Summary(sent=20)


@pytest.mark.parametrize(
    ("resend", "expected", "counts"),
    [
        (True, Summary(sent=4, later=1), Counts(sent=4, queued=1)),
        (False, Summary(sent=4, unknown=1), Counts(sent=4, unknown=1)),
    ],
)
def test_a_doubtful_message(
    engine: Engine, now: datetime, resend: bool, expected: Summary, counts: Counts
) -> None:
    """A message whose reply was lost is queued again as the same delivery, or held for the author, as set."""
    queue_issue(engine, now, readers=5)

    def answer(message: Message) -> Verdict:
        if message.envelope.recipient == "reader2@example.org":
            return Lost("the connection broke", in_doubt=True)
        return OK

    assert deliver(engine, now, answer, resend=resend, connections=1)[0] == expected
    assert count(engine) == counts


def test_a_relay_that_never_answers_is_left_alone(engine: Engine, now: datetime) -> None:
    """Two lost replies in a row stop the run: what may have arrived is not made more of."""
    queue_issue(engine, now, readers=50)
    with smtp_server(lambda stage, who: HANG_UP if stage == "data" else None) as server:
        settings = SmtpSettings(host="127.0.0.1", port=server.port, timeout=5, helo="sender.example.com")
        summary, _ = deliver(engine, now, open_transport=lambda: SmtpTransport(settings), connections=2)
        assert isinstance(summary.stopped, RelaySilent)
        assert len(server.received) <= 2 * 2
    assert count(engine).queued == 50


def test_who_leaves_meanwhile_gets_nothing(engine: Engine, now: datetime) -> None:
    """Readers who unsubscribe while the run is on, and are claimed already, are not sent to."""
    queue_issue(engine, now, readers=40)
    gone: list[str] = []
    lock = Lock()

    def answer(message: Message) -> Verdict:
        with lock:
            if not gone:
                gone.extend(f"reader{number}@example.org" for number in range(20, 41))
                with writing(engine) as connection:
                    for email in gone:
                        roster.leave(connection, roster.find(connection, email).id, now)
        return OK

    summary, sent = deliver(engine, now, answer)
    assert not recipients(sent).keys() & set(gone)
    assert summary == Summary(sent=19, cancelled=21)
    assert count(engine) == Counts(sent=19, cancelled=21)


def test_stopping(engine: Engine, now: datetime) -> None:
    """A run that is told to stop finishes what is on the wire and gives the rest back."""
    queue_issue(engine, now, readers=40)
    stop = Event()

    def answer(message: Message) -> Verdict:
        stop.set()
        return OK

    summary, sent = deliver(engine, now, answer, stop=stop)
    assert 1 <= summary.sent <= 4
    assert count(engine) == Counts(sent=len(sent), queued=40 - len(sent))
    assert {row.worker for row in rows(engine).values()} == {None}


def test_an_interruption_in_the_callers_thread(engine: Engine, now: datetime) -> None:
    """Ctrl-C, or a progress bar that breaks, loses nothing: what was sent is recorded, the rest is queued."""
    queue_issue(engine, now, readers=400)

    def interrupt(done: int) -> None:
        raise KeyboardInterrupt

    sent: list[Message] = []
    with pytest.raises(KeyboardInterrupt):
        deliver(engine, now, open_transport=lambda: MemoryTransport(None, sent), on_progress=interrupt)
    assert count(engine) == Counts(sent=len(sent), queued=400 - len(sent))
    assert {row.worker for row in rows(engine).values()} == {None}


def test_control_c_while_the_relay_thinks(engine: Engine, now: datetime) -> None:
    """What is on the wire when the signal comes is waited for, and recorded: nobody gets it again."""
    queue_issue(engine, now, readers=10)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # whatever started us may ignore it

    def answer(message: Message) -> Verdict:
        signal.pthread_kill(main_thread().ident or 0, signal.SIGINT)
        sleep(0.3)  # the main thread is interrupted meanwhile
        return OK

    try:
        with pytest.raises(KeyboardInterrupt):
            deliver(engine, now, answer, connections=1)
    finally:
        signal.signal(signal.SIGINT, before)
    assert count(engine) == Counts(sent=1, queued=9)


class Breaking(MemoryTransport):
    """A transport with a fault of its own, in one of its steps."""

    def __init__(self, step: str) -> None:
        super().__init__()
        self.step = step

    def begin(self, messages: Sequence[Message]) -> list[Reply | None]:
        if self.step == "begin":
            raise ZeroDivisionError
        return super().begin(messages)

    def verdicts(self) -> list[Verdict]:
        raise ZeroDivisionError


@pytest.mark.parametrize(("step", "attempted"), [("begin", 0), ("verdicts", 1)])
def test_a_transport_that_breaks(engine: Engine, now: datetime, step: str, attempted: int) -> None:
    """An error that no transport should raise is raised; only what may have arrived counts as attempted."""
    queue_issue(engine, now, readers=10)
    with pytest.raises(ZeroDivisionError):
        deliver(engine, now, open_transport=lambda: Breaking(step), connections=1)
    assert count(engine) == Counts(queued=10)
    assert sum(row.attempts for row in rows(engine).values()) == attempted
    assert {row.worker for row in rows(engine).values()} == {None}


def test_a_composer_that_breaks(engine: Engine, now: datetime) -> None:
    """An error before anything was handed over costs no delivery anything."""
    queue_issue(engine, now, readers=10)

    def compose(*_: object) -> Message:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        deliver(engine, now, composer=compose)
    assert count(engine) == Counts(queued=10)
    assert {row.attempts for row in rows(engine).values()} == {0}


def test_while_the_relay_thinks(engine: Engine, now: datetime) -> None:
    """The message after the next is made; what goes wrong with that is tried again when its turn comes."""
    queue_issue(engine, now, readers=30)
    compose, made, ahead, left = composer(engine), [], [], [ZeroDivisionError]

    def compose_all_but(claimed: Claimed, date: datetime) -> Message:
        if len(made) == 20 and left:
            raise left.pop()
        made.append(claimed.id)
        return compose(claimed, date)

    def answer(stage: str, _recipient: str) -> None:
        if stage == "data" and len(made) < 20:
            taken, deadline = len(server.received) + 1, monotonic() + PATIENCE
            while len(made) < taken + 2 and monotonic() < deadline:
                sleep(0.001)
            ahead.append(len(made) - taken)

    with smtp_server(answer, pipelining=True) as server:
        settings = SmtpSettings("127.0.0.1", server.port, timeout=10, helo="sender.example.com")
        options: dict[str, Any] = {"open_transport": lambda: SmtpTransport(settings), "connections": 1}
        summary, _ = deliver(engine, now, composer=compose_all_but, **options)
    assert set(ahead) == {2}
    assert left == []
    assert summary == Summary(sent=30)
    assert len({message.recipient for message in server.received}) == len(server.received) == 30


def test_a_composer_that_breaks_on_the_way(engine: Engine, now: datetime) -> None:
    """What was made already, and had no turn yet, goes back, and nobody gets anything twice."""
    queue_issue(engine, now, readers=30)
    compose, made = composer(engine), []

    def compose_some(claimed: Claimed, date: datetime) -> Message:
        if len(made) == 20:
            raise ZeroDivisionError
        made.append(claimed.id)
        return compose(claimed, date)

    with smtp_server(pipelining=True) as server:
        settings = SmtpSettings("127.0.0.1", server.port, timeout=10, helo="sender.example.com")
        options: dict[str, Any] = {"open_transport": lambda: SmtpTransport(settings), "connections": 3}
        with pytest.raises(ZeroDivisionError):
            deliver(engine, now, composer=compose_some, **options)
        taken = len(server.received)
        assert count(engine) == Counts(sent=taken, queued=30 - taken)
        assert {row.worker for row in rows(engine).values()} == {None}
        assert deliver(engine, now, **options)[0] == Summary(sent=30 - taken)
    assert len({message.recipient for message in server.received}) == len(server.received) == 30


def test_who_cannot_settle_cannot_send(sqlite_engine: Engine, now: datetime) -> None:
    """When outcomes can't be written any more, at most one message a connection goes out, and repeats later."""
    queue_issue(sqlite_engine, now, readers=40)
    sent: list[Message] = []
    with writing(sqlite_engine) as connection:
        refuse = "CREATE TRIGGER full BEFORE UPDATE OF status ON deliveries WHEN NEW.status = 'sent' "
        connection.exec_driver_sql(refuse + "BEGIN SELECT RAISE(ABORT, 'disk full'); END")
    with pytest.raises(sqlite3.IntegrityError, match="disk full"):
        deliver(sqlite_engine, now, open_transport=lambda: MemoryTransport(None, sent))
    assert 1 <= len(sent) <= 4
    with writing(sqlite_engine) as connection:
        connection.exec_driver_sql("DROP TRIGGER full")
        queue.recover(connection, now=now, is_dead=lambda name: True)
    _, again = deliver(sqlite_engine, now)
    copies = recipients(sent + again)
    assert len(copies) == 40
    assert copies.total() <= 44


def test_progress_adds_up(engine: Engine, now: datetime) -> None:
    """Progress is told in steps that make up everything that came to an end."""
    queue_issue(engine, now, readers=90)
    with writing(engine) as connection:
        roster.leave(connection, roster.find(connection, "reader9@example.org").id, now)
    told: list[int] = []
    deliver(engine, now, on_progress=told.append)
    assert sum(told) == 90


def test_pace(engine: Engine, now: datetime) -> None:
    """With a rate, messages go out one by one, every one of them, and each is settled before the wait."""
    queue_issue(engine, now, readers=6)
    assert deliver(engine, now, rate=50)[0] == Summary(sent=6)


def test_nothing_to_do_opens_nothing(engine: Engine, now: datetime) -> None:
    """Where nothing is due, the relay isn't bothered."""

    def open_transport() -> MemoryTransport:
        raise AssertionError("the relay was called")

    assert deliver(engine, now, open_transport=open_transport)[0] == Summary()
