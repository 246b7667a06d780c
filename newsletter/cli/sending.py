"""Sending: send, issues, issue."""

import sys
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from newsletter.application import opening, sending
from newsletter.application.sending import IssueReport, Sent
from newsletter.cli.options import CadenceOption, JsonOption, SiteOption
from newsletter.cli.screen import count, err, print_json, say, show_problems, table, warn, when
from newsletter.site import Site


def register(app: typer.Typer) -> None:
    """Add these commands."""
    group = "Send"
    app.command(rich_help_panel=group)(send)
    app.command(rich_help_panel=group)(issues)
    app.command(rich_help_panel=group)(issue)


def send(
    site: SiteOption = None,
    cadence: CadenceOption = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before sending.")] = False,
    no_wait: Annotated[
        bool, typer.Option("--no-wait", help="Freeze and queue the issue; the next send delivers it.")
    ] = False,
    include_existing: Annotated[
        bool,
        typer.Option(
            "--include-existing", help="Also send the posts that were there when the newsletter began."
        ),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Compile, freeze and deliver now. An interrupted send is continued by the next one."""
    with opening.opened(site) as opened:
        if not (yes or as_json) and sys.stdin.isatty() and err.is_terminal:
            _ask(opened, cadence, include_existing=include_existing)
        outcome = sending.make_issue(opened, cadence=cadence, include_existing=include_existing)
        if not no_wait:
            outcome = deliver_with_bar(opened, outcome)
        present(outcome, opened, as_json=as_json)
    if outcome.stopped is not None:
        raise outcome.stopped


def _ask(opened: Site, cadence: str | None, *, include_existing: bool) -> None:
    intent = sending.intention(opened, cadence=cadence, include_existing=include_existing)
    if intent is None:
        return
    say(f"[bold]{escape(intent.subject)}[/]")
    for title in intent.titles:
        say(f"  {escape(title)}")
    typer.confirm(f"Send this to {count(intent.readers, 'reader')}?", abort=True)


def deliver_with_bar(opened: Site, outcome: Sent) -> Sent:
    """Deliver what is due; the bar shows on a terminal only."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=err, disable=not err.is_terminal) as bar:
        total = outcome.counts.total if outcome.counts else None
        task = bar.add_task("Sending", total=total, rate="")

        def advance(done: int) -> None:
            bar.advance(task, done)
            speed = bar.tasks[task].speed
            bar.update(task, rate=f"{speed:,.0f}/s" if speed else "")

        return sending.deliver(opened, outcome, on_progress=advance)


def present(outcome: Sent, opened: Site, *, as_json: bool) -> None:
    """Show what became of a send."""
    show_problems(outcome.problems)
    if as_json:
        print_json(
            {
                "issue": outcome.issue.number if outcome.issue else None,
                "skipped": outcome.skipped,
                "deliveries": outcome.counts.as_dict(),
            }
        )
        return
    if outcome.issue is None:
        zone = opened.settings.newsletter.timezone
        say(f"Nothing sent: {outcome.skipped}.")
        for name, due in outcome.next_due:
            say(f"[dim]{name} is next due {when(due, zone)}[/]")
        return
    resumed = " (continued)" if outcome.continued else ""
    say(f"[bold]Issue {outcome.issue.number}[/]{resumed}  {escape(outcome.issue.subject)}")
    say("  " + _counted(outcome.counts.as_dict()))
    if outcome.counts.queued and outcome.stopped is None:
        warn(
            f"{count(outcome.counts.queued, 'delivery')} still queued; the next `newsletter send` goes on with them."
        )


def _counted(counts: dict[str, int]) -> str:
    return ", ".join(f"{number:,} {status}" for status, number in counts.items() if number) or "no deliveries"


def issues(site: SiteOption = None, as_json: JsonOption = False) -> None:
    """List the issues, and the ones that were skipped."""
    with opening.opened(site) as opened:
        reports = sending.issues(opened)
        skips = sending.skips(opened)
        zone = opened.settings.newsletter.timezone
    if as_json:
        print_json([_issue_data(report) for report in reports])
        return
    table(
        "issue",
        "made",
        "cadence",
        "subject",
        "status",
        "deliveries",
        rows=[
            (
                str(report.issue.number),
                when(report.issue.created_at, zone),
                report.issue.cadence or "all",
                report.issue.subject,
                report.status,
                _counted(report.counts.as_dict()),
            )
            for report in reports
        ],
    )
    for skip in skips:
        say(f"[dim]skipped {when(skip.skipped_at, zone)}: {escape(skip.reason)}[/]")


def issue(
    number: Annotated[int, typer.Argument(metavar="N", help="The issue's number.")],
    site: SiteOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show one issue: its posts, and what became of its deliveries."""
    with opening.opened(site) as opened:
        report = sending.issue(opened, number)
        zone = opened.settings.newsletter.timezone
    if as_json:
        print_json(_issue_data(report))
        return
    say(
        f"[bold]Issue {report.issue.number}[/]  {escape(report.issue.subject)}",
        f"made {when(report.issue.created_at, zone)} for {report.issue.cadence or 'every reader'}, {report.status}",
        _counted(report.counts.as_dict()),
    )
    for post in report.posts:
        say(f"  {escape(post)}")


def _issue_data(report: IssueReport) -> dict[str, Any]:
    return {
        "number": report.issue.number,
        "cadence": report.issue.cadence,
        "scheduled_for": report.issue.scheduled_for,
        "subject": report.issue.subject,
        "status": report.status,
        "posts": list(report.posts),
        "deliveries": report.counts.as_dict(),
    }
