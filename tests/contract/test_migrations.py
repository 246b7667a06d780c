"""The history of the tables, on both engines."""

from datetime import UTC, datetime
from threading import Barrier, Thread
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, inspect, select, text

from newsletter import migrations
from subscribers.database import metadata, open_engine, reading, writing
from subscribers.tables import keys


def _tables(connection: Connection) -> dict[str, Any]:
    """Everything that the engine itself tells about the tables."""
    looked = inspect(connection)
    found = {}
    for name in sorted(set(looked.get_table_names()) - {migrations.VERSION_TABLE}):
        columns = [
            {**column, "type": column["type"].compile(connection.dialect)}
            for column in looked.get_columns(name)
        ]
        found[name] = {
            "columns": columns,
            "key": looked.get_pk_constraint(name),
            "foreign": sorted(looked.get_foreign_keys(name), key=str),
            "unique": sorted(looked.get_unique_constraints(name), key=str),
            "indexes": sorted(map(_index, looked.get_indexes(name))),
            "checks": looked.get_check_constraints(name),
        }
    return found


def _index(index: Any) -> str:
    # a partial index has its condition as an SQL element, which is equal to itself only
    return str(
        index | {"dialect_options": {key: str(value) for key, value in index["dialect_options"].items()}}
    )


def test_the_history_leads_to_the_tables_of_this_version(empty_engine: Engine) -> None:
    """Upgraded from nothing, a database is what the table definitions say, down to names and defaults."""
    with writing(empty_engine) as connection:
        metadata.create_all(connection)
        defined = _tables(connection)
        metadata.drop_all(connection)
        migrations.upgrade(connection)
        assert _tables(connection) == defined
        assert migrations.differences(connection) == []
    assert set(defined) == set(metadata.tables)


def test_sqlite_tables_are_the_same_to_the_letter(sqlite_engine: Engine) -> None:
    """What reflection does not tell (AUTOINCREMENT, partial indexes) is equal too."""
    with writing(sqlite_engine) as connection:
        migrated = _schema(connection)
        metadata.drop_all(connection)
        metadata.create_all(connection)
        assert migrated == _schema(connection)
    assert any("AUTOINCREMENT" in statement for statement in migrated)


def _schema(connection: Connection) -> list[str]:
    """Every line of the statements that made the tables."""
    query = text(
        "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name != :ours AND name NOT LIKE 'sqlite_%'"
    )
    statements = connection.scalars(query, {"ours": migrations.VERSION_TABLE})
    # the order of a table's constraints is of no consequence
    return sorted(line.strip(" ,\t") for statement in statements for line in statement.splitlines())


def test_the_state_of_a_database(empty_engine: Engine) -> None:
    """Empty, current, or from a version that we do not know; and what differs is said in words."""
    with writing(empty_engine) as connection:
        assert migrations.state(connection) == "empty"
        assert migrations.differences(connection) == ["the database as a whole is empty"]
        connection.execute(text("CREATE TABLE of_another_application (id INTEGER)"))
        assert migrations.state(connection) == "empty"
        migrations.upgrade(connection)
        assert migrations.state(connection) == "current"
        assert migrations.differences(connection) == [], "a stranger's table is not our difference"
        for change in (
            "ALTER TABLE subscribers DROP COLUMN created_at",
            "ALTER TABLE subscribers ADD COLUMN mood TEXT",
            "DROP INDEX ix_deliveries_due",
            "DROP TABLE skips",
        ):
            connection.execute(text(change))
        assert sorted(migrations.differences(connection)) == [
            "column created_at of table subscribers is missing",
            "column mood of table subscribers is not expected",
            "index ix_deliveries_due of table deliveries is missing",
            "table skips is missing",
        ]
        connection.execute(text(f"UPDATE {migrations.VERSION_TABLE} SET version_num = 'from the future'"))
        assert migrations.state(connection) == "unknown"


def test_a_column_of_another_type_is_a_difference(postgres_engine: Engine) -> None:
    """Only PostgreSQL minds the types of its columns; what it has and what it should have is named."""
    with writing(postgres_engine) as connection:
        connection.execute(text("ALTER TABLE subscribers ALTER COLUMN email TYPE VARCHAR(20)"))
        (difference,) = migrations.differences(connection)
    assert (
        difference
        == "the type of column email of table subscribers is VARCHAR(length=20), not String(length=320)"
    )


def test_tables_without_a_history_are_not_taken_for_ours(empty_engine: Engine) -> None:
    """Another application may have a table of the same name; it is not overwritten."""
    with writing(empty_engine) as connection:
        connection.execute(text("CREATE TABLE subscribers (id INTEGER)"))
        assert migrations.state(connection) == "unknown"


def test_an_upgrade_that_is_given_up_leaves_nothing(empty_engine: Engine) -> None:
    """Tables are made inside the caller's transaction: keys and baseline come with them, or none does."""

    def interrupted() -> None:
        with writing(empty_engine) as connection:
            migrations.upgrade(connection)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    with reading(empty_engine) as connection:
        assert migrations.state(connection) == "empty"
        assert inspect(connection).get_table_names() == []


def test_upgrading_again_changes_nothing(engine: Engine) -> None:
    """It can stand in every start script."""
    with writing(engine) as connection:
        before = connection.execute(select(keys)).all()
        migrations.upgrade(connection)
        assert connection.execute(select(keys)).all() == before


def test_two_processes_may_upgrade_at_once(empty_engine: Engine) -> None:
    """Two services that start together: one makes the tables, the other finds them."""
    start, failures = Barrier(2), []

    def upgrade() -> None:
        start.wait()
        try:
            with writing(empty_engine) as connection:
                migrations.upgrade(connection)
        except Exception as error:  # noqa: BLE001 - whatever it is, the test shows it
            failures.append(error)

    threads = [Thread(target=upgrade) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with reading(empty_engine) as connection:
        assert migrations.state(connection) == "current"


def test_moments_do_not_depend_on_the_server(empty_engine: Engine) -> None:
    """Stored as UTC, whatever zone the server or the writer lives in, to the microsecond."""
    moment = datetime(2026, 3, 29, 0, 59, 59, 123456, tzinfo=UTC)
    with writing(empty_engine) as connection:
        migrations.upgrade(connection)
        connection.execute(keys.insert().values(purpose="tokens", secret=b"\0\xff", created_at=moment))
    second = open_engine(empty_engine.url.render_as_string(hide_password=False))
    with reading(second) as connection:
        row = connection.execute(select(keys)).one()
    second.dispose()
    assert (row.created_at, row.created_at.tzinfo, row.secret) == (moment, UTC, b"\0\xff")
