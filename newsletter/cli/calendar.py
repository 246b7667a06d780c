"""The calendar: simulate, calendar, approve, skip."""

from datetime import datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from rich.markup import escape

from newsletter.application import calendar, opening
from newsletter.application.calendar import Entry
from newsletter.cli.options import JsonOption, NumberArgument, SiteOption
from newsletter.cli.screen import begin_log, count, print_json, say, table, when
from newsletter.scheduling.simulating import Simulated

#: How a day is written.
DAY = ["%Y-%m-%d"]

RhythmOption = Annotated[
    str | None,
    typer.Option(
        "--cadence", metavar="C", help="Of this cadence; without it, of the default one.", show_default=False
    ),
]

#: How a kind of entry is shown.
_KINDS = {"skipped": "skipped", "missed": "missed", "ordered": "will be skipped", "coming": "due"}


def register(app: typer.Typer) -> None:
    """Add these commands."""
    group = "See what is to come"
    app.command("calendar", rich_help_panel=group)(show)
    app.command(rich_help_panel=group)(simulate)
    app.command(rich_help_panel="Send")(approve)
    app.command(rich_help_panel="Send")(skip)


def show(
    site: SiteOption = None,
    past: Annotated[int, typer.Option("--past", min=0, max=1000, help="So many entries of the past.")] = 10,
    coming: Annotated[
        int, typer.Option("--coming", min=0, max=100, help="So many to come, of each cadence.")
    ] = 3,
    as_json: JsonOption = False,
) -> None:
    """Show the issues that were and that come, and what was skipped or missed, and why."""
    with opening.opened(site) as opened:
        entries = calendar.entries(opened, past=past, coming=coming)
        zone = opened.settings.newsletter.timezone
    if as_json:
        print_json([_data(entry) for entry in entries])
    else:
        table("when", "cadence", "", "", "readers", rows=[_row(entry, zone) for entry in entries])


def _data(entry: Entry) -> dict[str, Any]:
    is_issue = entry.kind == "issue"
    return {
        "at": entry.at,
        "cadence": entry.cadence,
        "kind": entry.kind,
        "issue": entry.number,
        "subject": entry.words if is_issue else None,
        "reason": None if is_issue else entry.words or None,
        "readers": entry.readers,
    }


def _row(entry: Entry, zone: ZoneInfo) -> tuple[str, ...]:
    what = f"issue {entry.number}" if entry.kind == "issue" else _KINDS[entry.kind]
    readers = "" if entry.readers is None else f"{entry.readers:,}"
    return (when(entry.at, zone), entry.cadence or "all", what, entry.words, readers)


def simulate(
    first: Annotated[
        datetime,
        typer.Option(
            "--from", formats=DAY, metavar="DATE", help="The day on which the newsletter is taken to begin."
        ),
    ],
    last: Annotated[datetime, typer.Option("--to", formats=DAY, metavar="DATE", help="The last day.")],
    site: SiteOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show which issues would go out when, with which posts, to how many readers. Nothing is sent or written."""
    with opening.opened(site) as opened:
        found = calendar.simulate(opened, first.date(), last.date())
        zone = opened.settings.newsletter.timezone
    if as_json:
        print_json([_simulated_data(one) for one in found])
        return
    table("when", "cadence", "readers", "posts", "", rows=[_simulated_row(one, zone) for one in found])
    made = [one for one in found if one.posts]
    posts = len({post for one in made for post in one.posts})
    say(f"[dim]{count(len(made), 'issue')} with {count(posts, 'post')}, {len(found) - len(made)} skipped[/]")


def _simulated_data(one: Simulated) -> dict[str, Any]:
    return {
        "at": one.at,
        "cadence": one.cadence,
        "posts": list(one.posts),
        "readers": one.readers,
        "skipped": one.skipped,
    }


def _simulated_row(one: Simulated, zone: ZoneInfo) -> tuple[str, ...]:
    return (
        when(one.at, zone),
        one.cadence,
        f"{one.readers:,}",
        str(len(one.posts)),
        ", ".join(one.posts) + (f" ({one.skipped})" if one.skipped and one.posts else one.skipped or ""),
    )


def approve(number: NumberArgument, site: SiteOption = None) -> None:
    """Let an issue go that waits for your word: at its time, or now when that has passed."""
    with opening.opened(site) as opened:
        begin_log(opened)
        issue, due = calendar.approve(opened, number)
        zone = opened.settings.newsletter.timezone
    goes = f"goes on {when(due, zone)}" if due else "may go now"
    say(f"Issue {issue.number} {goes}: {escape(issue.subject)}")
    say("[dim]`newsletter serve` delivers it where that runs, and else `newsletter send`.[/]")


def skip(
    site: SiteOption = None,
    cadence: RhythmOption = None,
    undo: Annotated[bool, typer.Option("--undo", help="Take that back.")] = False,
) -> None:
    """Let the next issue be left out; its posts go with the one after it."""
    with opening.opened(site) as opened:
        begin_log(opened)
        name, at = calendar.unskip(opened, cadence) if undo else calendar.skip(opened, cadence)
        zone = opened.settings.newsletter.timezone
    if undo:
        say(f"The {name} issue of {when(at, zone)} will be made.")
        return
    say(f"The {name} issue of {when(at, zone)} is left out. Its posts go with the one after it.")
    say("[dim]`newsletter skip --undo` takes that back.[/]")
