"""Receiving: receive.

The exit status is for mail servers (sysexits.h): 0 taken; 75 not now, keep it and try again; 67 nobody here has this
address; 65 not taken, and never will be. With --dry-run it is that of every other command.
"""

import sys
from typing import Annotated

import typer
from rich.markup import escape

from newsletter.application import opening, receiving
from newsletter.cli.options import JsonOption, SiteOption
from newsletter.cli.screen import begin_log, complain, print_json, say
from newsletter.errors import NewsletterError
from newsletter.inbound.deciding import Decision
from newsletter.inbound.incoming import Incoming, read
from newsletter.site import Site
from subscribers.errors import SubscribersError

_NOT_TAKEN, _NOBODY, _LATER = 65, 67, 75


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command(rich_help_panel="Look after it")(receive)


def receive(
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Say what the message is and what would be done, and do nothing."),
    ] = False,
    sender: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="The sender of the message's envelope, where it is known."),
    ] = None,
    recipient: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="The recipient, where it is known: it counts, not the headers."),
    ] = None,
    site: SiteOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take one message on standard input, as a mail server or procmail gives it: a command, a report or a reply."""
    if dry_run:
        with opening.opened_without_database(site) as opened:
            _show(receiving.foresee(opened, _read(opened, sender, recipient)), as_json=as_json)
        return
    try:
        with opening.opened(site) as opened:
            begin_log(opened)
            decision = receiving.receive(opened, _read(opened, sender, recipient))
    except (NewsletterError, SubscribersError) as error:
        complain(str(error))
        raise typer.Exit(_LATER) from error
    except (
        Exception
    ) as error:  # a mail server would send the message back to its sender for what is our fault
        complain(f"{type(error).__name__}: {error}")
        raise typer.Exit(_LATER) from error
    if as_json:
        _show(decision, as_json=True)
    if decision.refusal is not None:
        complain(f"{decision.refusal.status} {decision.refusal.words}")
        raise typer.Exit(_NOT_TAKEN if decision.refusal.status == "5.3.4" else _NOBODY)


def _read(site: Site, sender: str | None, recipient: str | None) -> Incoming:
    """Read the message, and no more of it than shows that it is too large."""
    raw = sys.stdin.buffer.read(site.settings.inbound.largest_octets + 1)
    return read(raw, sender=sender, recipient=recipient)


def _show(decision: Decision, *, as_json: bool) -> None:
    facts = {name: getattr(decision, name) for name in ("kind", "address", "status", "action", "reason")}
    if as_json:
        print_json(facts)
        return
    about = f" ({escape(decision.address)})" if decision.address else ""
    code = f" {decision.status}" if decision.status else ""
    say(f"{decision.kind}{code}{about}: {decision.action}, since {escape(decision.reason)}")
