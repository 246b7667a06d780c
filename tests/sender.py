"""A sender to be killed: `python -m tests.sender DATABASE_URL HOST PORT` hands over everything that is due."""

import argparse
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine, func, select

from newsletter.outbox.delivery.lease import TakenForDead
from newsletter.outbox.delivery.worker import Summary, deliver
from newsletter.outbox.messages.composing import Composer
from newsletter.outbox.tables import deliveries
from newsletter.transport.smtp import SmtpSettings, open_transport
from subscribers import keys
from subscribers.database import open_engine, reading
from subscribers.errors import DatabaseUnavailable
from tests.issues import LETTERHEAD


def main() -> None:
    """Deliver, and exit with 1 and the reason if the run ended early."""
    options = read(sys.argv[1:])
    engine = open_engine(options.url)
    try:
        summary = hand_over(engine, options)
        while options.serve and _may_go_on(summary) and _is_open(engine):
            time.sleep(0.05)
            summary = hand_over(engine, options)
    except DatabaseUnavailable as outage:
        sys.exit(f"{type(outage).__name__}: {outage}")
    finally:
        engine.dispose()
    sys.exit(f"{type(summary.stopped).__name__}: {summary.stopped}" if summary.stopped else 0)


def read(words: Sequence[str]) -> argparse.Namespace:
    """Read a command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("host")
    parser.add_argument("port", type=int)
    parser.add_argument("--connections", type=int, default=1)
    parser.add_argument("--pipeline", type=int, default=1)
    parser.add_argument("--rate", type=float, default=0)
    parser.add_argument("--lease", type=float, default=120, help="seconds")
    parser.add_argument("--timeout", type=float, default=20, help="seconds of patience with the relay")
    parser.add_argument("--ahead", type=float, default=0, help="seconds by which the clock is ahead")
    parser.add_argument("--serve", action="store_true", help="go on until nothing is queued or being sent")
    return parser.parse_args(words)


def hand_over(engine: Engine, options: argparse.Namespace) -> Summary:
    """Deliver once, as the options say. Raises DatabaseUnavailable."""
    with reading(engine) as connection:
        tokens = keys.tokens(connection)
    relay = SmtpSettings(
        host=options.host,
        port=options.port,
        timeout=options.timeout,
        helo="sender.example.com",
        pipeline=options.pipeline,
    )
    return deliver(
        engine,
        open_transport=lambda: open_transport(relay),
        composer=Composer(engine, LETTERHEAD, tokens),
        now=lambda: datetime.now(UTC) + timedelta(seconds=options.ahead),
        connections=options.connections,
        rate=options.rate,
        lease=timedelta(seconds=options.lease),
    )


def _may_go_on(summary: Summary) -> bool:
    """Whether to begin anew: a machine that was too busy to give a sign of life is not dead."""
    return summary.stopped is None or isinstance(summary.stopped, TakenForDead)


def _is_open(engine: Engine) -> bool:
    not_at_its_end = deliveries.c.status.in_(["queued", "sending"])
    with reading(engine) as connection:
        return bool(connection.scalar(select(func.count()).where(not_at_its_end)))


if __name__ == "__main__":
    main()
