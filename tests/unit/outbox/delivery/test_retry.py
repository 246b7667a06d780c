"""What a relay's answer means: the table, row by row."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.outbox.delivery.retry import DOUBTS, PAUSES, Outcome, decide, in_doubt
from newsletter.transport.protocol import Reply, Stage, parse_reply


@pytest.mark.parametrize(
    ("answer", "stage", "status"),
    [
        ("250 2.0.0 Ok: queued as 4F", "data", "sent"),
        ("250 fine", "data", "sent"),
        ("450 4.2.1 mailbox busy", "rcpt", "queued"),
        ("451 greylisted", "rcpt", "queued"),
        ("421 4.7.28 too many", "data", "queued"),
        ("550 5.1.1 no such user", "rcpt", "bounced"),
        ("550 5.1.1 no such user", "data", "bounced"),
        ("550 5.1.2 no such domain", "rcpt", "bounced"),
        ("553 5.1.3 bad syntax", "rcpt", "bounced"),
        ("551 5.1.6 moved away", "rcpt", "bounced"),
        ("556 5.1.10 null MX", "rcpt", "bounced"),
        ("550 No such user here", "rcpt", "bounced"),
        ("550 Recipient address rejected: User unknown in virtual mailbox table", "rcpt", "bounced"),
        ("550 No such user here", "data", "failed"),
        ("550 blocked", "rcpt", "failed"),
        ("552 5.2.2 mailbox full", "rcpt", "failed"),
        ("552 5.3.4 message too big", "data", "failed"),
        ("553 5.6.7 no SMTPUTF8", "rcpt", "failed"),
        ("550 5.7.17 mailbox has a new owner", "rcpt", "failed"),
        ("554 odd", "data", "failed"),
    ],
)
def test_what_is_about_the_delivery(answer: str, stage: Stage, status: str) -> None:
    """Address, message and moment are told from each other, and each counts as an attempt."""
    outcome = decide(_reply(answer, stage), 0)
    assert (outcome.status, outcome.counts, outcome.stops) == (status, True, False)


@pytest.mark.parametrize(
    ("answer", "stage"),
    [
        ("550 5.7.1 relaying denied", "rcpt"),
        ("550 5.7.26 unauthenticated", "data"),
        ("550 5.7.515 does not meet the required authentication level", "data"),
        ("554 5.7.0 policy", "mail"),
        ("530 Authentication required", "mail"),
        ("535 5.7.8 bad credentials", "mail"),
        ("553 5.1.8 sender's domain is unknown", "rcpt"),
        ("550 5.1.7 sender's address is wrong", "data"),
        ("501 odd sender", "mail"),
        ("452 4.3.1 disk full", "mail"),
        ("450 4.7.1 too much mail from you", "mail"),
    ],
)
def test_what_is_about_us(answer: str, stage: Stage) -> None:
    """What concerns our login, reputation or sender stops the run and is not held against the reader."""
    assert decide(_reply(answer, stage), 3) == Outcome("queued", counts=False, stops=True)


def test_attempts_are_spread_over_a_day() -> None:
    """Pauses grow, the last attempt comes a day after the first, and then it is over."""
    busy = _reply("450 4.2.1 busy", "rcpt")
    outcomes = [decide(busy, attempts) for attempts in range(len(PAUSES) + 1)]
    assert [outcome.status for outcome in outcomes] == ["queued"] * len(PAUSES) + ["failed"]
    assert sum((outcome.delay for outcome in outcomes), timedelta()) == timedelta(hours=24)
    growing = [outcome.delay for outcome in outcomes[:-2]]
    assert growing == sorted(growing)


def test_gmails_speed_limit() -> None:
    """4.7.28 asks for ten minutes, whatever the table of pauses says."""
    assert decide(_reply("421 4.7.28 slow down", "data"), 0).delay == timedelta(minutes=10)


def test_doubts_end() -> None:
    """What may have arrived is sent again, but not for ever; or not at all, if the author wants it so."""
    assert [in_doubt(attempts, resend=True).status for attempts in range(DOUBTS)] == [
        "queued",
        "queued",
        "unknown",
    ]
    assert in_doubt(0, resend=False).status == "unknown"


@given(
    code=st.integers(100, 999),
    enhanced=st.none() | st.from_regex(r"[245]\.[0-9]{1,3}\.[0-9]{1,3}", fullmatch=True),
    text=st.text(max_size=40),
    stage=st.sampled_from(["mail", "rcpt", "data"]),
    attempts=st.integers(0, 50),
)
def test_any_reply_has_a_meaning(
    code: int, enhanced: str | None, text: str, stage: Stage, attempts: int
) -> None:
    """No reply is without a rule, and only a 2xx counts as sent."""
    outcome = decide(Reply(code, enhanced, text, stage), attempts)
    assert (outcome.status == "sent") == (200 <= code <= 299)
    assert outcome.counts or outcome.status == "queued"


def _reply(answer: str, stage: Stage) -> Reply:
    code, _, text = answer.partition(" ")
    return parse_reply(int(code), text, stage)
