"""The outbox as a queue, on both engines: nobody's message is claimed twice, lost, or sent without consent."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from threading import Barrier, Thread

import pytest
from sqlalchemy import Engine, delete, insert, select, update

from newsletter.issues.tables import issues
from newsletter.outbox import queue
from newsletter.outbox.delivery import presence
from newsletter.outbox.delivery.claims import Claimed, Claims, Settlement
from newsletter.outbox.delivery.retry import Outcome, unmarked
from newsletter.outbox.queue import Counts
from newsletter.outbox.tables import workers
from newsletter.transport.protocol import Reply
from subscribers import roster, suppression
from subscribers.address import parse
from subscribers.database import reading, writing
from subscribers.standing import Standing, Transaction
from subscribers.tables import subscribers
from tests.contract.readers import add
from tests.issues import freeze, queue_issue, rows

LEASE = timedelta(minutes=30)
OK = Reply(250, "2.0.0", "Ok: queued")

#: Ways in which a reader stops being one that may be mailed.
LEAVING: dict[str, Callable[..., object]] = {
    "unsubscribed": lambda connection, reader, now: roster.leave(connection, reader.id, now),
    "suppressed": lambda connection, reader, now: suppression.suppress(
        connection, parse(reader.email), reason="complaint", now=now
    ),
    "erased": lambda connection, reader, now: connection.execute(
        delete(subscribers).where(subscribers.c.id == reader.id)
    ),
    "asked again": lambda connection, reader, now: connection.execute(
        update(subscribers).where(subscribers.c.id == reader.id).values(status="pending")
    ),
}


@contextmanager
def at_work(engine: Engine, worker: str, now: datetime) -> Iterator[tuple[Claims, Transaction]]:
    """A transaction of a worker, which is registered the first time that it is named."""
    with writing(engine) as connection:
        number = connection.scalar(select(workers.c.id).where(workers.c.name == worker))
        if number is None:
            facts = {"name": worker, "host": "here", "started_at": now, "beat_at": now}
            statement = insert(workers).values(leased_until=now + LEASE, **facts)
            number = connection.execute(statement.returning(workers.c.id)).scalar_one()
    standing = Standing(engine)
    try:
        with standing.writing() as transaction:
            yield Claims(standing, number), transaction
    finally:
        standing.close()


def claim(
    engine: Engine, now: datetime, *, worker: str = "worker", limit: int = 100, notices_only: bool = False
) -> list[Claimed]:
    """Claim in a transaction of its own."""
    with at_work(engine, worker, now) as (claims, transaction):
        return claims.claim(transaction, limit=limit, now=now, notices_only=notices_only)[0]


def mark(engine: Engine, claimed: list[Claimed], now: datetime, *, worker: str = "worker") -> set[int]:
    """Mark as sending in a transaction of its own."""
    with at_work(engine, worker, now) as (claims, transaction):
        return claims.mark_sending(transaction, [one.id for one in claimed], now)


def settle(engine: Engine, settlements: list[Settlement], now: datetime, *, worker: str = "worker") -> None:
    """Settle in a transaction of its own."""
    with at_work(engine, worker, now) as (claims, transaction):
        claims.settle(transaction, settlements, now)


def release(engine: Engine, now: datetime, *, worker: str = "worker") -> None:
    """Give everything back in a transaction of its own."""
    with at_work(engine, worker, now) as (claims, transaction):
        claims.release(transaction)


def count(engine: Engine) -> Counts:
    """Count issue 1."""
    with reading(engine) as connection:
        return queue.counts(connection, 1)


class TestClaiming:
    """Who gets what."""

    def test_in_order_with_the_reader(self, engine: Engine, now: datetime) -> None:
        """Deliveries come in their order, with address and name, and no more than asked for."""
        queue_issue(engine, now, readers=5)
        claimed = claim(engine, now, limit=3)
        assert [one.email for one in claimed] == [f"reader{number}@example.org" for number in (1, 2, 3)]
        assert claimed[0].name == "Reader 1"
        assert [one.email for one in claim(engine, now, worker="other")] == [
            "reader4@example.org",
            "reader5@example.org",
        ]

    def test_who_pauses_is_left_in_peace(self, engine: Engine, now: datetime) -> None:
        """An issue waits until its reader's pause is over, or is ended; what others wait for goes out."""
        queue_issue(engine, now, readers=2)
        pausing = update(subscribers).where(subscribers.c.email == "reader1@example.org")
        with writing(engine) as connection:
            connection.execute(pausing.values(paused_until=now + timedelta(days=3)))
        assert [one.email for one in claim(engine, now)] == ["reader2@example.org"]
        assert rows(engine)["reader1@example.org"].due_at == now + timedelta(days=3)
        assert claim(engine, now + timedelta(days=2)) == []
        assert [one.email for one in claim(engine, now + timedelta(days=3))] == ["reader1@example.org"]

    def test_nothing_before_it_is_due(self, engine: Engine, now: datetime) -> None:
        """What is due later stays where it is."""
        queue_issue(engine, now, readers=2)
        assert claim(engine, now - timedelta(seconds=1)) == []
        assert len(claim(engine, now)) == 2

    def test_notices_overtake_issues(self, engine: Engine, now: datetime) -> None:
        """A confirmation goes before an issue that was queued earlier; alone, if only notices are wanted."""
        queue_issue(engine, now, readers=3)
        with writing(engine) as connection:
            reader = add(connection, "new@example.org", now)
            rendering = freeze(connection, now, kind="confirm")
            queue.enqueue_notice(connection, rendering, reader.id, needs_status="pending", due_at=now)
        assert [one.email for one in claim(engine, now, notices_only=True)] == ["new@example.org"]
        release(engine, now)
        assert [one.email for one in claim(engine, now, limit=2)] == [
            "new@example.org",
            "reader1@example.org",
        ]

    def test_many_workers_share_one_issue(self, engine: Engine, now: datetime) -> None:
        """Workers that claim at the same time get every delivery once, and none twice."""
        queue_issue(engine, now, readers=400)
        taken: list[int] = []
        start = Barrier(6)

        def work(worker: str) -> None:
            start.wait()
            while claimed := claim(engine, now, worker=worker, limit=7):
                taken.extend(one.id for one in claimed)

        threads = [Thread(target=work, args=(f"worker {number}",)) for number in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(taken) == 400
        assert len(set(taken)) == 400

    def test_the_index_is_used(self, sqlite_engine: Engine, now: datetime) -> None:
        """A claim walks along the index of what is due; it sorts nothing and reads no settled delivery."""
        queue_issue(sqlite_engine, now, readers=1)
        with writing(sqlite_engine) as connection:
            statements: list[str] = []
            driver = connection.connection.driver_connection
            assert driver is not None
            driver.set_trace_callback(statements.append)
        assert len(claim(sqlite_engine, now, limit=1)) == 1
        with reading(sqlite_engine) as connection:
            for statement in (one for one in statements if "FROM deliveries" in one and "SELECT" in one):
                plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}")]
                about = [step for step in plan if "deliveries" in step]
                assert about, statement
                assert all("INDEX ix_deliveries_due" in step for step in about)
                assert "LIMIT" not in statement or "USE TEMP B-TREE FOR ORDER BY" not in plan


