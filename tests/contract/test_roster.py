"""The way of a subscription, the same on both engines."""

from dataclasses import replace
from datetime import datetime, timedelta
from threading import Barrier, Thread

import pytest
from sqlalchemy import Engine, insert, select, update

from subscribers import roster, segments, suppression
from subscribers.address import parse
from subscribers.database import reading, writing
from subscribers.errors import AlreadySubscribed, InvalidAddress, Suppressed, UnknownSubscriber
from subscribers.segments import Segment
from subscribers.tables import subscribers
from tests.contract.readers import add, add_confirmed


def test_a_reader_is_written_down_as_they_chose(engine: Engine, now: datetime) -> None:
    """All that was chosen comes back, after the transaction, and the new reader is only pending."""
    with writing(engine) as connection:
        added = add(
            connection,
            "Ana@Bücher.example",
            now,
            name="Ana Łoś",
            topics=("sea", "boats", "sea"),
            cadence="daily",
            timezone="Asia/Kathmandu",
            language="pl",
            served=7,
        )
    with reading(engine) as connection:
        found = roster.find(connection, "ANA@xn--bcher-kva.example")
    assert found == added
    assert (found.email, found.name, found.status) == ("Ana@bücher.example", "Ana Łoś", "pending")
    assert found.topics == ("boats", "sea")
    assert (found.cadence, found.timezone, found.language, found.served) == (
        "daily",
        "Asia/Kathmandu",
        "pl",
        7,
    )
    assert found.created_at == now
    assert found.confirmed_at is None


def test_the_way_of_a_subscription(engine: Engine, now: datetime) -> None:
    """pending → confirmed → unsubscribed, each step with its date, each only once."""
    later = now + timedelta(days=1)
    with writing(engine) as connection:
        reader = add(connection, "ana@example.com", now)
        assert roster.confirm(connection, reader.id, served=3, now=later)
        assert not roster.confirm(connection, reader.id, served=9, now=later + timedelta(days=1))
        confirmed = roster.find_by_id(connection, reader.id)
        assert confirmed == replace(reader, status="confirmed", confirmed_at=later, served=3)
        assert roster.leave(connection, reader.id, later)
        assert not roster.leave(connection, reader.id, later + timedelta(days=1))
        assert roster.find_by_id(connection, reader.id) == replace(
            confirmed, status="unsubscribed", unsubscribed_at=later
        )


def test_adding_a_confirmed_reader_again_changes_nothing(engine: Engine, now: datetime) -> None:
    """Else a stranger could stop somebody's newsletter by filling in the form for them."""
    with writing(engine) as connection:
        before = add_confirmed(connection, "ana@example.com", now, topics=("sea",))
        with pytest.raises(AlreadySubscribed, match=r"ANA@example\.com is subscribed already"):
            add(connection, "ANA@example.com", now, name="Mallory", topics=(), served=99)
        assert roster.find(connection, "ana@example.com") == before, "and the transaction is still usable"


def test_a_pending_reader_is_not_asked_twice_by_adding_twice(engine: Engine, now: datetime) -> None:
    """The author learns that the reader was asked and has not answered."""
    with writing(engine) as connection:
        before = add(connection, "ana@example.com", now)
        with pytest.raises(AlreadySubscribed, match="has not answered"):
            add(connection, "ana@example.com", now, name="Other")
        assert roster.find(connection, "ana@example.com") == before


def test_who_left_may_be_asked_again(engine: Engine, now: datetime) -> None:
    """They are pending again, under the same id, and what they were served already is not new to them."""
    with writing(engine) as connection:
        first = add_confirmed(connection, "ana@example.com", now, served=8, topics=("sea",))
        roster.leave(connection, first.id, now)
        again = add(connection, "Ana@example.com", now + timedelta(days=9), served=5)
        assert (again.id, again.status, again.topics) == (first.id, "pending", ())
        assert (again.confirmed_at, again.unsubscribed_at) == (None, None)
        assert again.created_at == now
        roster.confirm(connection, again.id, served=6, now=now)
        assert roster.find_by_id(connection, again.id).served == 8


def test_an_old_link_does_not_bring_back_who_left(engine: Engine, now: datetime) -> None:
    """Confirming works for a pending reader only."""
    with writing(engine) as connection:
        reader = add_confirmed(connection, "ana@example.com", now)
        roster.leave(connection, reader.id, now)
        assert not roster.confirm(connection, reader.id, served=0, now=now)
        assert roster.find_by_id(connection, reader.id).status == "unsubscribed"


