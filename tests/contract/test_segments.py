"""Who an issue is for, the same on both engines."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine, insert, literal, select

from newsletter.issues import tables as issue_tables
from newsletter.outbox.tables import deliveries
from subscribers import owed, roster, segments, suppression
from subscribers.address import parse
from subscribers.database import reading, writing
from subscribers.segments import Group, Segment
from subscribers.tables import subscribers
from tests.contract.readers import add, add_confirmed


def test_only_who_may_be_mailed_is_in_an_audience(engine: Engine, now: datetime) -> None:
    """Neither pending, nor unsubscribed, nor suppressed: confirmed readers of the cadence, or of all."""
    with writing(engine) as connection:
        add(connection, "pending@example.com", now)
        left = add_confirmed(connection, "left@example.com", now)
        roster.leave(connection, left.id, now)
        add_confirmed(connection, "listed@example.com", now)
        suppression.suppress(connection, parse("Listed@example.com"), reason="author", now=now)
        weekly = add_confirmed(connection, "weekly@example.com", now)
        daily = add_confirmed(connection, "daily@example.com", now, cadence="daily")
    with reading(engine) as connection:
        assert connection.scalars(segments.audience(Segment("weekly"))).all() == [weekly.id]
        assert set(connection.scalars(segments.audience(Segment()))) == {weekly.id, daily.id}
        assert connection.scalars(segments.audience(Segment("monthly"))).all() == []
        assert segments.groups(connection, Segment("monthly")) == []
        assert [group.readers for group in segments.groups(connection, Segment())] == [2]


def test_groups_share_what_decides_a_rendering(engine: Engine, now: datetime) -> None:
    """Same last post, same topics (in any order), same language; the largest group first."""
    choices: list[dict[str, Any]] = [
        {"served": 3, "topics": ("sea", "boats")},
        {"served": 3, "topics": ("boats", "sea", "sea")},
        {"served": 3, "topics": ("żagle", 'quo"te')},
        {"served": 3},
        {"served": 3, "language": "pl"},
        {"served": 3},
        {"served": 3},
        {"served": 4},
    ]
    with writing(engine) as connection:
        for number, chosen in enumerate(choices):
            add_confirmed(connection, f"r{number}@example.com", now, **chosen)
    with reading(engine) as connection:
        found = segments.groups(connection, Segment("weekly"))
        assert found[:2] == [Group(3, (), "en", 3), Group(3, ("boats", "sea"), "en", 2)]
        assert set(found[2:]) == {
            Group(3, ('quo"te', "żagle"), "en", 1),
            Group(3, (), "pl", 1),
            Group(4, (), "en", 1),
        }
        members = [
            connection.scalars(segments.audience(Segment("weekly"), group=group)).all() for group in found
        ]
        assert [len(ids) for ids in members] == [group.readers for group in found]
        everybody = [reader_id for ids in members for reader_id in ids]
        assert sorted(everybody) == sorted(connection.scalars(segments.audience(Segment("weekly"))))


def test_an_audience_can_be_inserted_from(engine: Engine, now: datetime) -> None:
    """Deliveries are made by INSERT … SELECT: no reader's row ever passes through Python."""
    with writing(engine) as connection:
        reader = add_confirmed(connection, "ana@example.com", now, topics=("sea",))
        add_confirmed(connection, "bob@example.com", now)
        texts = {"subject": "", "preheader": "", "html": "", "text": ""}
        rendering = connection.execute(
            insert(issue_tables.renderings).values(kind="issue", created_at=now, **texts)
        ).inserted_primary_key
        assert rendering is not None
        (group,) = (group for group in segments.groups(connection, Segment()) if group.topics)
        chosen = segments.audience(Segment(), group=group).subquery()
        rows = select(literal(rendering.id), chosen.c.id, literal(now, deliveries.c.due_at.type))
        connection.execute(insert(deliveries).from_select(["rendering_id", "subscriber_id", "due_at"], rows))
        assert connection.scalars(select(deliveries.c.subscriber_id)).all() == [reader.id]


def test_who_is_owed_a_post_is_a_group_of_their_own(engine: Engine, now: datetime) -> None:
    """Readers who are owed different posts get different renderings; what is settled makes them alike again."""
    with writing(engine) as connection:
        ids = [add_confirmed(connection, f"r{n}@example.com", now, served=9).id for n in range(4)]
        for reader, posts in zip(ids, [(), (3,), (3, 5), (3, 5)], strict=True):
            for post in posts:
                owed.owe(connection, select(subscribers.c.id).where(subscribers.c.id == reader), post)
        assert owed.owe(connection, select(subscribers.c.id).where(subscribers.c.id == ids[1]), 3) == 0
        assert owed.posts(connection) == [3, 5]
        segment = Segment("weekly", at=now, owed=(3, 5))
        found = {group.owed: group for group in segments.groups(connection, segment)}
        assert {posts: group.readers for posts, group in found.items()} == {(): 1, (3,): 1, (3, 5): 2}
        members = {
            posts: connection.scalars(segments.audience(segment, group=group)).all()
            for posts, group in found.items()
        }
        assert {posts: sorted(those) for posts, those in members.items()} == {
            (): ids[:1], (3,): ids[1:2], (3, 5): ids[2:],
        }  # fmt: skip
        assert found[3, 5].lacks(5)
        assert not found[3,].lacks(5)
        owed.settle(connection, segments.audience(segment), (3, 5))
        assert [group.readers for group in segments.groups(connection, segment)] == [4]


def test_who_pauses_is_in_no_audience(engine: Engine, now: datetime) -> None:
    """Until the moment that they named."""
    with writing(engine) as connection:
        reader = add_confirmed(connection, "ana@example.com", now)
        roster.change(connection, reader.id, paused_until=now + timedelta(days=2))
        for days, present in ((0, False), (1, False), (2, True), (3, True)):
            segment = Segment("weekly", at=now + timedelta(days=days))
            assert bool(connection.scalars(segments.audience(segment)).all()) == present


def test_where_readers_live_and_what_they_chose(engine: Engine, now: datetime) -> None:
    """Zones of a cadence's readers, and cadences of all, each once; only confirmed readers count."""
    with writing(engine) as connection:
        for number, (zone, cadence) in enumerate(
            [("UTC", "weekly"), ("Asia/Tokyo", "weekly"), ("UTC", "weekly"), ("Asia/Kolkata", "daily")]
        ):
            add_confirmed(connection, f"r{number}@example.com", now, timezone=zone, cadence=cadence)
        add(connection, "pending@example.com", now, timezone="Africa/Cairo", cadence="monthly")
        assert segments.zones(connection, Segment("weekly")) == ["Asia/Tokyo", "UTC"]
        assert segments.zones(connection, Segment("monthly")) == []
        assert segments.cadences(connection) == {"weekly", "daily"}
        strays = Segment("weekly", strays=frozenset({"daily"}))
        assert segments.zones(connection, strays) == ["Asia/Kolkata", "Asia/Tokyo", "UTC"]
        assert len(connection.scalars(segments.audience(strays)).all()) == 4
