"""Renderings as a receiver gets them: composed, and signed by a sender whose DNS is in order."""

from collections.abc import Mapping
from datetime import datetime
from functools import cache

from cryptography.hazmat.primitives.asymmetric import rsa

from newsletter.issues.rendering import Rendering
from newsletter.outbox.messages.dkim import Signer
from newsletter.outbox.messages.message import Reader, compose
from newsletter.outbox.messages.privatekeys import RsaKey
from newsletter.outbox.messages.template import Template
from subscribers.tokens import Tokens
from tests.issues import LETTERHEAD

READER = Reader(7, 1, "ana@example.org", "Ana")

#: The relay that mails come from, by its address and its name.
RELAY, RELAY_NAME = "198.51.100.10", "mail.example.com"


@cache
def _signer() -> Signer:
    return Signer(
        "example.com", (RsaKey("news1", rsa.generate_private_key(public_exponent=65537, key_size=2048)),)
    )


def posted(rendering: Rendering, kind: str, date: datetime) -> bytes:
    """Return a mail as it arrives at a reader's; `kind` is issue, or that of a notice."""
    number = 12 if kind == "issue" else None
    template = Template.prepare(rendering, LETTERHEAD, kind=kind, number=number, signer=_signer())
    return compose(template, READER, Tokens([b"0" * 32]), date).data


def records() -> Mapping[tuple[str, str], str]:
    """Return what DNS says of the sender: the guide tells authors to have it so."""
    key = _signer().keys[0]
    published = " ".join(f'"{key.published[at : at + 255]}"' for at in range(0, len(key.published), 255))
    domain, returns = LETTERHEAD.domain, LETTERHEAD.return_domain
    backwards = ".".join(reversed(RELAY.split(".")))
    return {
        (f"{RELAY_NAME}.", "A"): RELAY,
        (f"{backwards}.in-addr.arpa.", "PTR"): f"{RELAY_NAME}.",
        (f"{domain}.", "MX"): f"10 {RELAY_NAME}.",
        (f"{domain}.", "TXT"): f'"v=spf1 ip4:{RELAY} -all"',
        (f"{returns}.", "MX"): f"10 {RELAY_NAME}.",
        (f"{returns}.", "TXT"): f'"v=spf1 ip4:{RELAY} -all"',
        (f"_dmarc.{domain}.", "TXT"): '"v=DMARC1; p=quarantine"',
        (f"news1._domainkey.{domain}.", "TXT"): published,
    }
