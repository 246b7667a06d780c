"""Serving: serve."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from types import FrameType
from typing import Annotated

import typer

from newsletter.application import opening
from newsletter.application.serving import conductor
from newsletter.application.serving.conductor import ROLES
from newsletter.cli.options import SiteOption
from newsletter.cli.screen import begin_log


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command(rich_help_panel="Send")(serve)


def serve(
    only: Annotated[
        str,
        typer.Option("--only", metavar="ROLES", help=f"Some of the roles, by commas: {', '.join(ROLES)}."),
    ] = ",".join(ROLES),
    verbose: Annotated[
        bool, typer.Option("--verbose", help="Log every refusal, by the reader's domain.")
    ] = False,
    site: SiteOption = None,
) -> None:
    """Make issues, deliver them, show the pages and take mail, until told to stop. Any number share the work."""
    roles = _read_roles(only)
    with _told_to_stop() as stop, opening.opened_without_database(site) as opened:
        begin_log(opened, terminal="text")
        conductor.serve(opened, roles, stop, verbose=verbose)


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


def _read_roles(words: str) -> list[str]:
    """Return the roles that are named, in the order in which they are begun."""
    named = [word.strip() for word in words.split(",") if word.strip()]
    if unknown := [word for word in named if word not in ROLES]:
        raise typer.BadParameter(
            f"{unknown[0]!r} is no role; there are {', '.join(ROLES)}", param_hint="--only"
        )
    if not named:
        raise typer.BadParameter(f"name at least one of {', '.join(ROLES)}", param_hint="--only")
    return [role for role in ROLES if role in named]
