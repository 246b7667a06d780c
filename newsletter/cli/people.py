"""The readers: subscribers list, show, add, remove, disclose, erase."""

from typing import Annotated, Any

import typer
from rich.markup import escape

from newsletter.application import opening, people
from newsletter.cli import exchanging
from newsletter.cli.options import JsonOption, SiteOption
from newsletter.cli.screen import count, print_json, say, table, warn, when
from subscribers.roster import Subscriber


def register(app: typer.Typer) -> None:
    """Add these commands."""
    family = typer.Typer(help="List, show, add, remove and erase readers.", no_args_is_help=True)
    family.command("list")(list_all)
    family.command()(show)
    family.command()(add)
    family.command()(remove)
    family.command()(disclose)
    family.command()(erase)
    exchanging.register(family)
    app.add_typer(family, name="subscribers", rich_help_panel="Look after it")


Email = Annotated[str, typer.Argument(metavar="EMAIL", help="The reader's address.")]


def list_all(
    site: SiteOption = None,
    status: Annotated[
        str | None, typer.Option(metavar="STATUS", help="Only pending, confirmed or unsubscribed ones.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """List the readers."""
    with opening.opened(site) as opened:
        readers = people.subscribers(opened, status=status)
        if as_json:
            print_json([_data(reader) for reader in readers])
            return
        table(
            "address",
            "name",
            "status",
            "cadence",
            "topics",
            rows=[(r.email, r.name, r.status, r.cadence, ", ".join(r.topics) or "all") for r in readers],
        )
        say(f"[dim]{count(len(readers), 'reader')}[/]")


def show(email: Email, site: SiteOption = None, as_json: JsonOption = False) -> None:
    """Show one reader: what they chose, and the record of their consent."""
    with opening.opened(site) as opened:
        reader, consents, suppressed = people.subscriber(opened, email)
        zone = opened.settings.newsletter.timezone
    if as_json:
        acts = [
            {"at": c.happened_at, "act": c.act, "how": c.how, "source": c.source, "wording": c.wording}
            for c in consents
        ]
        print_json(_data(reader) | {"suppressed": suppressed, "consent": acts})
        return
    table("", "", rows=[(name, _words(value)) for name, value in _data(reader).items()])
    if suppressed:
        warn("This address is suppressed: it is never mailed.")
    table(
        "when",
        "consent",
        "how",
        "evidence",
        rows=[
            (when(c.happened_at, zone), c.act, c.how, " ".join((c.wording, c.source)).strip())
            for c in consents
        ],
    )


def add(
    email: Email,
    name: Annotated[str, typer.Option(metavar="N", help="How the reader is called.")] = "",
    cadence: Annotated[str | None, typer.Option(metavar="C", help="How often they want to hear.")] = None,
    topics: Annotated[str, typer.Option(metavar="A,B", help="Only posts with one of these tags.")] = "",
    timezone: Annotated[str | None, typer.Option(metavar="Z", help="Where their clock stands.")] = None,
    language: Annotated[str | None, typer.Option(metavar="L", help="Their language.")] = None,
    confirmed: Annotated[
        bool, typer.Option("--confirmed", help="They agreed already: do not ask by mail. Needs --why.")
    ] = False,
    why: Annotated[
        str, typer.Option(metavar="TEXT", help="How you know that they agreed; kept as evidence.")
    ] = "",
    site: SiteOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add a reader. Without --confirmed they are asked by mail and get nothing until they say yes."""
    if confirmed and not why.strip():
        raise typer.BadParameter("say with --why how you know that they agreed", param_hint="--confirmed")
    with opening.opened(site) as opened:
        reader, asked = people.add_subscriber(
            opened,
            email,
            name=name,
            cadence=cadence,
            topics=tuple(topic.strip() for topic in topics.split(",") if topic.strip()),
            timezone=timezone,
            language=language,
            why=why if confirmed else None,
        )
    if as_json:
        print_json(_data(reader))
    elif reader.status == "confirmed":
        say(f"{escape(reader.email)} is a confirmed reader ({reader.cadence}).")
    elif asked:
        say(f"{escape(reader.email)} was asked by mail to confirm, and gets nothing until then.")
    if not asked and reader.status != "confirmed":
        warn(
            f"{escape(reader.email)} is noted; the mail that asks them to confirm waits in the outbox,"
            " because the relay cannot be reached. It goes with the next `newsletter send`."
        )


def remove(email: Email, site: SiteOption = None) -> None:
    """Unsubscribe a reader at once. The record of their consent stays."""
    with opening.opened(site) as opened:
        reader = people.remove_subscriber(opened, email)
    say(f"{escape(reader.email)} is unsubscribed and gets nothing more.")


def disclose(email: Email, site: SiteOption = None) -> None:
    """Print all that is kept of a reader, as JSON: what they may ask for by law, and find on their own page."""
    with opening.opened(site) as opened:
        print_json(people.disclose(opened, email))


def erase(
    email: Email,
    site: SiteOption = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask whether you mean it.")] = False,
) -> None:
    """Forget a reader for good, with all evidence. Only a keyed hash stays, so that they are never mailed again."""
    if not yes:
        typer.confirm(f"Erase {email}? This cannot be undone", abort=True, err=True)
    with opening.opened(site) as opened:
        people.erase_subscriber(opened, email)
    say(f"{escape(email)} is erased, and will never be mailed again.")


def _data(reader: Subscriber) -> dict[str, Any]:
    return {
        "email": reader.email,
        "name": reader.name,
        "status": reader.status,
        "cadence": reader.cadence,
        "topics": list(reader.topics),
        "timezone": reader.timezone,
        "language": reader.language,
        "created_at": reader.created_at,
    }


def _words(value: object) -> str:
    return ", ".join(value) or "all" if isinstance(value, list) else str(value)
