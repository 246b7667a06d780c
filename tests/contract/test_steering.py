"""Steering, on both engines: what pausing, cancelling and resolving do to the outbox, and law 1 with it."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection, Engine, insert, select, update

from newsletter.errors import NewsletterError
from newsletter.issues import register, tables
from newsletter.issues.tables import issues
from newsletter.outbox import cancelling, giving_back, queue, steering
from newsletter.outbox.cancelling import Cancelled
from newsletter.outbox.queue import Counts
from newsletter.outbox.tables import deliveries
from subscribers import roster
from subscribers.database import reading, writing
from subscribers.segments import Segment, audience
from subscribers.tables import owed, subscribers
from tests.issues import add_readers, freeze, rows


def make(engine: Engine, now: datetime, number: int, *, last_post: int, posts: tuple[int, ...] = ()) -> None:
    """Freeze an issue that serves every reader up to a post; `posts` stand in it."""
    with writing(engine) as connection:
        rendering = freeze(connection, now, number=number)
        for post in posts:
            facts = {"identity": f"p{post}", "title": f"Post {post}"}
            written = {"number": post, "path": "", "published_at": now, "body_hash": "", "first_seen_at": now}
            connection.execute(insert(tables.posts).values(facts | written))
            standing = {"rendering_id": rendering, "position": post}
            connection.execute(insert(tables.rendering_posts).values(facts | standing))
        connection.execute(update(issues).where(issues.c.number == number).values(last_post=last_post))
        everybody = audience(Segment(None))
        for served in sorted(set(connection.scalars(select(subscribers.c.served)))):
            queue.enqueue_issue(
                connection,
                number,
                rendering,
                everybody.where(subscribers.c.served == served),
                due_at=now,
                served_before=served,
            )
        roster.serve_up_to(connection, everybody, last_post)


def readers(engine: Engine, now: datetime, count: int) -> None:
    """Add so many readers, who were served up to post 3."""
    with writing(engine) as connection:
        add_readers(connection, count, now)
        connection.execute(update(subscribers).values(served=3))


def end(engine: Engine, status: str, emails: Iterable[str] | None = None, number: int = 1) -> None:
    """Let deliveries of an issue end in some way, those of some readers or all."""
    which = deliveries.c.issue_number == number
    if emails is not None:
        theirs = select(subscribers.c.id).where(subscribers.c.email.in_(emails))
        which &= deliveries.c.subscriber_id.in_(theirs)
    with writing(engine) as connection:
        connection.execute(update(deliveries).where(which).values(status=status))


def served(engine: Engine) -> dict[str, int]:
    """Up to which post each reader counts as served."""
    with reading(engine) as connection:
        query = select(subscribers.c.email, subscribers.c.served).order_by(subscribers.c.id)
        return dict(connection.execute(query).all())


def owed_posts(engine: Engine) -> dict[str, list[int]]:
    """Which posts each reader is owed."""
    query = select(subscribers.c.email, owed.c.post).join(owed).order_by(subscribers.c.id, owed.c.post)
    found: dict[str, list[int]] = {}
    with reading(engine) as connection:
        for email, post in connection.execute(query):
            found.setdefault(email, []).append(post)
    return found


def counts(engine: Engine, number: int = 1) -> Counts:
    """Count an issue."""
    with reading(engine) as connection:
        return queue.counts(connection, number)


def state(engine: Engine, number: int = 1) -> tuple[str, str]:
    """Return the state of an issue, and why it is in it."""
    with reading(engine) as connection:
        row = connection.execute(
            select(issues.c.state, issues.c.reason).where(issues.c.number == number)
        ).one()
    return row.state, row.reason


def cancel(engine: Engine, now: datetime, number: int = 1) -> Cancelled:
    """Cancel an issue."""
    return cancelling.cancel(engine, number, now=now, reason="by hand")


ONE, TWO, THREE = (f"reader{number}@example.org" for number in (1, 2, 3))


class TestPausing:
    """An issue stops, with a reason, and goes on."""

    def test_there_and_back(self, engine: Engine, now: datetime) -> None:
        """A paused issue has its reason, nothing of it is due, and resuming makes it as it was."""
        readers(engine, now, 2)
        make(engine, now, 1, last_post=5)
        with writing(engine) as connection:
            steering.pause(connection, 1, "a broken link")
            assert queue.first_open_issue(connection, now) is None
        assert state(engine) == ("paused", "a broken link")
        with writing(engine) as connection:
            steering.resume(connection, 1)
            assert queue.first_open_issue(connection, now) == 1
        assert state(engine) == ("open", "")

    def test_what_is_in_a_workers_hands_can_be_paused(self, engine: Engine, now: datetime) -> None:
        """An issue whose last deliveries are claimed is not finished."""
        readers(engine, now, 1)
        make(engine, now, 1, last_post=5)
        with writing(engine) as connection:
            connection.execute(update(deliveries).values(worker=7, status="sending"))
            steering.pause(connection, 1, "")
        assert state(engine)[0] == "paused"

    @pytest.mark.parametrize("act", ["pause", "resume", "cancel", "resolve"])
    def test_an_issue_that_is_not_there(self, engine: Engine, now: datetime, act: str) -> None:
        """Each refuses a number that no issue has, and says where the numbers are."""
        with pytest.raises(NewsletterError, match=r"There is no issue 9\.\n`newsletter issues`"):
            act_on(engine, act, 9, now)

    @pytest.mark.parametrize(
        ("situation", "act", "words"),
        [
            ("sent", "pause", "issue 1 is finished"),
            ("sent", "cancel", "issue 1 is finished"),
            ("sent", "resume", "is not paused"),
            ("sent", "resolve", "Nothing of issue 1 is in doubt"),
            ("paused", "pause", "paused already.*\n.*newsletter resume 1"),
            ("open", "resume", "is not paused"),
            ("cancelled", "pause", "is cancelled"),
            ("cancelled", "resume", "for good"),
            ("cancelled", "cancel", "cancelled already"),
        ],
    )
    def test_refusals(self, engine: Engine, now: datetime, situation: str, act: str, words: str) -> None:
        """What cannot be done is refused with the reason, and changes nothing."""
        readers(engine, now, 2)
        make(engine, now, 1, last_post=5)
        match situation:
            case "sent":
                end(engine, "sent")
            case "paused" | "cancelled":
                act_on(engine, "pause" if situation == "paused" else "cancel", 1, now)
        before = state(engine), counts(engine)
        with pytest.raises(NewsletterError, match=words):
            act_on(engine, act, 1, now)
        assert (state(engine), counts(engine)) == before


def act_on(engine: Engine, act: str, number: int, now: datetime) -> None:
    """Do to an issue what a command would."""
    if act == "cancel":
        cancel(engine, now, number)
        return
    acts: dict[str, Callable[[Connection], object]] = {
        "pause": lambda connection: steering.pause(connection, number, "by hand"),
        "resume": lambda connection: steering.resume(connection, number),
        "resolve": lambda connection: steering.resolve(connection, number, [], again=True, now=now),
    }
    with writing(engine) as connection:
        acts[act](connection)


class TestCancelling:
    """What is not on the wire never goes out, and its posts come again."""

    def test_who_did_not_get_it_gets_its_posts_again(self, engine: Engine, now: datetime) -> None:
        """Those who got the issue, or may have, or whose address is wrong, keep what they were served."""
        readers(engine, now, 5)
        make(engine, now, 1, last_post=5)
        for number, status in enumerate(("sent", "bounced", "unknown"), 1):
            end(engine, status, [f"reader{number}@example.org"])
        assert cancel(engine, now) == Cancelled(2, returned=2)
        assert counts(engine) == Counts(sent=1, bounced=1, unknown=1, cancelled=2)
        assert list(served(engine).values()) == [5, 5, 5, 3, 3]
        assert state(engine) == ("cancelled", "by hand")

    def test_many(self, engine: Engine, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
        """However many there are, they are cancelled in slices, and all of them."""
        monkeypatch.setattr(cancelling, "_SLICE", 7)
        readers(engine, now, 50)
        make(engine, now, 1, last_post=5)
        with writing(engine) as connection:  # some are in a worker's hands, and not on the wire
            connection.execute(update(deliveries).where(deliveries.c.id % 3 == 0).values(worker=1))
        assert cancel(engine, now) == Cancelled(50, returned=50)
        assert set(served(engine).values()) == {3}
        assert {row.worker for row in rows(engine).values()} == {None}

    def test_interrupted(self, engine: Engine, now: datetime) -> None:
        """Cancelling that was cut short after its first transaction can be done again, or is finished by others."""
        readers(engine, now, 3)
        make(engine, now, 1, last_post=5)
        with writing(engine) as connection:
            connection.execute(update(issues).values(state="cancelled"))
        assert cancel(engine, now) == Cancelled(3, returned=3)
        assert cancelling.finish(engine, now) == Cancelled()

    def test_what_was_on_the_wire(self, engine: Engine, now: datetime) -> None:
        """A message that the relay puts off after the cancellation is cancelled when the run ends."""
        readers(engine, now, 2)
        make(engine, now, 1, last_post=5)
        with writing(engine) as connection:
            connection.execute(
                update(deliveries).where(deliveries.c.id == 1).values(status="sending", worker=1)
            )
        assert cancel(engine, now) == Cancelled(1, returned=1)
        with writing(engine) as connection:
            later = {"status": "queued", "worker": None, "due_at": now + timedelta(minutes=5)}
            connection.execute(update(deliveries).where(deliveries.c.status == "sending").values(later))
        assert cancelling.finish(engine, now) == Cancelled(1, returned=1)
        assert served(engine) == {ONE: 3, TWO: 3}

    def test_once_only(self, engine: Engine, now: datetime) -> None:
        """Posts that came again with the next issue are not given back once more, though it ends with the same post."""
        readers(engine, now, 2)
        make(engine, now, 1, last_post=5)
        cancel(engine, now)
        make(engine, now, 2, last_post=5)
        end(engine, "sent", number=2)
        with writing(engine) as connection:
            assert giving_back.give_back(connection, lambda table: table.c.issue_number == 1) == 0
        assert served(engine) == {ONE: 5, TWO: 5}

    def test_when_a_later_issue_was_made(self, engine: Engine, now: datetime) -> None:
        """Then the watermark stays, and the posts are owed; who has left meanwhile does not count."""
        readers(engine, now, 3)
        make(engine, now, 1, last_post=5, posts=(4, 5))
        with writing(engine) as connection:
            roster.leave(connection, roster.find(connection, THREE).id, now)
        make(engine, now, 2, last_post=8)
        assert cancel(engine, now) == Cancelled(3, returned=2)
        assert served(engine) == {ONE: 8, TWO: 8, THREE: 3}
        assert owed_posts(engine) == {ONE: [4, 5], TWO: [4, 5]}

    def test_a_later_issue_that_is_cancelled_too(self, engine: Engine, now: datetime) -> None:
        """When neither comes off, the posts of both come again, whichever was cancelled first."""
        readers(engine, now, 2)
        make(engine, now, 1, last_post=5, posts=(4, 5))
        make(engine, now, 2, last_post=8, posts=(6, 8))
        make(engine, now, 3, last_post=9, posts=(9,))
        assert cancel(engine, now, 1) == Cancelled(2, returned=2)
        assert cancel(engine, now, 3) == Cancelled(2, returned=2)
        assert set(served(engine).values()) == {8}
        assert cancel(engine, now, 2) == Cancelled(2, returned=2)
        assert set(served(engine).values()) == {5}
        assert owed_posts(engine) == {ONE: [4, 5], TWO: [4, 5]}

    def test_a_new_reader(self, engine: Engine, now: datetime) -> None:
        """Whoever comes after a cancelled issue begins before its posts: nobody was served them by it."""
        readers(engine, now, 1)
        make(engine, now, 1, last_post=5)
        make(engine, now, 2, last_post=8)
        cancel(engine, now, 2)
        with reading(engine) as connection:
            assert register.starting_number(connection) == 5

    @pytest.mark.parametrize(("status", "used"), [("queued", None), ("sent", "hash"), ("unknown", "hash")])
    def test_the_authors_words(self, engine: Engine, now: datetime, status: str, used: str | None) -> None:
        """Words that nobody has read may go with the next issue; others were used."""
        readers(engine, now, 2)
        make(engine, now, 1, last_post=5)
        end(engine, status, [ONE])
        with writing(engine) as connection:
            connection.execute(update(issues).values(note_hash="hash"))
        cancel(engine, now)
        with reading(engine) as connection:
            assert connection.scalar(select(issues.c.note_hash)) == used


def test_what_failed_comes_again(engine: Engine, now: datetime) -> None:
    """A delivery that failed gives its posts back; one that bounced does not, nor one without a reader."""
    readers(engine, now, 4)
    make(engine, now, 1, last_post=5)
    end(engine, "failed", [ONE, TWO])
    end(engine, "bounced", [THREE])
    with writing(engine) as connection:
        connection.execute(update(deliveries).where(deliveries.c.id == 2).values(subscriber_id=None))
        assert giving_back.give_back(connection, lambda table: table.c.id.in_([1, 2, 3, 4])) == 1
        assert giving_back.give_back(connection, lambda table: table.c.id.in_([1, 2, 3, 4])) == 0
    assert list(served(engine).values()) == [3, 5, 5, 5]


class TestResolving:
    """The author says what became of what is in doubt."""

    def test_what_is_in_doubt(self, engine: Engine, now: datetime) -> None:
        """Each is listed with its address, since when, and what is known."""
        readers(engine, now, 3)
        make(engine, now, 1, last_post=5)
        with writing(engine) as connection:
            doubtful = {"status": "unknown", "settled_at": now, "reply": "the connection broke"}
            connection.execute(update(deliveries).where(deliveries.c.id.in_([1, 3])).values(doubtful))
            connection.execute(update(deliveries).where(deliveries.c.id == 3).values(subscriber_id=None))
            found = steering.in_doubt(connection, 1)
        assert [(one.email, one.since, one.note) for one in found] == [
            (ONE, now, "the connection broke"),
            (None, now, "the connection broke"),
        ]

    @pytest.mark.parametrize(
        ("again", "expected"), [(True, Counts(queued=2, sent=1)), (False, Counts(sent=3))]
    )
    def test_all_of_it(self, engine: Engine, now: datetime, again: bool, expected: Counts) -> None:
        """What is in doubt is sent again, or counts as sent, and nothing else changes."""
        readers(engine, now, 3)
        make(engine, now, 1, last_post=5)
        end(engine, "unknown", [ONE, TWO])
        end(engine, "sent", [THREE])
        with writing(engine) as connection:
            assert steering.resolve(connection, 1, [], again=again, now=now) == 2
        assert counts(engine) == expected

    def test_some_of_it(self, engine: Engine, now: datetime) -> None:
        """Named readers, however their address is written, are settled alone."""
        readers(engine, now, 3)
        make(engine, now, 1, last_post=5)
        end(engine, "unknown")
        with writing(engine) as connection:
            assert steering.resolve(connection, 1, ["Reader2@EXAMPLE.org"], again=False, now=now) == 1
        assert counts(engine) == Counts(sent=1, unknown=2)
        assert rows(engine)[TWO].reply == steering.VOUCHED

    def test_an_address_that_is_not_in_doubt(self, engine: Engine, now: datetime) -> None:
        """It is named, and nothing is changed, not even for those who are in doubt."""
        readers(engine, now, 2)
        make(engine, now, 1, last_post=5)
        end(engine, "unknown", [ONE])
        with (
            pytest.raises(NewsletterError, match=r"Not in doubt: reader2@example\.org\."),
            writing(engine) as connection,
        ):
            steering.resolve(connection, 1, [ONE, TWO], again=False, now=now)
        assert counts(engine) == Counts(queued=1, unknown=1)


def test_notices_are_put_off(engine: Engine, now: datetime) -> None:
    """What is about subscriptions is due again later, and issues are as they were."""
    readers(engine, now, 1)
    make(engine, now, 1, last_post=5)
    with writing(engine) as connection:
        rendering = freeze(connection, now, kind="goodbye")
        queue.enqueue_notice(connection, rendering, 1, needs_status="confirmed", due_at=now)
        later = now + timedelta(minutes=5)
        assert steering.hold_notices(connection, now, later) == 1
        assert list(queue.lanes(connection, now)) == [1]
        assert list(queue.lanes(connection, later)) == [None, 1]