class TestConsent:
    """Law 4: no mail without consent, at the moment of sending."""

    @pytest.mark.parametrize("how", LEAVING)
    def test_before_the_claim(self, engine: Engine, now: datetime, how: str) -> None:
        """Who has left since the issue was frozen is not claimed, and the delivery ends as cancelled."""
        queue_issue(engine, now, readers=3)
        with writing(engine) as connection:
            LEAVING[how](connection, roster.find(connection, "reader2@example.org"), now)
        assert [one.email for one in claim(engine, now)] == ["reader1@example.org", "reader3@example.org"]
        assert (count(engine).cancelled, count(engine).total) == (1, 3)

    @pytest.mark.parametrize("how", LEAVING)
    def test_between_claim_and_mark(self, engine: Engine, now: datetime, how: str) -> None:
        """Who leaves after the claim is not sent to either."""
        queue_issue(engine, now, readers=3)
        claimed = claim(engine, now)
        with writing(engine) as connection:
            LEAVING[how](connection, roster.find(connection, "reader2@example.org"), now)
        assert mark(engine, claimed, now) == {one.id for one in claimed if one.email != "reader2@example.org"}
        release(engine, now)
        assert claim(engine, now) == []
        assert count(engine) == Counts(sending=2, cancelled=1)

    def test_who_was_never_confirmed(self, engine: Engine, now: datetime) -> None:
        """A pending reader gets the question and nothing else, even if an issue was queued for them."""
        with writing(engine) as connection:
            reader = add(connection, "new@example.org", now)
            issue = freeze(connection, now)
            everybody = subscribers.select().with_only_columns(subscribers.c.id)
            assert queue.enqueue_issue(connection, 1, issue, everybody, due_at=now) == 1
            question = freeze(connection, now, kind="confirm")
            notice = queue.enqueue_notice(connection, question, reader.id, needs_status="pending", due_at=now)
        assert [one.id for one in claim(engine, now)] == [notice]

    def test_a_question_is_not_asked_of_who_has_answered(self, engine: Engine, now: datetime) -> None:
        """Mail that asks a pending reader to confirm is cancelled once they have."""
        with writing(engine) as connection:
            reader = add(connection, "new@example.org", now)
            question = freeze(connection, now, kind="confirm")
            queue.enqueue_notice(connection, question, reader.id, needs_status="pending", due_at=now)
            roster.confirm(connection, reader.id, served=0, now=now)
            assert queue.cancel_for(connection, reader.id, now) == 1
        assert claim(engine, now) == []

    @pytest.mark.parametrize("state", ["paused", "cancelled"])
    def test_an_issue_that_is_not_open(self, engine: Engine, now: datetime, state: str) -> None:
        """Pausing and cancelling hold for what is claimed, too."""
        queue_issue(engine, now, readers=3)
        claimed = claim(engine, now, limit=1)
        with writing(engine) as connection:
            connection.execute(update(issues).values(state=state))
            assert queue.first_open_issue(connection, now) is None
        assert mark(engine, claimed, now) == set()
        assert claim(engine, now, worker="other") == []
        assert count(engine) == Counts(queued=3)


