"""Sending: send, with the time to undo it."""

import sys
from dataclasses import replace
from typing import Annotated

import typer
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from newsletter.application import opening, reporting, sending, steering
from newsletter.application.sending import Sent
from newsletter.cli.options import CadenceOption, JsonOption, SiteOption
from newsletter.cli.screen import begin_log, count, counted, err, print_json, say, show_problems, warn, when
from newsletter.errors import NewsletterError
from newsletter.outbox.enquiry import Waiting
from newsletter.settings.sections import LONGEST_UNDO
from newsletter.site import Site


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command(rich_help_panel="Send")(send)


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
    undo: Annotated[
        int | None,
        typer.Option(
            "--undo",
            metavar="SECONDS",
            min=0,
            max=LONGEST_UNDO,
            help="Begin that much later; until then Ctrl-C, or `newsletter cancel`, undoes it.",
            show_default=False,
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Compile, freeze and deliver now. An interrupted send is continued by the next one."""
    with opening.opened(site) as opened:
        begin_log(opened)
        if not (yes or as_json) and sys.stdin.isatty() and err.is_terminal:
            _ask(opened, cadence, include_existing=include_existing)
        outcome = sending.make_issue(opened, cadence=cadence, include_existing=include_existing, undo=undo)
        if not no_wait:
            outcome = _let_undo(opened, outcome)
            if outcome.stopped is None:
                outcome = _deliver(opened, outcome)
        present(outcome, opened, as_json=as_json)
        _show_waiting(opened, outcome)
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


def _let_undo(opened: Site, outcome: Sent) -> Sent:
    """Wait until the issue may go out; Ctrl-C cancels it."""
    if outcome.issue is None or outcome.due_at is None:
        return outcome
    number = outcome.issue.number
    try:
        with err.status("Waiting") as status:
            for left in sending.undo_window(opened, outcome):
                status.update(f"Sending in {left} s; Ctrl-C to undo")
    except KeyboardInterrupt:
        _, counts = steering.cancel(opened, number, "undone")
        return replace(outcome, counts=counts, stopped=sending.undone(number))
    return outcome


def _deliver(opened: Site, outcome: Sent) -> Sent:
    try:
        return deliver_with_bar(opened, outcome)
    except KeyboardInterrupt:
        if outcome.issue is None:
            raise
        number = outcome.issue.number
        raise NewsletterError(
            f"Interrupted; what is not sent of issue {number} stays queued.",
            remedy=f"`newsletter send` goes on with it, `newsletter cancel {number}` stops it for good.",
        ) from None


def deliver_with_bar(opened: Site, outcome: Sent) -> Sent:
    """Deliver what is due; the bar shows on a terminal only."""
    if not err.is_terminal:
        return sending.deliver(opened, outcome)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    counts = outcome.counts
    with Progress(*columns, console=err) as bar:
        task = bar.add_task(
            "Sending", total=counts.total or None, completed=counts.total - counts.open, rate=""
        )

        def advance(done: int) -> None:
            bar.advance(task, done)
            speed = bar.tasks[task].speed
            if speed and not bar.finished:  # what was cancelled meanwhile comes all at once, at the end
                bar.update(task, rate=f"{speed:,.0f}/s")

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
    zone = opened.settings.newsletter.timezone
    if outcome.issue is None:
        say(f"Nothing sent: {outcome.skipped}.")
        for name, due in outcome.next_due:
            say(f"[dim]{name} is next due {when(due, zone)}[/]")
        return
    resumed = " (continued)" if outcome.continued else ""
    say(f"[bold]Issue {outcome.issue.number}[/]{resumed}  {escape(outcome.issue.subject)}")
    say("  " + counted(outcome.counts.as_dict()))


def _show_waiting(opened: Site, outcome: Sent) -> None:
    """Tell of issues that wait, and what to type; the one that was stopped just now is told of anyway."""
    stopped = outcome.issue.number if outcome.issue and outcome.stopped else None
    for one in reporting.waiting(opened):
        if one.number != stopped:
            warn(_waits(one, opened))


def _waits(one: Waiting, opened: Site) -> str:
    waiting = count(one.queued, "delivery")
    if one.due_at is None and one.state == "open":
        return f"Issue {one.number}: {waiting} queued; the next `newsletter send` goes on with them."
    if one.state == "paused":
        return (
            f"Issue {one.number} is paused: {escape(one.reason)}\n  {waiting} waiting; "
            f"`newsletter resume {one.number}` goes on, `newsletter cancel {one.number}` leaves it."
        )
    due = when(one.due_at, opened.settings.newsletter.timezone, seconds=True)
    return f"Issue {one.number}: {waiting} queued, due from {due}; `newsletter send` or `serve` goes on then."
