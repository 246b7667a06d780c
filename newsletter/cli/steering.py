"""Steering: pause, resume, cancel, resolve."""

from typing import Annotated

import typer
from rich.markup import escape

from newsletter.application import opening, steering
from newsletter.cli.options import NumberArgument, SiteOption
from newsletter.cli.screen import begin_log, count, counted, err, say

ReasonOption = Annotated[
    str, typer.Option("--reason", metavar="TEXT", help="Why; it is shown with the issue.", show_default=False)
]


def register(app: typer.Typer) -> None:
    """Add these commands."""
    group = "Send"
    for command in (pause, resume, cancel, resolve):
        app.command(rich_help_panel=group)(command)


def pause(number: NumberArgument, reason: ReasonOption = "by hand", site: SiteOption = None) -> None:
    """Stop sending an issue until it is resumed. What is on the wire this moment still goes out."""
    with opening.opened(site) as opened:
        begin_log(opened)
        counts = steering.pause(opened, number, reason)
    say(f"Issue {number} is paused: {escape(reason)}.", "  " + counted(counts.as_dict()))
    say(f"[dim]`newsletter resume {number}` goes on with it.[/]")


def resume(number: NumberArgument, site: SiteOption = None) -> None:
    """Go on with a paused issue: the next send does, or serve, where that runs."""
    with opening.opened(site) as opened:
        begin_log(opened)
        counts = steering.resume(opened, number)
    say(f"Issue {number} may go on.", "  " + counted(counts.as_dict()))
    say("[dim]`newsletter send` delivers it now; where `newsletter serve` runs, that does.[/]")


def cancel(number: NumberArgument, reason: ReasonOption = "by hand", site: SiteOption = None) -> None:
    """Stop sending an issue for good. Who did not get it gets its posts with the next one."""
    with opening.opened(site) as opened:
        begin_log(opened)
        with err.status("Cancelling; nothing more goes out"):
            cancelled, counts = steering.cancel(opened, number, reason)
    say(f"Issue {number} is cancelled: {escape(reason)}.", "  " + counted(counts.as_dict()))
    if cancelled.returned:
        say(f"  Its posts come with the next issue for {count(cancelled.returned, 'reader')}.")


def resolve(
    number: NumberArgument,
    addresses: Annotated[
        list[str] | None,
        typer.Argument(metavar="[ADDRESS]...", help="Only for these readers.", show_default=False),
    ] = None,
    again: Annotated[bool, typer.Option("--again", help="Send them again.")] = False,
    sent: Annotated[bool, typer.Option("--sent", help="Count them as sent.")] = False,
    site: SiteOption = None,
) -> None:
    """Settle what is in doubt: the relay may have taken these messages, or not. `issue N` lists them."""
    if again == sent:
        raise typer.BadParameter("say what is to become of them: --again or --sent")
    with opening.opened(site) as opened:
        begin_log(opened)
        settled, counts = steering.resolve(opened, number, addresses or [], again=again)
        state = steering.state(opened, number)
    what = (
        "counted as sent"
        if sent
        else "cancelled, as the issue is"
        if state == "cancelled"
        else "queued again"
    )
    say(f"Issue {number}: {count(settled, 'delivery')} {what}.", "  " + counted(counts.as_dict()))