class TestSettling:
    """What became of a delivery."""

    def test_every_outcome(self, engine: Engine, now: datetime) -> None:
        """Each outcome is recorded with the relay's words, and the counts always make up the audience."""
        queue_issue(engine, now, readers=7)
        claimed = claim(engine, now, limit=6)
        marked = claimed[:5]
        mark(engine, marked, now)
        assert count(engine) == Counts(queued=2, sending=5)
        outcomes = [
            Settlement(marked[0].id, Outcome("sent"), OK),
            Settlement(marked[1].id, Outcome("bounced"), Reply(550, "5.1.1", "no such user")),
            Settlement(marked[2].id, Outcome("failed"), note="the message could not be made"),
            Settlement(marked[3].id, Outcome("queued", timedelta(minutes=5)), Reply(450, "4.2.1", "later")),
            Settlement(marked[4].id, Outcome("unknown"), note="no reply"),
        ]
        settle(engine, outcomes, now)
        assert count(engine) == Counts(queued=3, sent=1, bounced=1, failed=1, unknown=1)
        found = rows(engine)
        assert (found["reader2@example.org"].reply_code, found["reader2@example.org"].reply) == (
            550,
            "5.1.1 no such user",
        )
        assert found["reader3@example.org"].reply == "the message could not be made"
        later = found["reader4@example.org"]
        assert (later.due_at, later.attempts, later.worker) == (now + timedelta(minutes=5), 1, None)
        assert [row.email for row in found.values() if row.worker] == ["reader6@example.org"]

    def test_untouched(self, engine: Engine, now: datetime) -> None:
        """What was not handed over for the relay's sake is queued as before, without an attempt."""
        queue_issue(engine, now, readers=1)
        claimed = claim(engine, now)
        mark(engine, claimed, now)
        settle(engine, [Settlement(claimed[0].id, unmarked())], now + timedelta(hours=1))
        row = rows(engine)["reader1@example.org"]
        assert (row.status, row.attempts, row.due_at, row.worker, row.reply) == ("queued", 0, now, None, None)

    def test_what_stopped_a_run_goes_behind_the_others(self, engine: Engine, now: datetime) -> None:
        """A refusal that is about us is not held against its reader, but it cannot block the others for ever."""
        queue_issue(engine, now, readers=2)
        claimed = claim(engine, now, limit=1)
        mark(engine, claimed, now)
        later = now + timedelta(minutes=1)
        settle(engine, [Settlement(claimed[0].id, unmarked(stops=True), Reply(550, "5.7.1", "no"))], later)
        assert rows(engine)["reader1@example.org"].attempts == 0
        assert [one.email for one in claim(engine, later)] == ["reader2@example.org", "reader1@example.org"]

    def test_only_what_is_held_is_settled(self, engine: Engine, now: datetime) -> None:
        """No worker can settle as failed what another holds, or nobody."""
        queue_issue(engine, now, readers=1)
        claimed = claim(engine, now)
        failed = [Settlement(claimed[0].id, Outcome("failed"))]
        mark(engine, claimed, now)
        settle(engine, failed, now, worker="other")
        assert count(engine) == Counts(sending=1)
        with writing(engine) as connection:
            queue.recover(connection, now=now, is_dead=lambda worker: True)
        settle(engine, failed, now)
        assert count(engine) == Counts(queued=1)

    def test_marked_again(self, engine: Engine, now: datetime) -> None:
        """A worker whose mark was kept, and that was not told so, may mark once more."""
        queue_issue(engine, now, readers=1)
        claimed = claim(engine, now)
        assert mark(engine, claimed, now) == mark(engine, claimed, now) == {claimed[0].id}

    def test_a_late_acceptance_spares_the_repeat(self, engine: Engine, now: datetime) -> None:
        """A worker that was taken for dead and got its 250 after all still records it."""
        queue_issue(engine, now, readers=1)
        claimed = claim(engine, now)
        mark(engine, claimed, now)
        with writing(engine) as connection:
            queue.recover(connection, now=now, is_dead=lambda worker: True)
        assert count(engine) == Counts(queued=1)
        settle(engine, [Settlement(claimed[0].id, Outcome("sent"), OK)], now)
        assert count(engine) == Counts(sent=1)


