"""The way of a subscription, with its evidence and its mail, on both engines."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, func, insert, select, update

from newsletter import alarms, feedback, membership
from newsletter.feedback import Told
from newsletter.issues import freezing
from newsletter.issues import tables as issues
from newsletter.issues.rendering import Rendering
from newsletter.issues.templating import Templates
from newsletter.membership import Choices, Origin
from newsletter.outbox import forgetting, published, queue, to_author
from newsletter.outbox.tables import deliveries, domains
from newsletter.settings import read_settings
from newsletter.site import Site
from subscribers import consent, privacy, roster, suppression
from subscribers.address import parse
from subscribers.database import metadata, writing
from subscribers.errors import UnknownSubscriber
from subscribers.roster import Subscriber
from subscribers.segments import Segment, audience
from tests.issues import add_readers, freeze
from tests.sites import make_site, site_on

ANA = parse("ana@example.org")
FORM = Origin("form", "192.0.2.0/24")
LINK = Origin("link", "192.0.2.0/24")
DAY = timedelta(days=1)


@pytest.fixture
def site(engine: Engine, tmp_path: Path) -> Site:
    """A site on a fresh database."""
    return site_on(engine, tmp_path)


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    """One transaction for a whole test."""
    with writing(engine) as connection:
        yield connection


def mails(connection: Connection, kind: str) -> int:
    """Return how many mails of a kind wait for Ana."""
    table = issues.renderings
    query = select(func.count()).select_from(deliveries.join(table, table.c.id == deliveries.c.rendering_id))
    return connection.scalar(query.where(table.c.kind == kind, deliveries.c.status == "queued"))


def acts(connection: Connection, reader_id: int) -> list[tuple[str, str]]:
    return [(one.act, one.how) for one in consent.history(connection, reader_id)]


def test_double_opt_in(site: Site, connection: Connection, now: datetime) -> None:
    """Proves that a wish asks, only the answer confirms, and both stand in the record with their origin and wording."""
    membership.request(connection, site, ANA, Choices(name="Ana", language="pt"), FORM, now=now)
    reader = roster.find(connection, ANA.email)
    assert (reader.status, reader.language, mails(connection, "confirm")) == ("pending", "pt", 1)
    confirmed = membership.confirm(connection, site, reader, LINK, now=now)
    assert confirmed.status == "confirmed"
    assert mails(connection, "welcome") == 1
    membership.confirm(connection, site, confirmed, LINK, now=now)
    assert acts(connection, reader.id) == [("asked", "form"), ("confirmed", "link")]
    asked, _ = consent.history(connection, reader.id)
    assert asked.source == "192.0.2.0/24"
    assert "wording 1" in asked.wording


def test_one_question_a_day_and_three_in_all(site: Site, connection: Connection, now: datetime) -> None:
    """Proves that nobody can have a stranger asked again and again."""
    sent = []
    for hours in (0, 1, 23, 25, 26, 50, 75, 100, 1000):
        membership.request(connection, site, ANA, Choices(), FORM, now=now + timedelta(hours=hours))
        sent.append(mails(connection, "confirm"))
    assert sent == [1, 1, 1, 2, 2, 3, 3, 3, 3]


def test_asking_for_a_confirmed_address_changes_nothing(
    site: Site, connection: Connection, now: datetime
) -> None:
    """Proves that a stranger can neither change nor stop what somebody has."""
    membership.join(connection, site, ANA, Choices(name="Ana"), vouched="she asked me", now=now)
    before = roster.find(connection, ANA.email)
    wish = Choices(name="Mallory", cadence="daily", topics=("spam",))
    membership.request(connection, site, ANA, wish, FORM, now=now + DAY)
    assert roster.find(connection, ANA.email) == before
    assert mails(connection, "confirm") == 0


def test_a_suppressed_address_hears_nothing(site: Site, connection: Connection, now: datetime) -> None:
    """Proves that who complained is not even asked."""
    suppression.suppress(connection, ANA, reason="complaint", now=now)
    membership.request(connection, site, ANA, Choices(), FORM, now=now)
    assert connection.scalar(select(func.count()).select_from(deliveries)) == 0


def test_who_left_may_be_asked_anew(site: Site, connection: Connection, now: datetime) -> None:
    """Proves that leaving begins the count of questions anew, and that leaving twice is leaving once."""
    reader = membership.join(connection, site, ANA, Choices(), vouched="she asked me", now=now)
    for _ in range(2):
        membership.leave(connection, site, reader, Origin("one-click"), now=now)
    membership.request(connection, site, ANA, Choices(cadence=None), FORM, now=now + DAY)
    assert roster.find(connection, ANA.email).status == "pending"
    assert acts(connection, reader.id) == [
        ("confirmed", "author"), ("withdrawn", "one-click"), ("asked", "form")
    ]  # fmt: skip


def test_a_goodbye_is_said_once_and_taken_back(site: Site, connection: Connection, now: datetime) -> None:
    """Proves that leaving by page says goodbye by mail, and that its undo brings the reader back."""
    reader = membership.join(connection, site, ANA, Choices(), vouched="she asked me", now=now)
    left = membership.leave(connection, site, reader, LINK, now=now, goodbye=True)
    membership.leave(connection, site, left, LINK, now=now, goodbye=True)
    assert (left.status, mails(connection, "goodbye")) == ("unsubscribed", 1)
    back = membership.come_back(connection, site, left, LINK, now=now)
    assert back.status == "confirmed"
    assert membership.come_back(connection, site, back, LINK, now=now) == back


def test_nobody_comes_back_who_never_was_there(site: Site, connection: Connection, now: datetime) -> None:
    """Proves that the undo of a goodbye confirms neither who never confirmed nor who complained since."""
    membership.request(connection, site, ANA, Choices(), FORM, now=now)
    reader = membership.leave(connection, site, roster.find(connection, ANA.email), LINK, now=now)
    assert membership.come_back(connection, site, reader, LINK, now=now).status == "unsubscribed"
    bob = membership.join(connection, site, parse("bob@example.org"), Choices(), vouched="he asked", now=now)
    membership.leave(connection, site, bob, Origin("complaint"), now=now)
    suppression.suppress(connection, parse("bob@example.org"), reason="complaint", now=now)
    assert membership.come_back(connection, site, bob, LINK, now=now).status == "unsubscribed"


def test_choices_are_written_down(site: Site, connection: Connection, now: datetime) -> None:
    """Proves that what is chosen changes, the rest stays, and only a change is recorded."""
    reader = membership.join(connection, site, ANA, Choices(name="Ana"), vouched="she asked me", now=now)
    chosen = Choices(topics=("sea",), timezone="Asia/Tokyo")
    changed = membership.change(connection, reader, chosen, LINK, now=now)
    assert (changed.name, changed.topics, changed.timezone) == ("Ana", ("sea",), "Asia/Tokyo")
    membership.change(connection, changed, chosen, LINK, now=now)
    assert acts(connection, reader.id)[1:] == [("changed", "link")]
    paused = membership.change(connection, changed, Choices(paused_until=now + DAY), LINK, now=now)
    assert paused.paused_until == now + DAY
    assert (
        membership.change(connection, paused, Choices(paused_until=None), LINK, now=now).paused_until is None
    )


def lived(site: Site, connection: Connection, now: datetime) -> Subscriber:
    """Let Ana leave traces wherever there can be some: subscription, consent, mails, bounces, answers, alarms."""
    membership.request(connection, site, ANA, Choices(name="Ana", topics=("tides",)), FORM, now=now)
    reader = membership.confirm(connection, site, roster.find(connection, ANA.email), LINK, now=now)
    reader = membership.leave(connection, site, reader, LINK, now=now, goodbye=True)
    said = "450 4.2.1 <ana@example.org> gets too much"
    connection.execute(update(deliveries).values(status="sent", reply=said, settled_at=now))
    told = Told("bounce", "count", "4.2.2", "ana@example.org: mailbox full")
    delivery = connection.scalar(select(func.min(deliveries.c.id)))
    assert feedback.take(connection, site, told, delivery, now=now) == "counted"
    alarms.tell(connection, site, "refused", "450", now=now, number=None, reply=said)
    answer = {
        "subject": "How to write to us",
        "text": "Write to us.",
        "key": "help:1",
        "answers": "<1@example.org>",
    }
    to_author.answer(connection, recipient=ANA.email, now=now, **answer)
    hold = {"name": "example.org", "held_until": now, "connections": 1, "reply": said}
    connection.execute(insert(domains).values(hold))
    return reader


def test_a_reader_sees_all_that_we_have(site: Site, connection: Connection, now: datetime) -> None:
    """Proves that subscription, evidence, messages, answers and bounces are disclosed, and can be written as JSON."""
    known = membership.disclose(connection, lived(site, connection, now))
    assert (known["subscription"]["name"], known["subscription"]["topics"]) == ("Ana", ("tides",))
    assert [(one["act"], one["source"]) for one in known["consent"]] == [
        ("asked", "192.0.2.0/24"),
        ("confirmed", "192.0.2.0/24"),
        ("withdrawn", "192.0.2.0/24"),
    ]
    assert [one["status"] for one in known["messages"]] == ["sent"] * 3
    assert [one["subject"] for one in known["answers"]] == ["How to write to us"]
    assert [one["status"] for one in known["came_back"]] == ["4.2.2"]
    assert known["never_to_be_mailed"] is False


def test_no_table_about_readers_is_left_out() -> None:
    """Proves that whoever adds a table that knows readers decides what of it is disclosed, and how it is forgotten."""
    knowing = {
        name
        for name, table in metadata.tables.items()
        if any(key.column.table.name == "subscribers" for key in table.foreign_keys)
    }
    assert knowing == {"owed", "consents", "bounces", "deliveries"}


def test_who_is_erased_leaves_nothing_but_a_hash(site: Site, connection: Connection, now: datetime) -> None:
    """Proves that no table holds name or address any more, that counts add up, and that nobody can add them."""
    reader = lived(site, connection, now)
    before = connection.scalar(select(func.count()).select_from(deliveries))
    assert holding(connection, "ana@example.org") >= {
        "subscribers",
        "deliveries",
        "bounces",
        "letters",
        "domains",
    }
    membership.erase(connection, reader, now=now)
    assert holding(connection, "ana@example.org") == set()
    assert holding(connection, "'ana'") == set()
    assert connection.scalar(select(func.count()).select_from(deliveries)) == before
    membership.request(connection, site, ANA, Choices(), FORM, now=now)
    with pytest.raises(UnknownSubscriber):
        roster.find(connection, ANA.email)


def holding(connection: Connection, word: str) -> set[str]:
    """Return the names of the tables that hold a word in whatever column."""
    rows = (
        (name, row) for name, table in metadata.tables.items() for row in connection.execute(select(table))
    )
    return {name for name, row in rows if word in repr(tuple(row)).lower()}


def test_what_the_relay_says_after_an_erasure(site: Site, connection: Connection, now: datetime) -> None:
    """Proves that the reply to a message on the wire meanwhile stays no longer than until the house is kept."""
    reader = membership.join(connection, site, ANA, Choices(name="Ana"), vouched=None, now=now)
    connection.execute(update(deliveries).values(status="sending"))
    membership.erase(connection, reader, now=now)
    late = {"status": "bounced", "reply": "550 5.1.1 <ana@example.org> is unknown", "settled_at": now}
    connection.execute(update(deliveries).values(late))
    forgetting.drop_words(connection)
    assert holding(connection, "ana@example.org") == set()


def test_who_does_not_answer_is_forgotten(site: Site, connection: Connection, now: datetime) -> None:
    """Proves that an address which was asked is deleted after a week of silence, counted from the last question."""
    membership.request(connection, site, ANA, Choices(), FORM, now=now)
    assert privacy.expire(connection, now + 6 * DAY) == 0
    membership.request(connection, site, ANA, Choices(), FORM, now=now + 6 * DAY)
    assert privacy.expire(connection, now + 12 * DAY) == 0
    assert privacy.expire(connection, now + 13 * DAY) == 1
    with pytest.raises(UnknownSubscriber):
        roster.find(connection, ANA.email)


def test_who_was_a_reader_before_only_leaves_again(site: Site, connection: Connection, now: datetime) -> None:
    """Proves that the evidence of a former reader outlives a question that was not answered."""
    reader = membership.join(connection, site, ANA, Choices(), vouched="she asked me", now=now)
    membership.leave(connection, site, reader, LINK, now=now)
    membership.request(connection, site, ANA, Choices(), FORM, now=now + DAY)
    assert privacy.expire(connection, now + 10 * DAY) == 1
    assert roster.find(connection, ANA.email).status == "unsubscribed"
    assert len(consent.history(connection, reader.id)) == 3


@pytest.mark.parametrize("seen", [timedelta(days=40), timedelta(hours=1)], ids=["over", "to come"])
def test_the_latest_issue_comes_with_the_welcome(
    engine: Engine, tmp_path: Path, connection: Connection, now: datetime, seen: timedelta
) -> None:
    """Proves that it comes where the author wants it, unless a post of it is still to come with the first own issue."""
    now += timedelta(hours=2)
    make_site(tmp_path).set("[smtp]", "[web]\nlatest_issue = true\n\n[smtp]")
    site = Site(read_settings(tmp_path), engine, Templates(None))
    add_readers(connection, 1, now - seen)
    post = {"identity": "fog", "path": "fog.md", "title": "Fog", "body_hash": "", "published_at": now - seen}
    connection.execute(insert(issues.posts).values(number=1, first_seen_at=now - seen, **post))
    rendering = freeze(connection, now)
    connection.execute(update(issues.issues).values(cadence="daily", scheduled_for=now - seen))
    queue.enqueue_issue(connection, 1, rendering, audience(Segment(None)), due_at=now)
    connection.execute(update(deliveries).values(status="sent"))
    for email in (ANA, parse("bea@example.org")):
        reader = membership.join(connection, site, email, Choices(), vouched=None, now=now)
        membership.confirm(connection, site, reader, LINK, now=now)
    assert mails(connection, "welcome") == 2
    assert mails(connection, "issue") == (2 if seen > DAY else 0)


def test_the_latest_issue_comes_in_the_readers_language(connection: Connection, now: datetime) -> None:
    """Proves that of the renderings of an issue a new reader gets that of their language, or the first."""
    add_readers(connection, 1, now)
    first = freeze(connection, now)
    other = Rendering("Die Flut", "", "<p></p>", "", language="de")
    german = freezing.freeze_rendering(connection, other, kind="issue", issue_number=1, now=now)
    queue.enqueue_issue(connection, 1, first, audience(Segment(None)), due_at=now)
    connection.execute(update(deliveries).values(status="sent"))
    assert [published.latest(connection, 1, language) for language in ("de", "en", "ja")] == [
        german,
        first,
        first,
    ]
