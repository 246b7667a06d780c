"""Old deliveries are forgotten, on both engines: nobody is mailed twice or passed by for it, and every number stays."""

import dataclasses
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select

from newsletter import feedback, membership
from newsletter.application import reporting
from newsletter.application.serving import housekeeping
from newsletter.feedback import Told
from newsletter.outbox import published, retention
from newsletter.outbox.tables import deliveries
from newsletter.transport.protocol import Message, Reply
from subscribers import roster
from subscribers.database import reading, writing
from tests.issues import queue_issue
from tests.rhythm import World, world

#: So long ago that by today's clock everything of then has to go.
BEGIN = datetime(2024, 3, 5, 9, tzinfo=UTC)
LATER = timedelta(days=400)


@pytest.fixture
def here(engine: Engine, tmp_path: Path) -> Iterator[World]:
    """A newsletter with two readers, who have had two issues each."""
    with ExitStack() as stack:
        url = engine.url.render_as_string(hide_password=False)
        made = stack.enter_context(world(tmp_path / "site", url, BEGIN))
        made.tick()
        for name, cadence in (("ana", "weekly"), ("ben", "daily")):
            made.subscribe(name, cadence)
        for mark in ("p1", "p2"):
            made.write(mark, mark)
            made.go_to(made.now + timedelta(days=7))
        yield made


def rows(world: World) -> int:
    """How many deliveries the database has."""
    with reading(world.site.engine) as connection:
        return connection.scalar(select(func.count()).select_from(deliveries)) or 0


def test_nobody_is_mailed_twice(here: World) -> None:
    """With every delivery gone, readers have what they had: no post again, whatever they do, and the next one once."""
    before = [here.got(name) for name in ("ana", "ben")]
    assert [sorted(post for mail in mails for post in mail) for mails in before] == [["p1", "p2"]] * 2
    housekeeping.clear_away(here.site)
    assert rows(here) == 0
    here.change("ana", cadence="daily")
    here.leave("ben")
    here.come_back("ben")
    here.send()
    here.go_to(here.now + timedelta(days=14))
    assert [here.got(name) for name in ("ana", "ben")] == before
    here.write("three", "p3")
    here.go_to(here.now + timedelta(days=7))
    assert [here.got(name) for name in ("ana", "ben")] == [[*mails, ("p3",)] for mails in before]


def test_what_was_sent_stays_true(here: World) -> None:
    """Counts, archive and the list of issues say after it what they said before it; only the relay's words are gone."""
    with reading(here.site.engine) as connection:
        archive = published.issues(connection)
    before = reporting.issues(here.site)
    assert len(archive) == len(before) > 1
    housekeeping.clear_away(here.site)
    assert reporting.issues(here.site) == before
    with reading(here.site.engine) as connection:
        assert published.issues(connection) == archive
        assert published.latest(connection, 99, "en") is not None
    details = reporting.details(here.site, before[0].issue.number)
    assert (details.past, details.replies.relay) == (before[0].counts.total, ())


def test_what_may_still_go_out_stays(here: World) -> None:
    """Of an issue that is paused halfway nothing goes, however old; when it is finished, it does, and adds up."""
    here.write("three", "p3")
    here.tick()
    here.send()

    def refuse_ben(message: Message) -> Reply:
        is_ana = message.envelope.recipient.startswith("ana")
        return Reply(250, "2.0.0", "taken") if is_ana else Reply(451, "4.3.0", "later")

    here.deliver(refuse_ben)
    number = reporting.issues(here.site)[0].issue.number
    retention.clear_away(here.site.engine, here.now + LATER)
    counts = reporting.issue(here.site, number).counts
    assert (counts.queued, counts.sent) == (1, 1)
    assert rows(here) == 2
    here.now += timedelta(days=1)
    here.deliver()
    assert retention.clear_away(here.site.engine, here.now + LATER) == 2
    assert reporting.issue(here.site, number).counts.sent == 2


def test_a_second_time_adds_up(here: World) -> None:
    """What is cleared away in several rounds is counted together, and what is not old enough is left."""
    number = reporting.issues(here.site)[-1].issue.number
    total = reporting.issue(here.site, number).counts
    with writing(here.site.engine) as connection:
        one = select(func.max(deliveries.c.id)).where(deliveries.c.issue_number == number)
        late = deliveries.update().where(deliveries.c.id == one.scalar_subquery())
        connection.execute(late.values(settled_at=here.now + LATER))
    housekeeping.clear_away(here.site)
    retention.clear_away(here.site.engine, here.now + 2 * LATER)
    assert rows(here) == 0
    assert reporting.issue(here.site, number).counts == total


def test_a_bounce_of_what_is_gone(here: World) -> None:
    """A report about a delivery that is kept no longer harms nobody; a complaint with an address still counts."""
    with reading(here.site.engine) as connection:
        ids = list(connection.scalars(select(deliveries.c.id)))
    housekeeping.clear_away(here.site)
    gone = Told("bounce", "suppress", "5.1.1", "there is no such address")
    complaint = Told("complaint", "suppress", "", "the reader complained", "ana@example.org")
    with writing(here.site.engine) as connection:
        said = {feedback.take(connection, here.site, gone, one, now=here.now) for one in ids}
        assert said == {"nothing"}
        assert roster.find(connection, "ana@example.org").status == "confirmed"
        assert feedback.take(connection, here.site, complaint, None, now=here.now) == "suppressed"


def test_for_ever_means_for_ever(here: World) -> None:
    """With keep_deliveries = "forever" nothing is deleted."""
    settings = here.site.settings
    privacy = dataclasses.replace(settings.privacy, keep_deliveries=None)
    before = rows(here)
    housekeeping.clear_away(
        dataclasses.replace(here.site, settings=dataclasses.replace(settings, privacy=privacy))
    )
    assert rows(here) == before > 0


def test_in_slices(engine: Engine, now: datetime) -> None:
    """Thousands go slice by slice, each a transaction of its own; and the readers' own data no longer names them."""
    number = queue_issue(engine, now, readers=4500)
    with writing(engine) as connection:
        connection.execute(deliveries.update().values(status="sent", settled_at=now))
    assert retention.clear_away(engine, now) == 0
    assert retention.clear_away(engine, now + LATER) == 4500
    with reading(engine) as connection:
        assert retention.counts(connection, number).sent == 4500
        assert (
            membership.disclose(connection, roster.find(connection, "reader1@example.org"))["messages"] == []
        )
