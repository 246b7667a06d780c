"""The database: one engine for SQLite and PostgreSQL, transactions, and two column types for both."""

import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, DateTime, Dialect, Engine, MetaData, Table, Text, create_engine, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.types import TypeDecorator

from subscribers import outages
from subscribers.errors import DatabaseUnavailable

#: Seconds that a SQLite writer waits for another before it gives up: an issue for a million readers is one transaction.
BUSY_TIMEOUT = 120

#: How often a new SQLite file is tried to be given its write-ahead log, while others write to it.
_SWITCHES = 100

#: What libpq is told unless the URL says otherwise. Without, who waits for a server that cannot be heard any more
#: (a cable was pulled, a host has died) waits for a quarter of an hour when something was on its way to it, and for
#: two hours when nothing was. After 30 seconds it is called gone, well before a worker is taken for dead.
_PATIENCE = {
    "connect_timeout": "10",  # seconds
    "keepalives_idle": "15",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "30000",  # milliseconds
}

#: The same for the server's end: else what a lost client had locked stays locked, for everybody, as long.
_PATIENCE_OF_SERVER = {
    "tcp_keepalives_idle": "keepalives_idle",
    "tcp_keepalives_interval": "keepalives_interval",
    "tcp_keepalives_count": "keepalives_count",
    "tcp_user_timeout": "tcp_user_timeout",
}

_EXAMPLES = "Write sqlite:///newsletter.db, or postgresql+psycopg://USER:PASSWORD@HOST/NAME."

#: Every table of the system hangs here, so that one migration history covers all of them.
metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Instant(TypeDecorator[datetime]):
    """A moment in time: aware in Python, UTC in the database, never local time."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        return dialect.type_descriptor(DateTime(timezone=dialect.name == "postgresql"))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a moment needs a time zone, and {value!r} has none")
        utc = value.astimezone(UTC)
        return utc if dialect.name == "postgresql" else utc.replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - the decorator's signature
        if value is None:
            return None
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


class Words(TypeDecorator[tuple[str, ...]]):
    """A set of words as sorted JSON, so that equal sets are equal text and can be grouped by."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: tuple[str, ...] | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - the decorator's signature
        return None if value is None else json.dumps(sorted(set(value)), ensure_ascii=False)

    def process_result_value(self, value: str | None, dialect: Dialect) -> tuple[str, ...] | None:  # noqa: ARG002 - the decorator's signature
        return None if value is None else tuple(json.loads(value))


def open_engine(url: str) -> Engine:
    """Open the engine for a database URL, ready for several threads and processes.

    Nothing is connected yet. Raises DatabaseUnavailable when the URL names no database we know.
    """
    # The URL is never repeated in an error: it may hold a password, and what does not parse can't be cut.
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise DatabaseUnavailable("The database URL does not parse.", remedy=_EXAMPLES) from None
    if parsed.drivername in ("sqlite", "sqlite+pysqlite"):
        return _open_sqlite(parsed)
    if parsed.drivername in ("postgresql+psycopg", "postgresql", "postgres"):
        return _open_postgresql(parsed)
    raise DatabaseUnavailable(
        f"The database URL begins with {parsed.drivername!r}, which is not supported.", remedy=_EXAMPLES
    )


def may_exist(engine: Engine) -> bool:
    """Whether there may be a database to connect to; where SQLite has no file, connecting would make an empty one."""
    return engine.dialect.name != "sqlite" or Path(str(engine.url.database)).exists()


def _open_sqlite(url: URL) -> Engine:
    if url.database in (None, "", ":memory:"):
        raise DatabaseUnavailable("The database URL names no file, and nothing would last.", remedy=_EXAMPLES)
    engine = create_engine(url, connect_args={"timeout": BUSY_TIMEOUT})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _open_postgresql(url: URL) -> Engine:
    url = url.set(drivername="postgresql+psycopg")
    url = url.set(query=_PATIENCE | url.query)
    try:
        engine = create_engine(url, pool_pre_ping=True)
    except ModuleNotFoundError:
        raise DatabaseUnavailable(
            "PostgreSQL needs its driver, which is not installed.",
            remedy="Install it with: pip install 'newsletter-publisher[postgresql]'",
        ) from None
    event.listen(engine, "connect", partial(_prepare_postgresql, url))
    return engine


