"""Who an issue is for, the same on both engines."""

from datetime import datetime
from typing import Any

from sqlalchemy import Engine, insert, literal, select

from newsletter.issues import tables as issue_tables
from newsletter.outbox.tables import deliveries
from subscribers import roster, segments, suppression
from subscribers.address import parse
from subscribers.database import reading, writing
from subscribers.segments import Group, Segment
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
