"""A sender to be killed: `python -m tests.sender DATABASE_URL PORT CONNECTIONS` hands over everything that is due."""

import sys
from datetime import UTC, datetime

from newsletter.outbox.composing import Composer
from newsletter.outbox.worker import deliver
from newsletter.transport.smtp import SmtpSettings, open_transport
from subscribers import keys
from subscribers.database import open_engine, reading
from tests.issues import LETTERHEAD


def main() -> None:
    """Deliver, and exit with 1 if the run ended early."""
    url, port, connections = sys.argv[1:]
    engine = open_engine(url)
    with reading(engine) as connection:
        tokens = keys.tokens(connection)
    settings = SmtpSettings(host="127.0.0.1", port=int(port), timeout=20, helo="sender.example.com")
    summary = deliver(
        engine,
        open_transport=lambda: open_transport(settings),
        composer=Composer(engine, LETTERHEAD, tokens),
        now=lambda: datetime.now(UTC),
        connections=int(connections),
    )
    sys.exit(f"{summary.stopped}" if summary.stopped else 0)


if __name__ == "__main__":
    main()
