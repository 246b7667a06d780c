"""demo: the whole journey on this machine, told while it happens."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from newsletter.application import opening, sending
from newsletter.cli.screen import count, out, say, show_problems, table
from newsletter.cli.sending import deliver_with_bar
from newsletter.demo import journey
from newsletter.demo.mailbox import Arrived, open_mailbox
from newsletter.outbox.messages.opened import open_mail


def demo(
    directory: Annotated[
        Path, typer.Argument(metavar="[DIR]", help="Where to make the demonstration's site.")
    ] = Path("demo"),
) -> None:
    """The whole journey on this machine, nothing to configure: posts, readers, a mail server, one send."""
    stage = journey.set_stage(directory)
    shown = _short(stage.directory)
    if stage.fresh:
        readers = len(journey.made_up_readers())
        say(f"[bold]1[/]  A site is made in {shown}: posts, settings, {count(readers, 'reader')} who agreed.")
    else:
        say(f"[bold]1[/]  The site in {shown} is there from an earlier run.")
    with open_mailbox(stage.mail) as (mailbox, port), opening.opened(stage.directory) as site:
        say(f"[bold]2[/]  A mail server takes mail on 127.0.0.1:{port}; nothing leaves this machine.")
        site = journey.through(site, port)
        outcome = sending.make_issue(site, sending.Wish())
        if outcome.issue is None:
            say(f"[bold]3[/]  Nothing is sent: {outcome.skipped}.")
            _show_posts_at_fault(outcome)
            _show_what_next(shown)
            return
        say(f"[bold]3[/]  Issue {outcome.issue.number} is frozen: [bold]{escape(outcome.issue.subject)}[/]")
        outcome = deliver_with_bar(site, outcome)
        if outcome.stopped is not None:
            raise outcome.stopped
        arrived = sorted(mailbox.arrived, key=lambda mail: mail.recipient)
    say(f"[bold]4[/]  {count(outcome.counts.sent, 'mail')} handed over. What arrived:", "")
    _show_mail(arrived)
    say("", "[bold]5[/]  One of them to look at, as HTML, as text, and as it came:")
    for path in _take_apart(arrived[0]):
        say(f"   {_short(path)}")
    _show_posts_at_fault(outcome)
    _show_what_next(shown)


def _show_mail(arrived: list[Arrived]) -> None:
    rows = []
    for mail in arrived:
        to = open_mail(mail.path.read_bytes()).message["To"].addresses[0]
        rows.append((to.display_name, to.addr_spec, f"{mail.size / 1000:,.1f} kB"))
    table("reader", "address", "size", rows=rows)


def _take_apart(mail: Arrived) -> list[Path]:
    """Write the HTML and the text of a mail beside it, so that a browser can show them."""
    opened = open_mail(mail.path.read_bytes())
    files = {mail.path.with_suffix(".html"): opened.html, mail.path.with_suffix(".txt"): opened.text}
    for path, content in files.items():
        path.write_text(content, encoding="utf-8")
    return [*files, mail.path]


def _show_posts_at_fault(outcome: sending.Sent) -> None:
    if outcome.problems:
        say("", "What is wrong with the posts, which stops none of the others:")
        show_problems(outcome.problems, to=out)


def _show_what_next(directory: str) -> None:
    newsletter = _short(Path(sys.executable).with_name("newsletter"))
    suggestions = {
        "make demo": "once more: nothing is sent twice",
        f"{newsletter} next --site {directory}": "every post, and why it is in or out",
        f"{newsletter} issues --site {directory}": "what was sent",
        f"{newsletter} check --site {directory}": "what would spoil the next mail",
        f"{newsletter} init my-letter": "a site of your own",
    }
    say("", "Next, try:")
    table("", "", rows=[(f"  {command}", meaning) for command, meaning in suggestions.items()])
    say(f"  or write a post into {directory}/posts, and make demo again")


def _short(path: Path) -> str:
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
