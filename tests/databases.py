"""Databases for tests: given their tables and keys, once, to be copied."""

from datetime import UTC, datetime

from newsletter import migrations
from subscribers import keys
from subscribers.database import open_engine, writing


def prepare(url: str) -> None:
    """Give an empty database its tables and this site's keys."""
    engine = open_engine(url)
    try:
        with writing(engine) as connection:
            migrations.upgrade(connection)
            keys.create(connection, datetime(2026, 1, 1, tzinfo=UTC))
    finally:
        engine.dispose()
