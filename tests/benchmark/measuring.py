"""How the benchmarks measure: medians of several runs, and a table."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from time import perf_counter


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table; `target` says what the figure is held against."""

    what: str
    figure: str
    target: str = ""


def seconds(call: Callable[[], object], *, runs: int = 5) -> float:
    """Return the median time of a call in seconds."""
    times = []
    for _ in range(runs):
        start = perf_counter()
        call()
        times.append(perf_counter() - start)
    return median(times)


def at_least(what: str, figure: float, least: float, unit: str = "times", note: str = "") -> Row:
    """Hold a figure against a target that it should reach, and say plainly whether it does."""
    return _held(what, figure, f"at least {least:,g}", unit, note, reached=figure >= least)


def at_most(what: str, figure: float, most: float, unit: str = "times", note: str = "") -> Row:
    """Hold a figure against a target that it should not exceed, and say plainly whether it does not."""
    return _held(what, figure, f"at most {most:,g}", unit, note, reached=figure <= most)


def print_table(rows: list[Row]) -> None:
    """Print the rows under each other."""
    widths = [max(len(getattr(row, name)) for row in rows) for name in ("what", "figure")]
    for row in rows:
        print(f"{row.what:<{widths[0]}}  {row.figure:>{widths[1]}}  {row.target}".rstrip())


def print_columns(heads: Sequence[str], lines: Sequence[Sequence[str]]) -> None:
    """Print a table of several columns: the first to the left, figures to the right."""
    widths = [max(map(len, column)) for column in zip(heads, *lines, strict=True)]
    for line in (heads, *lines):
        first, *others = (f"{cell:>{width}}" for cell, width in zip(line, widths, strict=True))
        print("  ".join((f"{first.strip():<{widths[0]}}", *others)).rstrip())
    print(flush=True)


def _held(what: str, figure: float, target: str, unit: str, note: str, *, reached: bool) -> Row:
    shown = f"{figure:,.0f}" if figure >= 100 or figure == int(figure) else f"{figure:.2f}"
    verdict = "reached" if reached else "MISSED"
    return Row(what, f"{shown} {unit}".strip(), f"target: {target}: {verdict}{note and f'; {note}'}")
