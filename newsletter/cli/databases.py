"""The database: upgrade, check, backup."""

from pathlib import Path
from typing import Annotated

import typer

from newsletter.application import databases
from newsletter.cli.options import JsonOption, SiteOption
from newsletter.cli.screen import complain, print_json, say


def register(app: typer.Typer) -> None:
    """Add these commands."""
    family = typer.Typer(help="Upgrade, check and back up the database.", no_args_is_help=True)
    family.command()(upgrade)
    family.command()(check)
    family.command()(backup)
    app.add_typer(family, name="database", rich_help_panel="Look after it")


def upgrade(site: SiteOption = None) -> None:
    """Bring the database's tables up to this version. Make a backup before."""
    databases.upgrade(site)
    say("The database is up to date.")


def check(site: SiteOption = None, as_json: JsonOption = False) -> None:
    """Compare the database with what this version expects. Exit status 1 when they differ."""
    differences = databases.check(site)
    if as_json:
        print_json({"ok": not differences, "differences": differences})
    elif differences:
        complain("The database differs from what this version expects:\n" + "\n".join(differences))
    else:
        say("The database is as it should be.")
    if differences:
        raise typer.Exit(1)


def backup(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="Where to write the copy; it must not exist yet.")
    ],
    site: SiteOption = None,
) -> None:
    """Copy a SQLite database while it is in use. For PostgreSQL, use pg_dump."""
    databases.backup(site, file)
    say(f"Copied to {file}.")
