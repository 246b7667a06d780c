"""What a person sees: two consoles, and how times, problems and counts are written."""

import json
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from newsletter.content.post import Problem

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


def when(moment: datetime | None, zone: ZoneInfo) -> str:
    """Write a moment as the author's clock shows it."""
    return f"{moment.astimezone(zone):%a %d %b %Y %H:%M %Z}" if moment else "–"


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
    """Write a number with its noun: "1 reader", "25 readers"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
