"""Serving: serve."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from types import FrameType
from typing import Annotated

import typer

from newsletter.application import opening, serving
from newsletter.cli.options import SiteOption
from newsletter.cli.screen import begin_log
from newsletter.errors import NewsletterError

#: All roles that there will be, and those that this version has.
ROLES, READY = ("web", "schedule", "deliver", "inbound"), ("deliver",)


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command(rich_help_panel="Send")(serve)


def serve(
    only: Annotated[
        str,
        typer.Option("--only", metavar="ROLES", help="Which roles, by commas. This version has: deliver."),
    ] = ",".join(ROLES),
    verbose: Annotated[
        bool, typer.Option("--verbose", help="Log every refusal, by the reader's domain.")
    ] = False,
    site: SiteOption = None,
) -> None:
    """Deliver whatever comes due, until it is told to stop. Any number of them share the work."""
    _refuse_others([role.strip() for role in only.split(",")])
    with _told_to_stop() as stop, opening.opened_without_database(site) as opened:
        begin_log(opened, terminal="text")
        serving.deliver(opened, stop, verbose=verbose)


@contextmanager
def _told_to_stop() -> Iterator[Event]:
    """Yield what is set when somebody wants us to end. Who asks twice does not want to wait."""
    stop = Event()

    def end(number: int, _frame: FrameType | None) -> None:
        stop.set()
        signal.signal(number, signal.SIG_DFL)

    before = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _refuse_others(roles: list[str]) -> None:
    if unknown := [role for role in roles if role not in ROLES]:
        raise typer.BadParameter(
            f"{unknown[0]!r} is no role; there are {', '.join(ROLES)}", param_hint="--only"
        )
    if later := [role for role in roles if role not in READY]:
        raise NewsletterError(
            f"This version of `newsletter serve` does not have the roles: {', '.join(later)}.",
            remedy="It delivers: newsletter serve --only deliver",
        )
