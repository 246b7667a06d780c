"""`make bench`: what the parts cost on this machine, as medians, and as ratios within the run.

`python -m tests.benchmark PART...` runs some parts only.
"""

import sys

from tests.benchmark import (
    carrying,
    composing,
    delivering,
    far,
    killing,
    leaving,
    previewing,
    rendering,
    restarting,
    rhythm,
    scale,
    scanning,
    signing,
    stopwatch,
)
from tests.benchmark.measuring import Row, print_table

PARTS = {
    "scanning": scanning,
    "rendering": rendering,
    "previewing": previewing,
    "composing": composing,
    "delivering": delivering,
    "far": far,
    "signing": signing,
    "scale": scale,
    "rhythm": rhythm,
    "leaving": leaving,
    "carrying": carrying,
    "stopwatch": stopwatch,
    "killing": killing,
    "restarting": restarting,
}


def main() -> None:
    """Run the benchmarks that were asked for, or all, and print one table."""
    wanted = sys.argv[1:] or list(PARTS)
    if unknown := [name for name in wanted if name not in PARTS]:
        sys.exit(f"There is no part {', '.join(unknown)}; there are {', '.join(PARTS)}.")
    rows: list[Row] = []
    for name in wanted:
        rows += PARTS[name].measure()
    print_table(rows)


main()
