"""Our own sender, as `newsletter send` runs it: `python -m tests.benchmark.ours SITE [MESSAGES]`.

What is measured is the delivery: taking up the issue, claims, personal links, headers, the durable ledger and the
relay; not the start of the interpreter. $NEWSLETTER_SMTP_PORT and others say where to, and how. After about so
many messages it is interrupted, as by Control-C.
"""

import sys
from contextlib import suppress
from math import inf
from pathlib import Path

from newsletter.application import sending
from newsletter.application.opening import opened
from tests.benchmark.processes import reported


class Progress:
    """Counts what has come to an end, and interrupts when that is enough."""

    def __init__(self, limit: float) -> None:
        self.done = 0
        self._limit = limit

    def __call__(self, messages: int) -> None:
        self.done += messages
        if self.done >= self._limit:
            raise KeyboardInterrupt


def main() -> None:
    """Deliver what the site has queued, and say how much came to an end."""
    progress = Progress(float(sys.argv[2]) if len(sys.argv) > 2 else inf)
    with opened(Path(sys.argv[1])) as site, reported() as facts:
        outcome = sending.make_issue(site, sending.Wish())
        with suppress(KeyboardInterrupt):
            outcome = sending.deliver(site, outcome, on_progress=progress)
        facts["messages"] = progress.done
    if outcome.stopped is not None:
        sys.exit(str(outcome.stopped))


main()
