"""Reports are read, whatever their octets are, and what they ask for follows from code and words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.inbound.reports import Report, read_report
from newsletter.inbound.reports.codes import meaning_of

DSN = b"""\
From: MAILER-DAEMON@mx.example.org (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
To: b+token@bounce.example.com
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="x"

--x
Content-Type: text/plain

Your message could not be delivered.

--x
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.org

Final-Recipient: rfc822; ana@example.org
Original-Recipient: rfc822;ana@example.org
Action: %s
Status: %s
Diagnostic-Code: smtp; %s

--x
Content-Type: text/rfc822-headers

From: news@example.com
To: ana@example.org

--x--
"""


def bounce(action: str, status: str, said: str) -> Report | None:
    """Read a bounce as Postfix writes it."""
    return read_report(DSN % (action.encode(), status.encode(), said.encode()))


@pytest.mark.parametrize(
    ("status", "said", "action"),
    [
        ("5.1.1", "550 5.1.1 <ana@example.org>: Recipient address rejected: User unknown", "suppress"),
        ("5.0.0", "550 no such user here", "suppress"),
        ("5.1.2", "550 5.1.2 bad destination system", "suppress"),
        ("5.1.1", "550 5.1.1 mailbox full", "count"),
        ("5.2.2", "552 5.2.2 over quota", "count"),
        ("5.1.1", "550 5.1.1 blocked by Spamhaus", "alert"),
        ("5.7.1", "550 5.7.1 user unknown", "alert"),
        ("5.0.0", "550 5.7.26 unauthenticated mail", "alert"),
        ("4.4.7", "expired", "count"),
        ("5.2.1", "550 5.2.1 mailbox disabled", "count"),
        ("5.3.0", "554 5.3.0 mailer error", "count"),
    ],
)
def test_what_a_bounce_asks_for(status: str, said: str, action: str) -> None:
    """Proves that only who is certainly gone is suppressed, and that what is about us alarms."""
    report = bounce("failed", status, said)
    assert report is not None
    assert (report.kind, report.address, report.action) == ("bounce", "ana@example.org", action)


def test_a_delay_asks_for_nothing() -> None:
    """Proves that mail which is still being tried counts nothing."""
    report = bounce("delayed", "4.4.1", "connection timed out")
    assert report is not None
    assert report.action == "none"


@pytest.mark.parametrize(
    "mail",
    [
        b"Subject: Re: Tide Notes 12\nFrom: Ana <ana@example.org>\n\nLovely, thank you! Could you send more?\n",
        b"Subject: my mailbox is full\nFrom: Ana <ana@example.org>\n\nUser unknown, I read yesterday: 550 5.1.1.\n",
        b"",
        b"\x00\xff\xfe",
    ],
)
def test_what_a_person_writes_is_no_report(mail: bytes) -> None:
    """Proves that words about bounces are none."""
    assert read_report(mail) is None


def test_complaints() -> None:
    """Proves that ARF is a complaint of the reader whom it names, and that "not spam" is none."""
    arf = b"""\
From: fbl@provider.example
Subject: FW: Tide Notes
Content-Type: multipart/report; report-type=feedback-report; boundary=x

--x
Content-Type: message/feedback-report

Feedback-Type: %s
Version: 1
Original-Rcpt-To: ana@example.org

--x
Content-Type: message/rfc822

To: ana@example.org
Subject: Tide Notes

Hello
--x--
"""
    complaint = read_report(arf % b"abuse")
    assert complaint is not None
    assert (complaint.kind, complaint.address, complaint.action) == (
        "complaint",
        "ana@example.org",
        "suppress",
    )
    praise = read_report(arf % b"not-spam")
    assert praise is not None
    assert praise.action == "none"


@given(st.binary(max_size=2_000))
def test_any_octets(raw: bytes) -> None:
    """Proves that nothing that arrives raises anything."""
    report = read_report(raw)
    assert report is None or report.action in ("suppress", "count", "alert", "none")


@given(st.lists(st.sampled_from(DSN.split(b"\n")), max_size=40), st.binary(max_size=60))
def test_any_mixture_of_a_report(lines: list[bytes], more: bytes) -> None:
    """Proves the same of pieces of real reports in any order."""
    read_report(b"\n".join(lines) + more)


@given(st.text(max_size=400), st.sampled_from(["", "5.1.1", "5.2.2", "4.4.7", "5.7.1", "5.0.0"]))
def test_any_words(words: str, status: str) -> None:
    """Proves that any words of a server mean something."""
    assert meaning_of(status, words).reason


def test_much_of_everything_takes_little_time() -> None:
    """Proves that megabytes, thousands of parts and endless headers are read at once; only their beginning counts."""
    parts = b"".join(b"--x\nContent-Type: text/plain\n\nuser unknown 550\n" for _ in range(10_000))
    read_report(b"Content-Type: multipart/mixed; boundary=x\n\n" + parts)
    read_report(b"Subject: " + b"undelivered " * 80_000 + b"\n\nx")
    read_report(b"From: MAILER-DAEMON\nSubject: failure\n\n" + b"user account mailbox address " * 100_000)
