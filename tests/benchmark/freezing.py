"""Freezing an issue, as `newsletter send --no-wait` does: `python -m tests.benchmark.freezing SITE`."""

import sys
from pathlib import Path

from newsletter.application import sending
from newsletter.application.opening import opened
from tests.benchmark.processes import reported


def main() -> None:
    """Compile, render, freeze and queue the site's next issue."""
    with opened(Path(sys.argv[1])) as site, reported() as facts:
        outcome = sending.make_issue(site, sending.Wish())
        facts["queued"] = outcome.counts.queued


main()
