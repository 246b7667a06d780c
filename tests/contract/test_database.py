"""Transactions that several processes share, on both engines, and the two column types."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from threading import Thread

import pytest
from sqlalchemy import Column, Engine, Integer, MetaData, Table, func, insert, select, text
from sqlalchemy.exc import IntegrityError, StatementError

from subscribers.database import Instant, Words, open_engine, reading, writing
from subscribers.errors import DatabaseUnavailable

_ROOT = Path(__file__).parents[2]

_trial = Table(
    "trial",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("number", Integer),
    Column("moment", Instant),
    Column("words", Words),
)

#: Makes the table if need be, and writes a hundred times what it read and one more.
_WRITER = """
import sys
from sqlalchemy import text
from subscribers.database import open_engine, writing

engine = open_engine(sys.argv[1])
for turn in range(100):
    with writing(engine) as connection:
        connection.execute(text("CREATE TABLE IF NOT EXISTS trial (number INTEGER)"))
        highest = connection.scalar(text("SELECT coalesce(max(number), 0) FROM trial"))
        connection.execute(text("INSERT INTO trial VALUES (:number)"), {"number": highest + 1})
    if turn % 20 == 0:
        engine.dispose()
"""


@pytest.fixture
def trial(empty_engine: Engine) -> Engine:
    with writing(empty_engine) as connection:
        _trial.metadata.create_all(connection)
    return empty_engine


def _count(engine: Engine) -> int:
    with reading(engine) as connection:
        return connection.scalar(select(func.count()).select_from(_trial)) or 0


def test_four_processes_write_to_one_new_file(tmp_path: Path) -> None:
    """Nobody is told "database is locked", from the first moment on, and no one's write is lost."""
    url = f"sqlite:///{tmp_path / 'shared.db'}"
    writers = [
        subprocess.Popen([sys.executable, "-c", _WRITER, url], cwd=_ROOT, stderr=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    assert [writer.communicate()[1] for writer in writers] == ["", "", "", ""]
    engine = open_engine(url)
    with reading(engine) as connection:
        numbers = connection.scalars(text("SELECT number FROM trial ORDER BY number")).all()
    engine.dispose()
    assert numbers == list(range(1, 401))


def test_a_transaction_is_kept_whole_or_not_at_all(trial: Engine) -> None:
    """An error in the middle takes back what went before."""

    def fail() -> None:
        with writing(trial) as connection:
            connection.execute(insert(_trial).values(number=1))
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    assert _count(trial) == 0


def test_readers_wait_for_no_writer(trial: Engine) -> None:
    """While a write is open, others read what was there before it, and go on."""
    with writing(trial) as writer:
        writer.execute(insert(_trial).values(number=1))
        assert _count(trial) == 0
    assert _count(trial) == 1


def test_a_reader_has_one_view(trial: Engine) -> None:
    """What others write meanwhile does not change what is being read, and the writer need not wait."""
    with reading(trial) as reader:
        count = select(func.count()).select_from(_trial)
        assert reader.scalar(count) == 0
        with writing(trial) as writer:
            writer.execute(insert(_trial).values(number=1))
        assert reader.scalar(count) == 0
    assert _count(trial) == 1


def test_reading_cannot_write(trial: Engine) -> None:
    """A slip is found on both engines, not only where it would fail under load."""
    with pytest.raises(DatabaseUnavailable, match="may not be written"), reading(trial) as connection:
        connection.execute(insert(_trial).values(number=1))
    with writing(trial) as connection:
        connection.execute(insert(_trial).values(number=2))
    assert _count(trial) == 1


def test_nothing_stays_open_after_reading(trial: Engine) -> None:
    """A forgotten read transaction would keep SQLite's log growing and PostgreSQL from cleaning up."""
    for _ in range(50):
        _count(trial)
    with reading(trial) as connection:
        held = connection.connection.driver_connection
    if trial.dialect.name == "sqlite":
        assert held is not None
        assert not held.in_transaction
    else:
        with reading(trial) as connection:
            query = text("SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'")
            assert connection.scalar(query) == 0


def test_threads_share_an_engine(trial: Engine) -> None:
    """Delivery threads settle at the same time; none of their writes is lost."""

    def write() -> None:
        for _ in range(20):
            with writing(trial) as connection:
                connection.execute(insert(_trial).values(number=1))

    threads = [Thread(target=write) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert _count(trial) == 120


def test_a_savepoint_can_be_given_up(trial: Engine) -> None:
    """Inside a transaction, one refused row harms nothing else."""
    with writing(trial) as connection:
        connection.execute(insert(_trial).values(id=1))
        with pytest.raises(IntegrityError), connection.begin_nested():
            connection.execute(insert(_trial).values(id=1))
        connection.execute(insert(_trial).values(id=2))
    assert _count(trial) == 2


def test_our_own_faults_are_not_called_outages(trial: Engine) -> None:
    """A violated constraint is a fault of the program and keeps its name."""
    with pytest.raises(IntegrityError), writing(trial) as connection:
        connection.execute(insert(_trial), [{"id": 1}, {"id": 1}])


def test_moments_come_back_in_utc(trial: Engine) -> None:
    """Written in any zone, equal when read; without a zone they are refused."""
    moment = datetime(2026, 3, 29, 2, 30, tzinfo=timezone(timedelta(hours=5, minutes=45)))
    with writing(trial) as connection:
        connection.execute(insert(_trial), [{"id": 1, "moment": moment}, {"id": 2, "moment": None}])
        stored = connection.scalars(select(_trial.c.moment).order_by(_trial.c.id)).all()
        assert stored == [moment, None]
        assert stored[0] is not None
        assert stored[0].tzinfo is UTC
        earlier = select(_trial.c.id).where(_trial.c.moment < moment + timedelta(microseconds=1))
        assert connection.scalars(earlier).all() == [1]
    with pytest.raises(StatementError, match="needs a time zone"), writing(trial) as connection:
        connection.execute(insert(_trial).values(moment=datetime(2026, 1, 1)))  # noqa: DTZ001 - the point of it


def test_words_are_a_set(trial: Engine) -> None:
    """Order and repetition do not matter, so readers of the same topics can be grouped by them."""
    with writing(trial) as connection:
        for words in [("b", "a"), ("a", "b", "b"), (), None]:
            connection.execute(insert(_trial).values(words=words))
        assert connection.scalar(select(func.count()).where(_trial.c.words == ("b", "a", "b"))) == 2
        assert connection.scalar(select(func.count()).where(_trial.c.words == ())) == 1
        assert set(connection.scalars(select(_trial.c.words))) == {("a", "b"), (), None}