def _prepare_postgresql(url: URL, connection: Any, _entry: ConnectionPoolEntry) -> None:
    # not as start-up options, which a connection pooler in between may refuse
    given = [word for setting, name in _PATIENCE_OF_SERVER.items() for word in (setting, url.query[name])]
    all_of_them = ", ".join(["set_config(%s, %s, false)"] * len(_PATIENCE_OF_SERVER))
    with closing(connection.cursor()) as cursor:
        cursor.execute(f"SELECT {all_of_them}", given)
    connection.commit()


def _prepare_sqlite(connection: Any, _entry: ConnectionPoolEntry) -> None:
    # The driver's own transaction handling begins too late and would let two writers deadlock
    # on an upgrade; we begin transactions ourselves (_begin_sqlite).
    connection.isolation_level = None
    with closing(connection.cursor()) as cursor:
        _use_write_ahead_log(cursor)
        cursor.execute("PRAGMA synchronous=FULL")  # a settled outcome survives a power loss
        cursor.execute("PRAGMA foreign_keys=ON")


def _use_write_ahead_log(cursor: sqlite3.Cursor) -> None:
    # The switch is made once in a file's life, and alone of all statements it does not wait for a lock. Several
    # processes that begin together on a new file would fail; so we wait by means of a statement that does.
    for _ in range(_SWITCHES):
        with suppress(sqlite3.OperationalError):
            cursor.execute("PRAGMA journal_mode=WAL")
            return
        cursor.execute("BEGIN IMMEDIATE")
        cursor.execute("ROLLBACK")
    cursor.execute("PRAGMA journal_mode=WAL")


def _begin_sqlite(connection: Connection) -> None:
    # IMMEDIATE takes the write lock at once and waits for it with the busy timeout; a deferred
    # transaction that read first could only fail with "database is locked". So a transaction that
    # was opened for reading must not write, here as on PostgreSQL.
    reading = connection.get_execution_options().get("reading", False)
    connection.exec_driver_sql(f"PRAGMA query_only={'ON' if reading else 'OFF'}")
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One transaction that writes: all of it is kept, or none. Raises DatabaseUnavailable."""
    with _explained(engine), engine.begin() as connection:
        yield connection


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """One consistent view, which waits for no writer and cannot write. Raises DatabaseUnavailable."""
    view: dict[str, Any] = {"reading": True}
    if engine.dialect.name == "postgresql":
        view |= {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    with _explained(engine), engine.connect().execution_options(**view) as connection:
        yield connection


@contextmanager
def _explained(engine: Engine) -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        if error.orig is None or (outage := outages.explain(engine.url, error.orig)) is None:
            raise
        raise outage from error


def insert_unless_there(dialect: Dialect, table: Table) -> sqlite.Insert | postgresql.Insert:
    """Return an INSERT that does nothing where a row of the same key is, also one that another adds just now.

    With RETURNING, it returns no row then; and the transaction goes on, which it would not after an error.
    """
    if dialect.name == "postgresql":
        return postgresql.insert(table).on_conflict_do_nothing()
    return sqlite.insert(table).on_conflict_do_nothing()


def backup(engine: Engine, file: Path) -> None:
    """Copy a SQLite database into a new file, while it is in use.

    The copy holds addresses and keys, so only its owner may read it. Raises DatabaseUnavailable when the
    file is there already or can't be written, and for PostgreSQL, which has better tools of its own.
    """
    if engine.dialect.name != "sqlite":
        raise DatabaseUnavailable(
            "This command copies SQLite databases, and this one is PostgreSQL.",
            remedy=f"Use its own tool: pg_dump --format=custom --file={file} DATABASE",
        )
    try:
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        raise DatabaseUnavailable(f"{file} is there already; nothing was copied.") from None
    except OSError as error:
        raise DatabaseUnavailable(f"{file} cannot be written: {error.strerror}.") from error
    try:
        with reading(engine) as connection, closing(sqlite3.connect(file)) as copy:
            source = connection.connection.driver_connection
            assert isinstance(source, sqlite3.Connection), "SQLite's own driver"
            source.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")  # one file, and none beside it
    except BaseException as error:
        file.unlink(missing_ok=True)
        if isinstance(error, sqlite3.Error):
            raise DatabaseUnavailable(
                f"The copy to {file} failed: {error}.", remedy="Nothing is left of it."
            ) from error
        raise
