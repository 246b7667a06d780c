"""What a person sees: two consoles, and how times, problems and counts are written."""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from newsletter.application import logs
from newsletter.application.logs import Shape
from newsletter.content.post import Problem
from newsletter.site import Site

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


def say(*lines: str) -> None:
    """Print for a person, with Rich markup; anything that others wrote must be escaped before."""
    for line in lines:
        out.print(line)


def warn(line: str) -> None:
    """Print a warning on standard error."""
    err.print(f"[yellow]{line}[/]")


def complain(message: str) -> None:
    """Print why something was refused or failed, on standard error."""
    first, _, rest = message.partition("\n")
    err.print(Text.assemble(("Error: ", "bold red"), first))
    if rest:
        err.print(Text(rest))


def print_json(data: Any) -> None:
    """Print data and nothing else."""
    sys.stdout.write(json.dumps(data, ensure_ascii=False, indent=2, default=_plain) + "\n")


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{value!r} is not JSON")


def when(moment: datetime | None, zone: ZoneInfo, *, seconds: bool = False) -> str:
    """Write a moment as the author's clock shows it."""
    shown = "%a %d %b %Y %H:%M:%S %Z" if seconds else "%a %d %b %Y %H:%M %Z"
    return moment.astimezone(zone).strftime(shown) if moment else "–"


def table(*columns: str, rows: Iterable[Sequence[str]], title: str | None = None) -> None:
    """Print a table of plain texts."""
    grid = Table(
        *columns,
        show_header=any(columns),
        title=title,
        title_justify="left",
        box=None,
        pad_edge=False,
        header_style="dim",
    )
    for row in rows:
        grid.add_row(*(escape(cell) for cell in row))
    out.print(grid)


def show_problems(problems: Sequence[Problem], *, to: Console = err) -> None:
    """List problems, errors first, each with its place and remedy."""
    for problem in sorted(problems, key=lambda problem: (problem.severity, problem.path, problem.line or 0)):
        mark, style = ("✗", "red") if problem.severity == "error" else ("!", "yellow")
        place = f"{problem.path}:{problem.line}" if problem.line else problem.path
        to.print(Text.assemble((f"{mark} ", style), (place, "bold"), f"  {problem.message}"))
        if problem.remedy:
            to.print(Text(f"  → {problem.remedy}", style="dim"))


def problem_data(problem: Problem) -> dict[str, Any]:
    """Return a problem as data."""
    return {name: getattr(problem, name) for name in Problem.__slots__}


def count(number: int, noun: str) -> str:
    """Write a number with its noun: "1 reader", "25 readers", "2 deliveries"."""
    if number != 1:
        noun = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{number:,} {noun}"


def counted(counts: Mapping[str, int]) -> str:
    """Write what became of deliveries: "2 queued, 23 sent"."""
    return ", ".join(f"{number:,} {status}" for status, number in counts.items() if number) or "no deliveries"


def begin_log(opened: Site, *, terminal: Shape = "off") -> None:
    """Write the log as the settings say. On a terminal, commands that speak for themselves need none."""
    shape: Any = opened.settings.log.format
    logs.begin(shape, terminal=terminal)
