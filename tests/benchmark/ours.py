"""Our own sender, as `newsletter send` runs it: `python -m tests.benchmark.ours SITE`.

What is measured is the delivery: taking up the issue, claims, personal links, headers, the durable ledger and the
relay; not the start of the interpreter. $NEWSLETTER_SMTP_PORT and others say where to, and how.
"""

import sys
from pathlib import Path

from newsletter.application import sending
from newsletter.application.opening import opened
from tests.benchmark.processes import reported


def main() -> None:
    """Deliver what the site has queued, all of it."""
    with opened(Path(sys.argv[1])) as site, reported() as facts:
        outcome = sending.make_issue(site, cadence=None, include_existing=False)
        outcome = sending.deliver(site, outcome)
        facts["messages"] = outcome.counts.sent
    assert outcome.stopped is None, outcome.stopped
    assert outcome.counts.sent == outcome.counts.total, outcome.counts


main()
