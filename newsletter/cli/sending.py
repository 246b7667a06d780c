"""Sending: send, with the time to undo it."""

import sys
from dataclasses import replace
from typing import Annotated

import typer
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from newsletter.application import opening, reporting, sending, steering
from newsletter.application.sending import Intention, Sent, Wish
from newsletter.cli.options import CadenceOption, JsonOption, SiteOption
from newsletter.cli.screen import begin_log, count, counted, err, print_json, say, show_problems, warn, when
from newsletter.errors import NewsletterError
from newsletter.outbox.enquiry import Waiting
from newsletter.outbox.queue import Counts
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
    post: Annotated[
        list[str] | None,
        typer.Option(
            "--post",
            metavar="POST",
            help="Only this post, by its id or path; may be repeated.",
            show_default=False,
        ),
    ] = None,
    hold: Annotated[
        bool,
        typer.Option("--hold", help="Freeze it and mail it to the author; `newsletter approve` lets it go."),
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be sent, and do nothing.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Compile, freeze and deliver now. An interrupted send is continued by the next one."""
    wish = Wish(cadence, tuple(post or ()), include_existing, undo, hold)
    with opening.opened(site) as opened:
        begin_log(opened)
        if dry_run:
            _show_intention(sending.intention(opened, wish), as_json=as_json)
            return
        if not (yes or as_json) and sys.stdin.isatty() and err.is_terminal:
            _ask(opened, wish)
        outcome = sending.make_issue(opened, wish)
        if not (no_wait or hold):
            outcome = _let_undo(opened, outcome)
            if outcome.stopped is None:
                outcome = _deliver(opened, outcome)
        present(outcome, opened, as_json=as_json)
        _show_waiting(opened, outcome)
    if outcome.stopped is not None:
        raise outcome.stopped


def _ask(opened: Site, wish: Wish) -> None:
    intent = sending.intention(opened, wish)
    if isinstance(intent, str):
        return
    _show(intent)
    undo = opened.settings.schedule.undo if wish.undo is None else wish.undo
    window = f" It can be undone for {undo} s." if undo else ""
    typer.confirm(f"Send this to {count(intent.readers, 'reader')}?{window}", abort=True)


def _show(intent: Intention) -> None:
    say(f"[bold]{escape(intent.subject)}[/]")
    for title in intent.titles:
        say(f"  {escape(title)}")
    if intent.others:
        say(
            f"[dim]  and {count(intent.others, 'other rendering')}, for readers of other posts or languages[/]"
        )


def _show_intention(intent: Intention | str, *, as_json: bool) -> None:
    """Say what a send would do."""
    would = None if isinstance(intent, str) else intent
    if as_json:
        print_json(
            {
                "issue": None,
                "skipped": intent if isinstance(intent, str) else "dry run",
                "deliveries": Counts().as_dict(),
                "would": would
                and {"subject": would.subject, "posts": would.titles, "readers": would.readers},
            }
        )
    elif would is None:
        say(f"Nothing would be sent: {intent}.")
    else:
        _show(would)
        say(f"This would go to {count(would.readers, 'reader')}. Nothing was sent or written.")


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
    if one.state == "held":
        return (
            f"Issue {one.number} waits for approval: {waiting} queued.\n"
            f"  `newsletter approve {one.number}` lets it go, `newsletter cancel {one.number}` does not."
        )
    if one.state == "paused":
        return (
            f"Issue {one.number} is paused: {escape(one.reason)}\n  {waiting} waiting; "
            f"`newsletter resume {one.number}` goes on, `newsletter cancel {one.number}` leaves it."
        )
    due = when(one.due_at, opened.settings.newsletter.timezone, seconds=True)
    return f"Issue {one.number}: {waiting} queued, due from {due}; `newsletter send` or `serve` goes on then."
