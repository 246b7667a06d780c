"""Composing one reader's message: a join of what was encoded once, with three signed tokens."""

from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from itertools import count

from newsletter.outbox.letterhead import Letterhead
from newsletter.outbox.message import Reader, Template, compose
from subscribers.tokens import Tokens
from tests.benchmark.measuring import Row, seconds
from tests.benchmark.rendering import digest, ten_manuscripts

MESSAGES = 2_000
BUILT = 50
DATE = datetime(2026, 3, 2, 8, tzinfo=UTC)

LETTERHEAD = Letterhead(
    title="Tide Notes",
    url="https://news.example.com",
    from_name="Tide Notes",
    from_address="news@example.com",
    reply_to="me@example.com",
    return_domain="bounce.example.com",
    sender_id="examplecomnews",
)


def measure() -> list[Row]:
    """Time composing against building the same message with the standard library for every reader."""
    rendering = digest(ten_manuscripts(), "full")
    template = Template.prepare(rendering, LETTERHEAD, number=1)
    tokens = Tokens([b"k" * 32])
    numbers = count(1)

    def composed() -> None:
        for _ in range(MESSAGES):
            number = next(numbers)
            compose(
                template, Reader(number, number, f"reader{number}@example.org", "Ana Brito"), tokens, DATE
            )

    def built() -> None:
        for _ in range(BUILT):
            message = EmailMessage(policy=SMTP)
            message["From"], message["To"] = "Tide Notes <news@example.com>", "Ana Brito <ana@example.org>"
            message["Subject"] = rendering.subject
            message.set_content(rendering.text, cte="quoted-printable")
            message.add_alternative(rendering.html, subtype="html", cte="quoted-printable")
            message.as_bytes()

    ours, theirs = seconds(composed) / MESSAGES, seconds(built, runs=3) / BUILT
    size = len(compose(template, Reader(1, 1, "reader@example.org", "Ana"), tokens, DATE).data)
    return [
        Row("compose a reader's message", f"{ours * 1e6:,.1f} µs", f"target: under 100 µs; {size:,} bytes"),
        Row("    against EmailMessage for every reader", f"{theirs / ours:,.0f} times"),
    ]
