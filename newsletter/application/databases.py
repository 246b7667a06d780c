"""Looking after the database."""

from pathlib import Path

from newsletter import migrations
from newsletter.application.opening import establish, opened_without_database
from subscribers import database
from subscribers.database import reading, writing


def upgrade(directory: Path | None) -> None:
    """Bring the tables up to this version; a database that is not there yet is made, with the baseline in it."""
    with opened_without_database(directory) as site:
        with reading(site.engine) as connection:
            empty = migrations.state(connection) == "empty"
        if empty:
            establish(site, include_existing=False)
            return
        with writing(site.engine) as connection:
            migrations.upgrade(connection)


def check(directory: Path | None) -> list[str]:
    """Return what differs between the database and this version, in words."""
    with opened_without_database(directory) as site, reading(site.engine) as connection:
        return migrations.differences(connection)


def backup(directory: Path | None, file: Path) -> None:
    """Copy the database while it is in use. Raises DatabaseUnavailable where that cannot be done."""
    with opened_without_database(directory) as site:
        database.backup(site.engine, file)
