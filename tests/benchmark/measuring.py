"""How the benchmarks measure: medians of several runs, and a table."""

from collections.abc import Callable
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


def print_table(rows: list[Row]) -> None:
    """Print the rows under each other."""
    widths = [max(len(getattr(row, name)) for row in rows) for name in ("what", "figure")]
    for row in rows:
        print(f"{row.what:<{widths[0]}}  {row.figure:>{widths[1]}}  {row.target}".rstrip())
