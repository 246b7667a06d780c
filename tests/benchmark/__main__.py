"""`make bench`: what the parts cost on this machine, as medians, and as ratios within the run."""

from tests.benchmark import composing, rendering, scanning
from tests.benchmark.measuring import Row, print_table


def main() -> None:
    """Run every benchmark and print one table."""
    rows: list[Row] = []
    for part in (scanning, rendering, composing):
        rows += part.measure()
    print_table(rows)


main()
