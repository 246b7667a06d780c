"""A standing connection: for the few statements that run for every message.

SQLAlchemy writes the SQL, once; from then on a statement costs what the driver costs. A transaction by way of
an Engine takes some 150 µs of Python, which is more than handing over a whole message may take.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache
from operator import itemgetter
from typing import Any

from sqlalchemy import ARRAY, Engine, Executable, PoolProxiedConnection
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ClauseElement

from subscribers import outages

#: Seconds after which PostgreSQL ends a session that stands still in the middle of a transaction, as that of a process
#: that was stopped: its locks would hold up everybody.
_IDLE = 60

#: Rows that a driver gives back.
Rows = Sequence[tuple[Any, ...]]


class Prepared:
    """A statement, compiled for one engine. Lists have to be written out: `IN` cannot grow afterwards."""

    def __init__(self, engine: Engine, statement: Executable) -> None:
        assert isinstance(statement, ClauseElement), "statements are written with SQLAlchemy Core"
        compiled = statement.compile(dialect=engine.dialect)
        assert isinstance(compiled, SQLCompiler), "it is a statement, and no definition of a table"
        self.sql = str(compiled)
        self._convert = {
            name: _remembering(convert)
            for name, parameter in compiled.binds.items()
            if not isinstance(parameter.type, ARRAY)  # a driver takes a list as it is
            and (convert := parameter.type.dialect_impl(engine.dialect).bind_processor(engine.dialect))
        }
        self._given = {name: self._converted(name, value) for name, value in compiled.params.items()}
        self._in_order = itemgetter(*compiled.positiontup) if compiled.positiontup else None
        self._alone = bool(compiled.positiontup) and len(compiled.positiontup or ()) == 1

    def arrange(self, values: Mapping[str, Any]) -> Any:
        """Return the values of one execution as the driver wants them: in order, or by name."""
        arranged = {**self._given, **values}
        for name in self._convert.keys() & values.keys():
            arranged[name] = self._converted(name, values[name])
        if self._in_order is None:
            return arranged
        return (self._in_order(arranged),) if self._alone else self._in_order(arranged)

    def _converted(self, name: str, value: Any) -> Any:
        convert = self._convert.get(name)
        return convert(value) if convert else value


class Transaction:
    """What may be done in a transaction of a standing connection."""

    def __init__(self, cursor: Any) -> None:
        self._cursor = cursor

    def run(self, statement: Prepared, values: Mapping[str, Any] | None = None) -> int:
        """Execute a statement; return how many rows it changed."""
        self._cursor.execute(statement.sql, statement.arrange(values or {}))
        return int(self._cursor.rowcount)

    def fetch(self, statement: Prepared, values: Mapping[str, Any] | None = None) -> Rows:
        """Execute a statement and return its rows."""
        self._cursor.execute(statement.sql, statement.arrange(values or {}))
        rows: Rows = self._cursor.fetchall()
        return rows


class Standing:
    """A connection that stays open, to be used by one thread at a time.

    It is opened when it is first used, and again after an error.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        #: Whether the database is a server, a round trip away, which takes lists and several changes in a statement.
        self.is_server = engine.dialect.name != "sqlite"
        self._connection: PoolProxiedConnection | None = None
        self._cursor: Any = None

    def prepare(self, statement: Executable) -> Prepared:
        """Compile a statement for this connection."""
        return Prepared(self._engine, statement)

    @contextmanager
    def writing(self) -> Iterator[Transaction]:
        """One transaction that writes: all of it is kept, or none. Raises DatabaseUnavailable."""
        with self._ready() as cursor:
            cursor.execute("BEGIN" if self.is_server else "BEGIN IMMEDIATE")
            yield Transaction(cursor)
            cursor.execute("COMMIT")

    def at_once(self, statement: Prepared, values: Mapping[str, Any]) -> int:
        """Execute one statement, in a transaction that it is all of; return how many rows it changed.

        A server is asked once, and not four times. Raises DatabaseUnavailable.
        """
        with self._ready() as cursor:
            return Transaction(cursor).run(statement, values)

    @contextmanager
    def _ready(self) -> Iterator[Any]:
        """Yield the cursor; after an error nothing is kept of what was begun. Raises DatabaseUnavailable."""
        driver: Any = self._engine.dialect.loaded_dbapi
        try:
            if self._cursor is None:
                self._open()
            yield self._cursor
        except driver.Error as error:
            self._drop()
            if (outage := outages.explain(self._engine.url, error)) is None:
                raise
            raise outage from error
        except BaseException:
            self._drop()
            raise

    def close(self) -> None:
        """Give the connection back."""
        connection, self._connection, self._cursor = self._connection, None, None
        if connection is not None:
            connection.close()

    def _open(self) -> None:
        self._connection = self._engine.raw_connection()
        self._connection.detach()  # from the pool: what is set here is for nobody else
        self._cursor = self._connection.cursor()
        if self.is_server:
            self._cursor.connection.autocommit = True  # transactions begin and end where it is said
            self._cursor.execute(f"SET idle_in_transaction_session_timeout = '{_IDLE}s'")
        else:
            self._cursor.execute("PRAGMA query_only=OFF")  # a view may have had this connection before

    def _drop(self) -> None:
        """Forget a connection in whose middle something went wrong: nothing of its transaction is kept."""
        connection, self._connection, self._cursor = self._connection, None, None
        if connection is not None:
            with suppress(Exception):  # it may be what broke
                connection.rollback()
            with suppress(Exception):
                connection.invalidate()


def _remembering(convert: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Convert each value once: a transaction names the same moment again and again."""
    return lru_cache(maxsize=8)(convert)
