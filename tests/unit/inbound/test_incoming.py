"""Messages are read whatever their octets are, and refused by size before anybody takes them apart."""

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.inbound.authentication import is_proven
from newsletter.inbound.bounds import HEADERS, PARTS, excess
from newsletter.inbound.incoming import read
from newsletter.inbound.routing import Route, route
from tests.corpora import at_hand
from tests.unit.inbound.test_routing import LETTERHEAD, TOKEN, incoming

LARGEST = 10_000_000

MIXED = b"Content-Type: multipart/mixed; boundary=%s\r\n\r\n"

PASSED = "mx.example.com; dmarc=pass header.from=example.org"

#: Lines that mean something to us, in any order and much mixed with others.
LINES = st.sampled_from(
    [
        b"From: ana@example.org", b"From: =?utf-8?b?//8=?= <ana@example.org>", b"To: news+subscribe@example.com",
        b"Subject: =?nonsense?q?=00?=", b"Subject: unsubscribe " + TOKEN.encode(), b"Message-ID: <<>",
        b"Content-Type: multipart/report; report-type=delivery-status; boundary=x", b"Content-Type: message/rfc822",
        b"Content-Type: message/delivery-status", b"Content-Transfer-Encoding: base64",
        b"Content-Type: text/plain; charset=\xff", b"In-Reply-To: <a@b>",
        b"Final-Recipient: rfc822; ana@example.org", b"Action: failed", b"Status: 5.1.1", b"Feedback-Type: abuse",
        b"", b"", b"--x", b"--x--", b" folded", b"Auto-Submitted: auto-replied",
        b"From ana@example.org Mon", b"\x00", b"\xff\xfe",
    ]
)  # fmt: skip


def understood(raw: bytes) -> Route:
    """Read a message and say what it is."""
    return route(read(raw), LETTERHEAD, largest=LARGEST)


@given(st.lists(LINES | st.binary(max_size=40), max_size=30), st.sampled_from([b"\n", b"\r\n", b"\r"]))
def test_anything_is_read(lines: list[bytes], end: bytes) -> None:
    """No octets whatever make the reader fail, and each message is one of five things."""
    message = read(end.join(lines))
    assert understood(message.raw).kind in ("command", "bounce", "complaint", "auto-reply", "reply")
    for fact in (message.subject, message.message_id, message.identity):
        assert "\n" not in fact


def test_real_mail_is_read() -> None:
    """None of the corpus fails, also with its end or its middle missing; and no mail there is a command."""
    folder = at_hand("bounces/maildir")
    for path in [path for path in sorted(folder.rglob("*")) if path.is_file()]:
        raw = path.read_bytes()
        assert understood(raw).kind != "command", path
        for piece in (
            raw[: len(raw) // 2],
            raw[len(raw) // 3 :],
            raw[: len(raw) // 4] + raw[len(raw) // 2 :],
        ):
            understood(piece)


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"From: a@example.org\r\n\r\n" + b"x" * 50_000_000, "larger than 10 MB"),
        (b"X-Long: " + b"x" * 1_000_000, "headers are larger"),
        (b"X: y\r\n" * 200_000 + b"\r\nWords", "headers are larger"),
        (MIXED % b"x" + b"--x\r\n\r\nA\r\n" * 10_000 + b"--x--", "more than 500 parts"),
        (b"".join(MIXED % b"b%d" % n + b"--b%d\r\n" % n for n in range(1000)), "within each other"),
    ],
    ids=["50 MB", "one long header", "many headers", "10,000 parts", "1,000 deep"],
)  # fmt: skip
def test_too_much(raw: bytes, said: str) -> None:
    """It is refused, and what looking at it takes is far less than the message itself."""
    tracemalloc.start()
    try:
        refusal = understood(raw).refusal
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert refusal is not None
    assert refusal.status == "5.3.4"
    assert said in refusal.words
    assert peak < 25_000_000


def test_as_much_as_is_allowed() -> None:
    """Ordinary mail is far below the bounds, and what is just below them is taken."""
    parts = MIXED % b"x" + b"--x\r\n\r\nA\r\n" * (PARTS - 1) + b"--x--"
    headers = b"X: " + b"y" * (HEADERS - 100) + b"\r\n\r\nWords"
    assert [excess(raw, largest=LARGEST) for raw in (parts, headers, b"", b"\r\n")] == [""] * 4


@pytest.mark.parametrize(
    ("results", "proven"),
    [
        ([PASSED], True),
        (["mx.example.com 1; spf=pass; dmarc=pass (p=none dis=none) header.from=Example.ORG"], True),
        (["mx.example.com; dmarc=fail header.from=example.org"], False),
        (["mx.example.com; dmarc=pass header.from=example.net"], False),
        (["mx.example.com; dmarc=pass"], False),
        (["mx.example.com; spf=pass smtp.mailfrom=example.org; dkim=pass header.d=example.org"], False),
        (["evil.example; dmarc=pass header.from=example.org"], False),
        (["mx.example.com; dmarc=fail header.from=example.org", PASSED], False),
        (["mx.example.com; dkim=pass (dmarc=pass; header.from=example.org)"], False),
        (["mx.example.com; x-dmarc=pass header.from=example.org"], False),
        ([], False),
    ],
)  # fmt: skip
def test_who_is_believed(results: list[str], proven: bool) -> None:
    """Only what our own mail server says last, and only that DMARC passed for the very domain of From."""
    lines = "".join(f"Authentication-Results: {result}\r\n" for result in results)
    message = read(lines.encode() + b"From: Ana <ana@example.org>\r\n\r\n")
    assert is_proven(message, ("mx.example.com",)) is proven
    assert not is_proven(message, ())


def test_two_who_say_that_they_wrote_it() -> None:
    """A message with two From headers is from nobody: programs differ in which one they show."""
    message = read(b"From: ana@example.org\r\nFrom: ben@example.org\r\n\r\n")
    assert message.author is None


def test_the_line_above() -> None:
    """Mailbox files and procmail put a line above the headers that names the sender of the envelope."""
    message = read(
        b"From ana@example.org  Mon Mar  2 08:00:00 2026\nFrom: Ana <ana@example.org>\nSubject: x\n\nWords\n"
    )
    assert (message.sender, message.subject) == ("ana@example.org", "x")


def test_the_same_again() -> None:
    """A message is the same by whatever door it comes, and another one for another recipient."""
    first = incoming("news@example.com", Message_ID="<1@example.org>")
    again = read(b"Received: by another\r\n" + first.raw, recipient="news@example.com")
    assert first.identity == again.identity
    assert first.identity != incoming("news+help@example.com", Message_ID="<1@example.org>").identity
