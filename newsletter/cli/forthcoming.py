"""What is to come: next, preview, check, test."""

import signal
from datetime import datetime
from pathlib import Path
from threading import Event
from typing import Annotated, Any

import typer
from rich.markup import escape

from newsletter.application import checking, forthcoming, opening, previewing
from newsletter.application.forthcoming import Forecast
from newsletter.cli.options import CadenceOption, JsonOption, SiteOption
from newsletter.cli.screen import count, out, print_json, problem_data, say, show_problems, table, when
from newsletter.issues.compiling import Verdict
from newsletter.preflight.rules import RULES, Rule, rule_named
from newsletter.site import Site


def register(app: typer.Typer) -> None:
    """Add these commands."""
    group = "See what is to come"
    app.command("next", rich_help_panel=group)(next_issue)
    app.command(rich_help_panel=group)(preview)
    app.command(rich_help_panel=group)(check)
    app.command("test", rich_help_panel=group)(send_test)


def next_issue(
    site: SiteOption = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Also list the posts that were sent, or were there from the start.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Show what the next issue of each cadence holds, and for every post why it is in or out."""
    with opening.opened(site) as opened:
        forecasts, problems = forthcoming.forecast(opened)
        if as_json:
            print_json([_forecast_data(forecast) for forecast in forecasts])
            return
        for forecast in forecasts:
            _show_forecast(forecast, opened.settings.newsletter.timezone, everything=everything)
        show_problems(problems)


def _forecast_data(forecast: Forecast) -> dict[str, Any]:
    return {
        "cadence": forecast.cadence,
        "due_at": forecast.due_at,
        "posts": [
            {
                "id": verdict.post.id,
                "title": verdict.post.title,
                "published_at": verdict.post.published_at,
                "included": verdict.included,
                "reason": verdict.reason,
            }
            for verdict in forecast.verdicts
        ],
    }


def _show_forecast(forecast: Forecast, zone: Any, *, everything: bool) -> None:
    shown = [verdict for verdict in forecast.verdicts if everything or _worth_showing(verdict)]
    say(
        f"[bold]{forecast.cadence}[/]  due {when(forecast.due_at, zone)}, {count(forecast.readers, 'reader')}"
    )
    if not any(verdict.included for verdict in shown):
        say("  nothing new: this issue would be skipped")
    if shown:
        table("", "date", "post", "why", rows=[_row(verdict, zone) for verdict in shown])
    if hidden := len(forecast.verdicts) - len(shown):
        say(f"[dim]{count(hidden, 'older post')} not shown; see them with --all[/]")
    say("")


def _worth_showing(verdict: Verdict) -> bool:
    return verdict.included or not verdict.settled


def _row(verdict: Verdict, zone: Any) -> tuple[str, str, str, str]:
    date: datetime | None = verdict.post.published_at
    shown = f"{date.astimezone(zone):%d %b %Y}" if date else "–"
    return ("in" if verdict.included else "out", shown, verdict.post.title, verdict.reason)


def preview(
    site: SiteOption = None,
    cadence: CadenceOption = None,
    folder: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="Where to write issue.html, issue.txt and issue.eml.")
    ] = Path("preview"),
    language: Annotated[
        str, typer.Option(metavar="CODE", help="For readers of this language, such as de, ja or ar.")
    ] = "",
    live: Annotated[
        bool,
        typer.Option("--live", help="Show it in a browser, drawn anew whenever you save. Ctrl-C ends it."),
    ] = False,
    port: Annotated[
        int, typer.Option(metavar="PORT", help="Where --live shows it; 0: any free port.")
    ] = 8026,
    open_it: Annotated[bool, typer.Option("--open", help="Open a browser with it.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Write the next issue as issue.html, issue.txt and issue.eml, exactly as it would be sent now."""
    with opening.opened(site) as opened:
        if live:
            _show_live(opened, cadence, language, port, open_it=open_it)
            return
        previewed = forthcoming.preview(opened, cadence=cadence, folder=folder, language=language)
    if open_it:
        typer.launch(str(previewed.files[0]))
    if as_json:
        print_json(
            {
                "subject": previewed.subject,
                "bytes": previewed.size,
                "files": [str(path) for path in previewed.files],
                "problems": [problem_data(problem) for problem in previewed.problems],
            }
        )
        return
    say(
        f"[bold]Subject[/]  {escape(previewed.subject)}",
        f"[bold]Size[/]     {previewed.size:,} bytes of HTML",
    )
    for path in previewed.files:
        say(f"         {escape(str(path))}")
    show_problems(previewed.problems)


def _show_live(opened: Site, cadence: str | None, language: str, port: int, *, open_it: bool) -> None:
    stop = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())

    def ready(address: str) -> None:
        say(f"The next issue, drawn anew whenever you save: {address}  (Ctrl-C ends it)")
        if open_it:
            typer.launch(address)

    previewing.show_live(opened, cadence=cadence, language=language, port=port, ready=ready, stop=stop)


def check(
    site: SiteOption = None,
    offline: Annotated[
        bool, typer.Option("--offline", help="Leave out the relay, DNS and the pages, as for a Git hook.")
    ] = False,
    explain: Annotated[
        str | None,
        typer.Option(metavar="RULE", help="Say why a rule matters and what to do; `all` for each."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Check settings, posts, templates, the next mail, the relay and DNS. Exit status 1 on a fault."""
    if explain is not None:
        _explain(explain, as_json=as_json)
        return
    with opening.opened(site) as opened:
        report = checking.check(opened, offline=offline)
    if as_json:
        print_json(
            {
                "ok": report.ok,
                "checked": list(report.checked),
                "not_checked": list(report.not_checked),
                "problems": [problem_data(problem) for problem in report.problems],
                "to_publish": [
                    {
                        "name": record.name,
                        "type": record.type,
                        "value": record.value,
                        "strings": record.strings,
                    }
                    for record in report.to_publish
                ],
            }
        )
    else:
        show_problems(report.problems, to=out)
        for line in report.checked:
            say(f"[green]✓[/] {escape(line)}")
        for line in report.not_checked:
            say(f"[dim]? {escape(line)}[/]")
        for record in report.to_publish:
            strings = " ".join(f'"{string}"' for string in record.strings)
            say(f"[bold]To publish in DNS:[/] {escape(record.name)} {record.type}", f"  {escape(strings)}")
    if not report.ok:
        raise typer.Exit(1)


def _explain(name: str, *, as_json: bool) -> None:
    rules = RULES.values() if name == "all" else [rule_named(name)]
    if as_json:
        print_json([{field: getattr(rule, field) for field in Rule.__slots__} for rule in rules])
        return
    for rule in rules:
        say(
            f"[bold]{rule.name}[/]  {rule.severity}", f"  {escape(rule.reason)}", f"  → {escape(rule.remedy)}"
        )


def send_test(
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="Where to send it.")],
    site: SiteOption = None,
    cadence: CadenceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Send the next issue to one address, its subject marked [TEST]. It counts as nothing sent."""
    with opening.opened(site) as opened:
        tested = forthcoming.send_test(opened, address, cadence=cadence)
    if as_json:
        print_json({"address": tested.address, "subject": tested.subject, "reply": str(tested.reply)})
    else:
        say(
            f"Sent “{escape(tested.subject)}” to {escape(tested.address)}. The relay said: {escape(str(tested.reply))}"
        )
