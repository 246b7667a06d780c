"""Who must never be mailed, the same on both engines."""

from datetime import datetime
from threading import Barrier, Thread

import pytest
from sqlalchemy import Engine, select, update

from subscribers import keys, suppression
from subscribers.address import parse
from subscribers.database import reading, writing
from subscribers.errors import Suppressed
from subscribers.tables import subscribers, suppressions
from tests.contract.readers import add, add_confirmed


def test_an_address_is_suppressed_in_every_spelling(engine: Engine, now: datetime) -> None:
    """Case and IDNA spelling make no way around the list; other addresses are not touched."""
    with writing(engine) as connection:
        suppression.suppress(connection, parse("Ana@Bücher.example"), reason="complaint", now=now)
    with reading(engine) as connection:
        assert suppression.is_suppressed(connection, parse("aNA@xn--bcher-kva.example"))
        assert not suppression.is_suppressed(connection, parse("bob@bücher.example"))
        with pytest.raises(Suppressed, match=r"ana@bücher\.example is suppressed: the reader complained"):
            suppression.refuse_suppressed(connection, parse("ana@bücher.example"))


def test_no_address_stands_in_the_list(engine: Engine, now: datetime) -> None:
    """The list outlives erasure, so it holds a keyed hash; another site's list has another hash for it."""
    with writing(engine) as connection:
        suppression.suppress(connection, parse("ana@example.com"), reason="erased", now=now)
        (row,) = connection.execute(select(suppressions)).all()
        assert "ana" not in str(row)
        assert len(row.address_hash) == 64
        connection.exec_driver_sql("DELETE FROM keys")
        keys.create(connection, now)
        assert suppression.address_hash(connection, parse("ana@example.com")) != row.address_hash


def test_the_first_reason_stays(engine: Engine, now: datetime) -> None:
    """A later bounce does not hide that the reader had complained."""
    with writing(engine) as connection:
        suppression.suppress(connection, parse("ana@example.com"), reason="complaint", note="ARF", now=now)
        suppression.suppress(connection, parse("ana@example.com"), reason="bounce", now=now)
        (row,) = connection.execute(select(suppressions)).all()
    assert (row.reason, row.note, row.suppressed_at) == ("complaint", "ARF", now)


def test_two_reports_at_once_are_one_suppression(engine: Engine, now: datetime) -> None:
    """A bounce and a complaint may be handled in the same moment; neither fails."""
    start = Barrier(2)

    def report(reason: str) -> None:
        start.wait()
        with writing(engine) as connection:
            suppression.suppress(connection, parse("ana@example.com"), reason=reason, now=now)

    threads = [Thread(target=report, args=(reason,)) for reason in ("bounce", "complaint")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with reading(engine) as connection:
        assert len(connection.execute(select(suppressions)).all()) == 1


def test_only_lifting_takes_an_address_off(engine: Engine, now: datetime) -> None:
    """It says whether there was anything to lift."""
    with writing(engine) as connection:
        suppression.suppress(connection, parse("ana@example.com"), reason="author", now=now)
        assert suppression.lift(connection, parse("ana@example.com"))
        assert not suppression.lift(connection, parse("ana@example.com"))
        assert not suppression.is_suppressed(connection, parse("ana@example.com"))


def test_a_reason_without_a_name_is_a_fault_of_the_caller(engine: Engine, now: datetime) -> None:
    """Only reasons that can be put into words are kept."""
    with writing(engine) as connection, pytest.raises(ValueError, match="no reason"):
        suppression.suppress(connection, parse("ana@example.com"), reason="whim", now=now)


def test_the_condition_holds_inside_other_statements(engine: Engine, now: datetime) -> None:
    """In a query, in an update, and for an alias: the same readers, on both engines."""
    with writing(engine) as connection:
        ana, bob = (add_confirmed(connection, f"{name}@example.com", now) for name in ("ana", "bob"))
        suppression.suppress(connection, parse("ANA@example.com"), reason="author", now=now)
        listed = select(subscribers.c.id).where(suppression.suppressed())
        assert connection.scalars(listed).all() == [ana.id]
        reader = subscribers.alias("reader")
        aliased = select(reader.c.id).where(~suppression.suppressed(reader))
        assert connection.scalars(aliased).all() == [bob.id]
        nested = update(subscribers).where(subscribers.c.id.in_(aliased), ~suppression.suppressed())
        assert connection.execute(nested.values(name="B")).rowcount == 1


def test_suppressing_before_somebody_comes_counts_when_they_come(engine: Engine, now: datetime) -> None:
    """The hash on a reader's row is made when the row is: an address listed in between is found."""
    with writing(engine) as connection:
        reader = add(connection, "ana@example.com", now)
    with writing(engine) as connection:
        suppression.suppress(connection, parse("ana@example.com"), reason="bounce", now=now)
    with reading(engine) as connection:
        query = select(subscribers.c.id).where(suppression.suppressed())
        assert connection.scalars(query).all() == [reader.id]
