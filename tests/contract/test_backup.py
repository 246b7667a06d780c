"""Copying the database while it is in use."""

import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine

from newsletter import migrations
from subscribers import keys, roster
from subscribers.database import backup, open_engine, reading, writing
from subscribers.errors import DatabaseUnavailable
from tests.contract.readers import add

#: Copies a database where no file may pass 8,192 octets.
_COPY = """
import sys
from pathlib import Path
from resource import RLIMIT_FSIZE, setrlimit
from subscribers.database import backup, open_engine
from subscribers.errors import DatabaseUnavailable

engine = open_engine(f"sqlite:///{sys.argv[1]}")
engine.connect().close()
setrlimit(RLIMIT_FSIZE, (8192, 8192))
try:
    backup(engine, Path(sys.argv[2]))
except DatabaseUnavailable as error:
    print(error)
"""


def test_a_copy_is_complete_and_private(sqlite_engine: Engine, tmp_path: Path, now: datetime) -> None:
    """Readers and keys, as of the last commit, in one file that only its owner may read."""
    copy = tmp_path / "copy.db"
    with writing(sqlite_engine) as connection:
        add(connection, "ana@example.com", now)
        token = keys.tokens(connection).sign("unsubscribe", 1)
    with writing(sqlite_engine) as connection:
        add(connection, "not-yet@example.com", now)
        backup(sqlite_engine, copy)
    assert copy.stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in tmp_path.glob("copy*")) == ["copy.db"]
    engine = open_engine(f"sqlite:///{copy}")
    with reading(engine) as connection:
        assert [reader.email for reader in roster.everyone(connection)] == ["ana@example.com"]
        assert keys.tokens(connection).read("unsubscribe", token) == (1,)
        assert migrations.differences(connection) == []
    engine.dispose()


def test_nothing_is_overwritten(sqlite_engine: Engine, tmp_path: Path) -> None:
    """Neither an older copy, nor the database itself."""
    older = tmp_path / "copy.db"
    older.write_text("yesterday's")
    with pytest.raises(DatabaseUnavailable, match=r"copy\.db is there already"):
        backup(sqlite_engine, older)
    assert older.read_text() == "yesterday's"


def test_a_place_that_cannot_be_written(sqlite_engine: Engine, tmp_path: Path) -> None:
    """The place is named, with the system's reason."""
    with pytest.raises(DatabaseUnavailable, match="cannot be written: No such file or directory"):
        backup(sqlite_engine, tmp_path / "missing" / "copy.db")


def test_a_copy_that_fails_leaves_nothing(sqlite_engine: Engine, tmp_path: Path) -> None:
    """What cannot be read cannot be copied; half a copy would be taken for a whole one."""
    broken = tmp_path / "broken.db"
    broken.write_bytes(b"no database at all" * 100)
    engine = open_engine(f"sqlite:///{broken}")
    with pytest.raises(DatabaseUnavailable, match="not a database"):
        backup(engine, tmp_path / "copy.db")
    engine.dispose()
    assert not (tmp_path / "copy.db").exists()


def test_a_disk_that_fills_up_leaves_no_copy(sqlite_engine: Engine, tmp_path: Path) -> None:
    """A copy that does not fit is taken away again, and the author is told."""
    copy = tmp_path / "copy.db"
    told = subprocess.run(
        [sys.executable, "-c", _COPY, str(sqlite_engine.url.database), str(copy)],
        cwd=Path(__file__).parents[2],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    assert told.startswith(f"The copy to {copy} failed: ")
    assert not copy.exists()


def test_postgresql_has_its_own_tools(postgres_engine: Engine, tmp_path: Path) -> None:
    """The refusal says which."""
    with pytest.raises(DatabaseUnavailable, match="pg_dump"):
        backup(postgres_engine, tmp_path / "copy.db")
    assert list(tmp_path.iterdir()) == []
