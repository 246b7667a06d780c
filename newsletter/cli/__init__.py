"""The command line: each command parses its words, calls one use case, and presents what came of it.

Exit status: 0 done, 1 refused or failed (the reason is on standard error), 2 wrong usage.
"""

import sys
from importlib.metadata import version
from typing import Annotated

import typer

from newsletter.cli import (
    calendar,
    databases,
    forthcoming,
    issues,
    people,
    receiving,
    sending,
    serving,
    starting,
    steering,
)
from newsletter.cli.screen import complain, say
from newsletter.errors import NewsletterError
from subscribers.errors import SubscribersError

app = typer.Typer(
    name="newsletter",
    help="An e-mail newsletter from a folder of posts: every reader gets every post once.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
for family in (
    starting,
    forthcoming,
    calendar,
    sending,
    issues,
    steering,
    serving,
    people,
    receiving,
    databases,
):
    family.register(app)


def _tell_version(is_asked: bool) -> None:
    if is_asked:
        say(f"newsletter {version('newsletter-publisher')}")
        raise typer.Exit


_VersionOption = Annotated[
    bool, typer.Option("--version", callback=_tell_version, is_eager=True, help="Say which version this is.")
]


@app.callback()
def _options(_version: _VersionOption = False) -> None:
    """Take what stands before a command."""


def main() -> None:
    """Run one command; every error that we know becomes a sentence and exit status 1."""
    try:
        app()
    except (NewsletterError, SubscribersError) as error:
        complain(str(error))
        sys.exit(1)
