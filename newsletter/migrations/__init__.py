"""The history of the tables, for both engines, and all of it inside the caller's transaction.

A change of any table needs one more file in versions/; the tests compare where they lead with the tables.
"""

from pathlib import Path
from typing import Any, Literal

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text

from newsletter.inbound import tables as _inbound  # noqa: F401 - puts its tables into the metadata
from newsletter.issues import tables as _issues  # noqa: F401 - the same
from newsletter.outbox import tables as _outbox  # noqa: F401 - the same
from newsletter.web import tables as _web  # noqa: F401 - the same
from subscribers import tables as _subscribers  # noqa: F401 - the same
from subscribers.database import metadata

#: Our own name, so that another application's Alembic may live in the same PostgreSQL database.
VERSION_TABLE = "newsletter_version"

#: Any number that no other application is likely to lock: "news" in ASCII.
_LOCK = 0x6E657773

State = Literal["empty", "current", "older", "unknown"]


def take_turn(connection: Connection) -> None:
    """Wait until nobody else makes or changes the tables, and keep others waiting until the transaction ends.

    SQLite's write transactions are one at a time anyway.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})


def upgrade(connection: Connection) -> None:
    """Bring the tables up to this version; nothing happens where they are. Two may ask for it at once."""
    take_turn(connection)
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def state(connection: Connection) -> State:
    """Say what a database holds: nothing of ours, this version's tables, those of an older one, or others."""
    versions = _context(connection).get_current_heads()
    if not versions:
        ours = metadata.tables.keys() & set(inspect(connection).get_table_names())
        return "unknown" if ours else "empty"
    script = ScriptDirectory.from_config(_config())
    if versions == (script.get_current_head(),):
        return "current"
    known = {revision.revision for revision in script.walk_revisions()}
    return "older" if known.issuperset(versions) else "unknown"


def differences(connection: Connection) -> list[str]:
    """Return in words what differs between the tables of a database and those of this version."""
    if (found := state(connection)) != "current":
        return [f"the database as a whole is {found}"]
    return [_in_words(difference) for difference in compare_metadata(_context(connection), metadata)]


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _context(connection: Connection) -> MigrationContext:
    return MigrationContext.configure(
        connection,
        opts={"version_table": VERSION_TABLE, "compare_type": True, "include_name": _is_ours},
    )


def _is_ours(name: str | None, kind: str, _parents: Any) -> bool:
    return kind != "table" or name in metadata.tables


def _in_words(difference: Any) -> str:
    if isinstance(difference, list):
        return "; ".join(map(_in_words, difference))
    kind, *facts = difference
    verb, _, thing = kind.partition("_")
    if verb == "modify":
        _, table, column, *_, found, expected = facts
        return f"the {thing} of column {column} of table {table} is {found!r}, not {expected!r}"
    what = "missing" if verb == "add" else "not expected"
    if thing == "table":
        return f"table {facts[0].name} is {what}"
    table = facts[1] if thing == "column" else facts[0].table.name
    return f"{thing} {facts[-1].name} of table {table} is {what}"
