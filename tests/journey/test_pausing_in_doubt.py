"""A reader pauses while it is in doubt whether their mail arrived: they are left in peace, and get no post twice."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from newsletter.transport.protocol import Lost, Message, Reply, Verdict
from tests.databases import prepare
from tests.rhythm import World, world

DAY = timedelta(days=1)


@pytest.fixture
def here(tmp_path: Path) -> Iterator[World]:
    """A newsletter with one reader, whose issue is ready."""
    prepare(f"sqlite:///{tmp_path / 'new.db'}")
    with world(tmp_path / "site", tmp_path / "new.db", datetime(2026, 3, 2, 9, tzinfo=UTC)) as made:
        made.tick()
        made.subscribe("cy", "daily")
        made.write("one", "p1")
        made.tick()
        made.send()
        yield made


def silence(message: Message) -> Verdict:
    """Take a message, and hang up instead of saying so."""
    return Lost("the relay hung up", in_doubt=True)


def refuse(message: Message) -> Reply:
    """Put a message off."""
    return Reply(451, "4.3.0", "later")


def copies(world: World) -> list[tuple[datetime, str]]:
    """Return when the relay had which message."""
    return [(mail.at, mail.message_id) for mail in world.received]


def test_after_a_crash(here: World) -> None:
    """What a dead process had on the wire is sent again when the pause is over, and not before."""
    here.deliver(killed_at=1)
    begin = here.now
    here.change("cy", paused_until=begin + 4 * DAY)
    for _ in range(5):
        here.deliver()
        here.tick()
        here.now += DAY
    here.deliver()
    ids = {name for _, name in copies(here)}
    assert len(ids) == 1
    assert len(copies(here)) == 2
    assert copies(here)[1][0] >= begin + 4 * DAY


def test_after_silence(here: World) -> None:
    """So is what a relay did not answer, whether the reader pauses before or after that is known."""
    here.deliver(silence)
    begin = here.now
    here.change("cy", paused_until=begin + 2 * DAY)
    here.now += DAY
    here.deliver()
    here.tick()
    assert copies(here) == []
    here.now += DAY
    here.deliver()
    assert here.got("cy") == [("p1",)]
    here.write("two", "p2")
    here.go_to(here.now + 2 * DAY)
    assert here.got("cy") == [("p1",), ("p2",)]


def test_who_ends_the_pause_early(here: World) -> None:
    """Who does not want to pause any longer gets it at once."""
    here.deliver(silence)
    here.change("cy", paused_until=here.now + 7 * DAY)
    here.deliver()
    here.change("cy", paused_until=None)
    here.deliver()
    assert here.got("cy") == [("p1",)]


def test_what_was_never_handed_over(here: World) -> None:
    """What the relay did refuse is not in doubt: it is taken back, and its posts come with the first issue later."""
    here.deliver(refuse)
    here.change("cy", paused_until=here.now + 2 * DAY)
    here.write("two", "p2")
    here.go_to(here.now + 3 * DAY)
    assert here.got("cy") == [("p1", "p2")]
