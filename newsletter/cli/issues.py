"""What was sent: issues, issue."""

from dataclasses import asdict
from typing import Any

import typer
from rich.markup import escape

from newsletter.application import opening, reporting
from newsletter.application.reporting import Details, IssueReport
from newsletter.cli.options import JsonOption, NumberArgument, SiteOption
from newsletter.cli.screen import count, counted, print_json, say, table, when

#: How many deliveries in doubt a person is shown.
_SHOWN = 20


def register(app: typer.Typer) -> None:
    """Add these commands."""
    group = "Send"
    app.command(rich_help_panel=group)(issues)
    app.command(rich_help_panel=group)(issue)


def issues(site: SiteOption = None, as_json: JsonOption = False) -> None:
    """List the issues, and the ones that were skipped."""
    with opening.opened(site) as opened:
        reports = reporting.issues(opened)
        skips = reporting.skips(opened)
        zone = opened.settings.newsletter.timezone
    if as_json:
        print_json([_issue_data(report) for report in reports])
        return
    table(
        "issue",
        "made",
        "cadence",
        "subject",
        "status",
        "deliveries",
        rows=[
            (
                str(report.issue.number),
                when(report.issue.created_at, zone),
                report.issue.cadence or "all",
                report.issue.subject,
                report.status,
                counted(report.counts.as_dict()),
            )
            for report in reports
        ],
    )
    for skip in skips:
        say(f"[dim]skipped {when(skip.skipped_at, zone)}: {escape(skip.reason)}[/]")


def issue(number: NumberArgument, site: SiteOption = None, as_json: JsonOption = False) -> None:
    """Show one issue: its posts, what became of its deliveries, what is in doubt, what the relay said."""
    with opening.opened(site) as opened:
        report = reporting.issue(opened, number)
        details = reporting.details(opened, number)
        zone = opened.settings.newsletter.timezone
    if as_json:
        print_json(_issue_data(report) | _details_data(report, details))
        return
    why = f": {escape(report.issue.reason)}" if report.issue.reason else ""
    made = f"made {when(report.issue.created_at, zone)} for {report.issue.cadence or 'every reader'}"
    say(
        f"[bold]Issue {report.issue.number}[/]  {escape(report.issue.subject)}",
        f"{made}, {report.status}{why}",
        counted(report.counts.as_dict()),
    )
    for post in report.posts:
        say(f"  {escape(post)}")
    _show_doubtful(number, details, zone)
    _show_replies(details)


def _show_doubtful(number: int, details: Details, zone: Any) -> None:
    if not details.doubtful:
        return
    rows = [
        (f"  {one.email or '(erased)'}", when(one.since, zone), one.note) for one in details.doubtful[:_SHOWN]
    ]
    say("", "[bold]In doubt[/]: the relay may have taken these, or not")
    table("", "", "", rows=rows)
    if (more := len(details.doubtful) - _SHOWN) > 0:
        say(f"[dim]  and {count(more, 'delivery')} more; --json lists all[/]")
    say(
        f"  `newsletter resolve {number} --again` sends them again, `--sent` counts them as sent; "
        "name addresses for some of them."
    )


def _show_replies(details: Details) -> None:
    replies = details.replies
    if details.past:
        say("", f"[dim]What the relay said to {count(details.past, 'delivery')} is not kept any longer.[/]")
    if replies.relay:
        say("", "[bold]The relay said[/]")
        rows = [
            (f"  {said.deliveries:,}", "" if said.code is None else str(said.code), said.words)
            for said in replies.relay
        ]
        table("", "", "", rows=rows)
    if any(domain.refused for domain in replies.domains):
        say("", "[bold]By domain[/]")
        table(
            "  domain",
            "deliveries",
            "sent",
            "refused",
            "last words",
            rows=[
                (
                    f"  {domain.name}",
                    f"{domain.deliveries:,}",
                    f"{domain.sent:,}",
                    f"{domain.refused:,}",
                    " ".join(filter(None, (str(domain.code or ""), domain.words))),
                )
                for domain in replies.domains
            ],
        )


def _issue_data(report: IssueReport) -> dict[str, Any]:
    return {
        "number": report.issue.number,
        "cadence": report.issue.cadence,
        "scheduled_for": report.issue.scheduled_for,
        "subject": report.issue.subject,
        "status": report.status,
        "posts": list(report.posts),
        "deliveries": report.counts.as_dict(),
    }


def _details_data(report: IssueReport, details: Details) -> dict[str, Any]:
    return {
        "reason": report.issue.reason or None,
        "unknown": [asdict(one) for one in details.doubtful],
        "past": details.past,
        "replies": {
            "relay": [asdict(said) for said in details.replies.relay],
            "domains": [asdict(domain) for domain in details.replies.domains],
        },
    }
