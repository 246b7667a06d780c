"""Makes issues whenever it is told to: `python -m tests.publisher SITE`, one for each line on standard input."""

import sys
from datetime import UTC, datetime
from pathlib import Path

from newsletter import publishing
from newsletter.application.opening import opened
from newsletter.publishing import Published
from newsletter.site import Site
from subscribers.database import writing


def main() -> None:
    """Say "ready", and from then on which issue was made, or why none was."""
    with opened(Path(sys.argv[1])) as site:
        print("ready", flush=True)  # noqa: T201 - whoever started us reads it
        for _ in sys.stdin:
            print(_publish(site), flush=True)  # noqa: T201 - the same


def _publish(site: Site) -> str:
    scan, now = site.content.scan(), datetime.now(UTC)
    with writing(site.engine) as connection:
        outcome = publishing.publish(connection, site, scan, cadence=None, now=now)
    return f"issue {outcome.issue.number}" if isinstance(outcome, Published) else outcome.reason


if __name__ == "__main__":
    main()
