"""What mail that came back does to readers, on both engines."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, select

from newsletter import feedback, membership
from newsletter.feedback import Told
from newsletter.membership import Choices
from newsletter.outbox.tables import deliveries, letters
from newsletter.site import Site
from subscribers import consent, roster, suppression
from subscribers.address import parse
from subscribers.database import writing
from subscribers.roster import Subscriber
from tests.sites import site_on

ANA = parse("ana@example.org")
GONE = Told("bounce", "suppress", "5.1.1", "there is no such address")
FULL = Told("bounce", "count", "5.2.2", "the mailbox is full")
POLICY = Told("bounce", "alert", "5.7.1", "its server refuses us by its policy")
COMPLAINT = Told("complaint", "suppress", "", "the reader complained", ANA.email)


@pytest.fixture
def site(engine: Engine, tmp_path: Path) -> Site:
    """A site on a fresh database."""
    return site_on(engine, tmp_path)


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    """One transaction for a whole test."""
    with writing(engine) as connection:
        yield connection


def delivered(connection: Connection, site: Site, now: datetime) -> int:
    """Have a confirmed reader, and return the number of a mail to her."""
    reader = membership.join(connection, site, ANA, Choices(), vouched=None, now=now)
    membership.confirm(connection, site, reader, membership.Origin("link"), now=now)
    return connection.scalars(select(deliveries.c.id).order_by(deliveries.c.id)).first() or 0


def ana(connection: Connection) -> Subscriber:
    return roster.find(connection, ANA.email)


def test_who_is_gone_is_mailed_no_more(site: Site, connection: Connection, now: datetime) -> None:
    """Proves that an address that does not exist is suppressed at once, with the code on record."""
    delivery = delivered(connection, site, now)
    assert feedback.take(connection, site, GONE, delivery, now=now) == "suppressed"
    assert ana(connection).status == "unsubscribed"
    assert suppression.is_suppressed(connection, ANA)


def test_three_soft_bounces_over_a_week(site: Site, connection: Connection, now: datetime) -> None:
    """Proves that a full mailbox is given a week, and that one mail that bounces twice counts once."""
    first = delivered(connection, site, now)
    deeds = []
    for number, day in ((first, 0), (first, 1), (first, 9), (first + 1, 9)):
        deeds.append(feedback.take(connection, site, FULL, number, now=now + timedelta(days=day)))
    assert deeds == ["counted"] * 3 + ["counted" if _there(connection, first + 1) else "nothing"]
    third = _another(connection, first)
    assert feedback.take(connection, site, FULL, third, now=now + timedelta(days=10)) == "suppressed"


def _there(connection: Connection, number: int) -> bool:
    return connection.scalar(select(deliveries.c.id).where(deliveries.c.id == number)) is not None


def _another(connection: Connection, like: int) -> int:
    """Have one more mail to the same reader."""
    row = connection.execute(select(deliveries).where(deliveries.c.id == like)).mappings().one()
    new = {key: value for key, value in row.items() if key != "id"}
    key = connection.execute(deliveries.insert().values(new)).inserted_primary_key
    assert key is not None
    return int(key[0])


def test_policy_alarms_the_author_and_removes_nobody(
    site: Site, connection: Connection, now: datetime
) -> None:
    """Proves that what is about us is told to us."""
    delivery = delivered(connection, site, now)
    assert feedback.take(connection, site, POLICY, delivery, now=now) == "alarmed"
    assert ana(connection).status == "confirmed"
    assert len(connection.execute(select(letters)).all()) == 1


def test_a_complaint_ends_it_at_once(site: Site, connection: Connection, now: datetime) -> None:
    """Proves that who presses "spam" is never mailed again, also where no token came back."""
    delivered(connection, site, now)
    assert feedback.take(connection, site, COMPLAINT, None, now=now) == "suppressed"
    assert [one.how for one in consent.history(connection, ana(connection).id)][-1] == "complaint"


def test_a_bounce_without_a_token_does_nothing(site: Site, connection: Connection, now: datetime) -> None:
    """Proves that nobody can have a reader removed by writing a bounce."""
    delivered(connection, site, now)
    forged = Told("bounce", "suppress", "5.1.1", "there is no such address", ANA.email)
    assert feedback.take(connection, site, forged, None, now=now) == "nothing"
    assert feedback.take(connection, site, forged, 4711, now=now) == "nothing"
    assert ana(connection).status == "confirmed"