class TestRecovery:
    """Law 2: what dead workers held comes back."""

    def test_untouched_and_in_doubt(self, engine: Engine, now: datetime) -> None:
        """What was only claimed is queued as before; what was being sent is queued again as the same delivery."""
        queue_issue(engine, now, readers=3)
        claimed = claim(engine, now, limit=2)
        mark(engine, claimed[:1], now)
        before = {email: row.id for email, row in rows(engine).items()}
        with writing(engine) as connection:
            recovered = queue.recover(connection, now=now, is_dead=lambda worker: worker == "worker")
        assert (recovered.returned, recovered.doubtful) == (1, 1)
        assert count(engine) == Counts(queued=3)
        assert {email: row.id for email, row in rows(engine).items()} == before
        assert len(claim(engine, now, worker="next")) == 3

    def test_in_doubt_and_held_for_the_author(self, engine: Engine, now: datetime) -> None:
        """Where repeats are not wanted, what may have arrived stays unknown and is not sent again."""
        queue_issue(engine, now, readers=2)
        mark(engine, claim(engine, now, limit=1), now)
        with writing(engine) as connection:
            queue.recover(connection, now=now, resend=False, is_dead=lambda worker: True)
        assert count(engine) == Counts(queued=1, unknown=1)

    def test_the_living_keep_theirs(self, engine: Engine, now: datetime) -> None:
        """A worker that lives keeps what it holds until its lease is over, and renewing puts that off."""
        queue_issue(engine, now, readers=2)
        claimed = claim(engine, now)
        mark(engine, claimed[:1], now)
        with writing(engine) as connection:
            assert queue.recover(connection, now=now, is_dead=lambda worker: False).returned == 0
            connection.execute(update(workers).values(leased_until=now + LEASE * 3 / 2))
            assert queue.recover(connection, now=now + LEASE, is_dead=lambda worker: False).returned == 0
            late = now + 2 * LEASE
            recovered = queue.recover(connection, now=late, is_dead=lambda worker: False)
        assert (recovered.returned, recovered.doubtful) == (1, 1)

    def test_who_lost_a_claim_cannot_mark_it(self, engine: Engine, now: datetime) -> None:
        """A worker that slept through its lease marks nothing, whoever holds the delivery now."""
        queue_issue(engine, now, readers=1)
        claimed = claim(engine, now)
        assert mark(engine, claimed, now + LEASE) == set()
        with writing(engine) as connection:
            queue.recover(connection, now=now + LEASE, is_dead=lambda worker: False)
        assert len(claim(engine, now + LEASE, worker="next")) == 1
        assert mark(engine, claimed, now) == set()

    def test_this_process_lives(self, engine: Engine, now: datetime) -> None:
        """Without being told, the queue finds out that the worker of this very process is alive."""
        queue_issue(engine, now, readers=1)
        claim(engine, now, worker=presence.introduce())
        with writing(engine) as connection:
            assert queue.recover(connection, now=now).returned == 0
