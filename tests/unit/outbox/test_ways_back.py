"""Where an answer goes: the addresses in our mails that act when somebody writes to them."""

import email
import email.policy
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage
from urllib.parse import unquote

import pytest

from newsletter.outbox.messages.letterhead import Letterhead
from newsletter.outbox.messages.message import Reader, compose
from newsletter.outbox.messages.template import Template
from subscribers.tokens import Tokens
from tests.issues import LETTERHEAD
from tests.unit.outbox.messages.test_message import Rendered

TOKENS = Tokens([b"0" * 32])
FIXED = replace(LETTERHEAD, inbox="inbox@example.com")


def composed(kind: str, letterhead: Letterhead = LETTERHEAD) -> tuple[EmailMessage, str]:
    """Compose a mail of a kind; return it with its envelope sender."""
    rendered = Rendered(text="__CONFIRM_URL__\n") if kind == "confirm" else Rendered()
    template = Template.prepare(rendered, letterhead, kind=kind, number=3 if kind == "issue" else None)
    message = compose(template, Reader(7, 42, "ana@example.org"), TOKENS, datetime(2026, 3, 2, 8, tzinfo=UTC))
    return email.message_from_bytes(message.data, policy=email.policy.default), message.envelope.sender


def test_the_answer_to_the_question_confirms() -> None:
    """Who just answers the confirmation mail writes to an address that names them, and nobody else."""
    message, _ = composed("confirm")
    (answer,) = message["Reply-To"].addresses
    word, _, token = answer.username.partition("-")
    assert (word, answer.domain) == ("news+confirm", "bounce.example.com")
    assert TOKENS.read("confirm", token) == (42, 7)


def test_answers_to_other_mail_go_to_the_author() -> None:
    """Only a question is answered by a machine."""
    for kind in ("issue", "welcome", "goodbye"):
        message, _ = composed(kind)
        assert message["Reply-To"] == "author@example.com"


@pytest.mark.parametrize("local", ["news", "n" * 40, "n" * 64])
def test_a_confirming_address_is_short_enough(local: str) -> None:
    """The longest token and the longest sender still make a local part of 64 octets (RFC 5321, 4.5.3.1.1)."""
    letterhead = replace(LETTERHEAD, from_address=f"{local}@example.com")
    for numbers in ((1, 1), (2**63, 2**62)):
        address = letterhead.confirm(TOKENS.sign("confirm", *numbers))
        assert len(address.partition("@")[0]) <= 64
        assert address.startswith("news+confirm-" if local == "news" else "c+")


def test_a_fixed_inbox_has_the_commands_in_the_subject() -> None:
    """Where addresses with a + do not arrive, everything comes back to one, and tokens stand in subjects."""
    question, sender = composed("confirm", FIXED)
    assert (question["Reply-To"], sender) == ("inbox@example.com", "inbox@example.com")
    token = question["Subject"].rpartition("[")[2].rstrip("]")
    assert TOKENS.read("confirm", token) == (42, 7)
    issue, _ = composed("issue", FIXED)
    mailto = issue["List-Unsubscribe"].partition(", ")[2].strip("<>")
    assert mailto.startswith("mailto:inbox@example.com?subject=unsubscribe%20")
    assert TOKENS.read("unsubscribe", unquote(mailto).rpartition(" ")[2]) == (42,)
    assert issue["List-Help"] == "<mailto:inbox@example.com?subject=help>"
