"""What a message is, by where it was sent, what it says, and who may have written it."""

from email.message import EmailMessage

import pytest

from newsletter.inbound import guards
from newsletter.inbound.addresses import Destination
from newsletter.inbound.incoming import Incoming, read
from newsletter.inbound.routing import Route, route
from newsletter.outbox.messages.letterhead import Letterhead

LETTERHEAD = Letterhead(
    title="Tide Notes",
    url="https://news.example.com",
    from_name="Tide Notes",
    from_address="news@example.com",
    reply_to="news@example.com",
    return_domain="bounce.example.com",
    sender_id="tidenotes",
)

TOKEN = "1z.k0.abcdef0123"  # as the signature is not looked at here


def incoming(recipient: str | None = "news@example.com", subject: str = "", **headers: str) -> Incoming:
    """A mail as a person's program writes it, with further headers."""
    message = EmailMessage()
    message["From"] = headers.pop("author", "Ana Brito <ana@example.org>")
    message["Subject"] = subject
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content("Words.\n")
    return read(bytes(message), recipient=recipient)


def found(message: Incoming) -> Route:
    """Say what a message is."""
    return route(message, LETTERHEAD, largest=1_000_000)


@pytest.mark.parametrize(
    ("recipient", "subject", "purpose", "token"),
    [
        ("news+subscribe@example.com", "whatever", "subscribe", ""),
        ("NEWS+Subscribe@Bounce.Example.COM", "", "subscribe", ""),
        ("news+help@example.com", "", "help", ""),
        ("news+unsubscribe@example.com", "", "unsubscribe", ""),
        (f"news+unsubscribe-{TOKEN}@bounce.example.com", "", "unsubscribe", TOKEN),
        (f"u+{TOKEN}@bounce.example.com", "", "unsubscribe", TOKEN),
        (f"news+confirm-{TOKEN}@example.com", "Re: Do you want Tide Notes?", "confirm", TOKEN),
        (f"c+{TOKEN}@example.com", "Re: Do you want Tide Notes?", "confirm", TOKEN),
        ("news@example.com", "unsubscribe", "unsubscribe", ""),
        ("news@example.com", "  Abmelden!", "unsubscribe", ""),
        ("news@example.com", "購読解除", "unsubscribe", ""),
        ("news@example.com", "إلغاء الاشتراك", "unsubscribe", ""),
        ("news@example.com", f"unsubscribe {TOKEN}", "unsubscribe", TOKEN),
        ("news@example.com", f"AW: Möchten Sie? [{TOKEN}]", "confirm", TOKEN),
    ],
)
def test_commands(recipient: str, subject: str, purpose: str, token: str) -> None:
    """They stand in the address, or alone in the subject in any language that we speak."""
    assert found(incoming(recipient, subject)).command == Destination(purpose, token)


@pytest.mark.parametrize(
    "subject",
    ["Re: Stop", "Stop the press!", "Please unsubscribe me from the other list", "", "Hilfe für Boote"],
)
def test_what_people_write(subject: str) -> None:
    """A person's letter is nothing else, whatever words are in its subject."""
    assert found(incoming(subject=subject)).kind == "reply"


@pytest.mark.parametrize(
    "address", ["postmaster@example.com", "abuse@example.com", "Postmaster@bounce.example.com"]
)
def test_mailboxes_that_every_domain_has(address: str) -> None:
    """What comes there is taken, and is for a person."""
    assert found(incoming(address)).kind == "reply"


@pytest.mark.parametrize(
    "address",
    ["other@example.com", "news@example.org", "news+nothing@example.com", "x+y@example.com", "news", ""],
)
def test_addresses_that_are_not_ours(address: str) -> None:
    """They are refused, so that their senders learn of it."""
    refusal = found(incoming(address)).refusal
    assert refusal is not None
    assert refusal.status == "5.1.1"


def test_one_address_for_everything() -> None:
    """Where addresses with a + do not arrive, nothing but a fixed one counts, wherever it is."""
    fixed = Letterhead(
        **{name: getattr(LETTERHEAD, name) for name in LETTERHEAD.__slots__}
        | {"inbox": "letters@example.net"}
    )
    way = route(incoming("letters@example.net", "subscribe"), fixed, largest=1_000_000)
    assert way.command == Destination("subscribe")


def test_the_headers_count_where_nobody_names_the_recipient() -> None:
    """A mailbox tells no envelope: then what programs wrote down counts, and of several what says more."""
    message = incoming(
        None, To="Friends <news@example.com>", Delivered_To=f"news+unsubscribe-{TOKEN}@example.com"
    )
    assert found(message).command == Destination("unsubscribe", TOKEN)
    assert found(incoming(None, To="somebody@example.net")).kind == "reply"


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"}, {"Auto_Submitted": "auto-generated; owner-email=a@example.org"},
        {"Precedence": "bulk"}, {"Precedence": "junk"}, {"X_Autoreply": "yes"}, {"Return_Path": "<>"},
        {"List_Id": "Tide Notes <news.example.com>"}, {guards.SENT_ON.replace("-", "_"): "news.example.com"},
    ],
)  # fmt: skip
def test_machines_ask_for_nothing(headers: dict[str, str]) -> None:
    """What a machine wrote is no command, with the one exception of an address that ends a subscription."""
    for recipient in (
        "news+subscribe@example.com",
        "news+help@example.com",
        f"news+confirm-{TOKEN}@example.com",
    ):
        assert found(incoming(recipient, **headers)).kind == "auto-reply"
    ended = found(incoming(f"news+unsubscribe-{TOKEN}@example.com", **headers))
    assert ended.command == Destination("unsubscribe", TOKEN)


@pytest.mark.parametrize(
    "headers",
    [
        {"author": "MAILER-DAEMON@example.org"}, {"author": "no-reply@example.org"},
        {"author": "list-request@example.org"},
        {"author": "news@example.com"}, {"author": "a@example.org, b@example.org"}, {"author": "nobody"},
        {"List_Post": "<mailto:list@example.org>"}, {"Precedence": "list"}, {"X_Auto_Response_Suppress": "DR, All"},
    ],
)  # fmt: skip
def test_who_is_not_answered(headers: dict[str, str]) -> None:
    """Machines, lists, ourselves, and who is not one address."""
    assert guards.may_not_be_answered(incoming("news+help@example.com", **headers), LETTERHEAD)


def test_people_are_answered() -> None:
    """Also those who say that they are no machine."""
    assert not guards.may_not_be_answered(incoming(Auto_Submitted="no"), LETTERHEAD)


def test_an_answer_that_speaks_of_absence() -> None:
    """It is a person's, since it answers as people do; the same without that is a machine's."""
    answer = incoming(subject="Re: Out of office", In_Reply_To="<1.0123456789abcdef@example.com>")
    assert found(answer).kind == "reply"
    assert found(incoming(subject="Out of office: until Monday")).kind == "auto-reply"