def test_a_suppressed_address_is_refused_with_the_reason(engine: Engine, now: datetime) -> None:
    """New or returning, in any spelling; and nothing is written."""
    with writing(engine) as connection:
        left = add_confirmed(connection, "bob@example.com", now)
        roster.leave(connection, left.id, now)
        for email in ("ana@example.com", "bob@example.com"):
            suppression.suppress(connection, parse(email), reason="complaint", now=now)
            with pytest.raises(Suppressed, match="complained"):
                add(connection, email.upper(), now)
        assert [reader.status for reader in roster.everyone(connection)] == ["unsubscribed"]


def test_a_suppressed_reader_cannot_confirm(engine: Engine, now: datetime) -> None:
    """Suppressed after being asked: the link in the mail no longer subscribes anybody."""
    with writing(engine) as connection:
        reader = add(connection, "ana@example.com", now)
        suppression.suppress(connection, parse("ana@example.com"), reason="author", now=now)
        assert not roster.confirm(connection, reader.id, served=0, now=now)
        assert roster.find_by_id(connection, reader.id).status == "pending"


def test_who_is_unknown_is_named(engine: Engine, now: datetime) -> None:
    """By address and by number; and what is no address at all is called that."""
    with reading(engine) as connection:
        with pytest.raises(UnknownSubscriber, match=r"^ana@example\.com is no subscriber"):
            roster.find(connection, "ana@example.com")
        with pytest.raises(InvalidAddress):
            roster.find(connection, "ana")
        with pytest.raises(UnknownSubscriber):
            roster.find_by_id(connection, 404)
    with writing(engine) as connection:
        with pytest.raises(UnknownSubscriber):
            roster.confirm(connection, 404, served=0, now=now)
        with pytest.raises(UnknownSubscriber):
            roster.leave(connection, 404, now)


def test_everyone_comes_in_order(engine: Engine, now: datetime) -> None:
    """More readers than one page, all or of one status."""
    with writing(engine) as connection:
        row = connection.execute(
            select(subscribers).where(subscribers.c.id == add(connection, "r0@example.com", now).id)
        ).one()
        common = {name: value for name, value in row._mapping.items() if name != "id"}
        more = [
            common | {"email": f"r{n}@example.com", "email_key": f"r{n}@example.com"} for n in range(1, 1050)
        ]
        connection.execute(insert(subscribers), more)
        ids = list(connection.scalars(select(subscribers.c.id).order_by(subscribers.c.id)))
        connection.execute(
            update(subscribers).where(subscribers.c.id.in_(ids[::2])).values(status="confirmed")
        )
    with reading(engine) as connection:
        assert [reader.id for reader in roster.everyone(connection)] == ids
        assert [reader.id for reader in roster.everyone(connection, status="confirmed")] == ids[::2]
        assert list(roster.everyone(connection, status="unsubscribed")) == []


def test_serving_never_goes_back(engine: Engine, now: datetime) -> None:
    """Only the audience moves, only forward, in one statement."""
    with writing(engine) as connection:
        behind = add_confirmed(connection, "ana@example.com", now, served=2)
        ahead = add_confirmed(connection, "bob@example.com", now, served=9)
        other = add_confirmed(connection, "eve@example.com", now, served=1, cadence="daily")
        assert roster.serve_up_to(connection, segments.audience(Segment("weekly")), 5) == 1
        served = {reader.id: reader.served for reader in roster.everyone(connection)}
    assert served == {behind.id: 5, ahead.id: 9, other.id: 1}


def test_two_processes_adding_one_address_make_one_reader(engine: Engine, now: datetime) -> None:
    """The loser of the race hears that the address is there, and its transaction goes on."""
    start, outcomes = Barrier(2), []

    def join() -> None:
        start.wait()
        with writing(engine) as connection:
            try:
                outcomes.append(add(connection, "ana@example.com", now).status)
            except AlreadySubscribed:
                outcomes.append("already")
            add(connection, f"{len(outcomes)}-{id(connection)}@example.com", now)

    threads = [Thread(target=join) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["already", "pending"]
    with reading(engine) as connection:
        assert len(list(roster.everyone(connection))) == 3


def test_an_id_is_never_given_twice(engine: Engine, now: datetime) -> None:
    """A token for an erased reader must not name the next one who comes."""
    with writing(engine) as connection:
        first = add(connection, "ana@example.com", now)
        connection.exec_driver_sql(f"DELETE FROM subscribers WHERE id = {first.id}")
        assert add(connection, "bob@example.com", now).id > first.id
