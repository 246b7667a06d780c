"""Composing one reader's message: gaps are filled in what was encoded once, with three signed tokens."""

from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from itertools import count

from newsletter.content.post import InlineImage
from newsletter.outbox.messages.letterhead import Letterhead
from newsletter.outbox.messages.message import Reader, compose
from newsletter.outbox.messages.template import Rendered, Template
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

_PARAGRAPH = "The tide came in at the hour that the table gave, and the boats turned as they do every day.\n"


@dataclass(frozen=True, slots=True)
class UsualIssue:
    """An issue of the usual size: with its headers 30 kB."""

    subject: str = "The storm, and 3 more"
    text: str = _PARAGRAPH * 80 + "__UNSUBSCRIBE_URL__\n__PREFERENCES_URL__\n"
    html: str = (
        f"<p>{_PARAGRAPH}</p>\n" * 196
        + '<a href="__UNSUBSCRIBE_URL__">Leave</a> <a href="__PREFERENCES_URL__">Change</a>\n'
    )
    images: tuple[InlineImage, ...] = ()


def measure() -> list[Row]:
    """Time composing against building the same message with the standard library for every reader."""
    ten_posts, usual = digest(ten_manuscripts(), "full"), UsualIssue()
    full, size = composed(ten_posts)
    ours, usual_size = composed(usual)
    theirs = built(usual)
    return [
        Row(
            "compose a reader's message",
            f"{ours * 1e6:,.1f} µs",
            f"target: under 10 µs; {usual_size:,} bytes",
        ),
        Row("    of ten posts in full", f"{full * 1e6:,.1f} µs", f"{size:,} bytes"),
        Row("    against EmailMessage for every reader", f"{theirs / ours:,.0f} times"),
    ]


def composed(rendering: Rendered) -> tuple[float, int]:
    """Return the seconds that our composer takes for a message, and the message's size."""
    template = Template.prepare(rendering, LETTERHEAD, number=1)
    tokens = Tokens([b"k" * 32])
    numbers = count(100_000)

    def run() -> None:
        for _ in range(MESSAGES):
            number = next(numbers)
            reader = Reader(number, number, f"reader{number}@example.org", "Ana Brito")
            compose(template, reader, tokens, DATE)

    size = len(compose(template, Reader(1, 1, "reader@example.org", "Ana"), tokens, DATE).data)
    return seconds(run) / MESSAGES, size


def built(rendering: Rendered) -> float:
    """Return the seconds that the standard library takes."""

    def run() -> None:
        for _ in range(BUILT):
            message = EmailMessage(policy=SMTP)
            message["From"], message["To"] = "Tide Notes <news@example.com>", "Ana Brito <ana@example.org>"
            message["Subject"] = rendering.subject
            message.set_content(rendering.text, cte="quoted-printable")
            message.add_alternative(rendering.html, subtype="html", cte="quoted-printable")
            message.as_bytes()

    return seconds(run, runs=3) / BUILT
