"""Readers from elsewhere and to elsewhere: subscribers import, export."""

import sys
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from newsletter.application import exchanging, opening
from newsletter.cli.options import JsonOption, SiteOption
from newsletter.cli.screen import err, print_json, say, table, warn
from newsletter.site import Site
from subscribers.exchange.files import PeopleFile
from subscribers.exchange.formats import FORMATS
from subscribers.exchange.importing import Outcome, Result

#: What each outcome means to the author, in the order of the report.
_MEANINGS: dict[Outcome, str] = {
    "confirmed": "new, and gets the next issue",
    "pending": "new, and was asked by mail there",
    "unsubscribed": "new here; had left there, and gets nothing",
    "suppressed": "new here; bounced, complained or was blocked there, and is never mailed",
    "known": "known here already, and unchanged",
    "never mailed": "suppressed here, and left out",
    "no basis": "left out: nothing says that they agreed",
    "twice": "stands above in the file already",
    "invalid": "cannot be read",
}

#: Rows that are named one by one.
_SHOWN = 10


def register(family: typer.Typer) -> None:
    """Add these commands to those about readers."""
    family.command("import")(import_file)
    family.command("export")(export_file)


def import_file(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="CSV: ours, or as another service exports it.")
    ],
    basis: Annotated[
        str,
        typer.Option(metavar="TEXT", help="How you know that they agreed, where the file does not show it."),
    ] = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would happen, and change nothing.")
    ] = False,
    format_name: Annotated[
        str | None,
        typer.Option(
            "--format",
            metavar="NAME",
            help=f"Instead of what its columns say: {', '.join(f.name for f in FORMATS)}.",
        ),
    ] = None,
    site: SiteOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take in readers from a file. Who is known here is never changed, and nobody is written to."""
    with opening.opened(site) as opened:
        people = exchanging.people_file(opened, file, format_name)
        results = _import(opened, people, basis.strip(), dry_run=dry_run)
    counts = Counter(result.outcome for result in results)
    odd = [result for result in results if result.outcome == "invalid"]
    if as_json:
        rows = [{"line": one.line, "email": one.email, "reason": one.reason} for one in odd]
        print_json({"format": people.format.name, "dry_run": dry_run, "rows": counts, "invalid": rows})
        return
    say(
        f"{escape(file.name)} is a file of {people.format.name}."
        + (" Nothing was changed." if dry_run else "")
    )
    named = [(str(counts[name]), name, meaning) for name, meaning in _MEANINGS.items() if counts[name]]
    table("rows", "", "", rows=named)
    _warn(odd, counts["no basis"])


def export_file(
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="A new file; without it, to standard output.")
    ] = None,
    site: SiteOption = None,
) -> None:
    """Write all readers and the record of their consent as CSV, which `import` takes in again."""
    with opening.opened(site) as opened:
        if file is not None:
            exchanging.write_people(opened, file)
            return
        for piece in exchanging.export_people(opened):
            sys.stdout.write(piece)


def _import(site: Site, people: PeopleFile, basis: str, *, dry_run: bool) -> list[Result]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as bar:
        task = bar.add_task("Looking" if dry_run else "Taking in", total=people.rows)
        return exchanging.import_people(
            site, people, basis=basis, dry_run=dry_run, on_rows=lambda rows: bar.advance(task, rows)
        )


def _warn(odd: list[Result], without: int) -> None:
    for one in odd[:_SHOWN]:
        warn(f"line {one.line}: {escape(one.reason)}")
    if len(odd) > _SHOWN:
        warn(f"and {len(odd) - _SHOWN} more like these")
    if without:
        warn(
            f"{without} have nothing in the file that says that they agreed. If you know that they did,"
            ' import it once more with --basis "how you know"; it is filed with each of them.'
        )
