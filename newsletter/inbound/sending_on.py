"""Sending a person's message on to the author: as it came, with the issue that it answers named above it.

Not an octet of what its sender's domain signed is touched, so that it arrives as theirs (DKIM, and so DMARC). The mark
is in headers of our own, by which mail programs can sort; the subject of an answer names the issue by itself.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime

from sqlalchemy import Connection, select

from newsletter.inbound.guards import SENT_ON
from newsletter.inbound.incoming import Incoming
from newsletter.issues.tables import issues
from newsletter.outbox import to_author
from newsletter.outbox.messages.headers import mailbox, unstructured, verbatim
from newsletter.outbox.messages.letterhead import Letterhead, letterhead_of
from newsletter.outbox.tables import deliveries
from newsletter.site import Site

#: Message-IDs of an answer that are looked at.
_LOOKED_AT = 20

#: What servers on the way here wrote about their own delivery; it would be untrue further on.
_OF_THIS_DELIVERY = re.compile(
    rb"(?:Return-Path|Delivered-To|X-Original-To|Envelope-To):[^\n]*\n(?:[ \t][^\n]*\n)*", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class _Answered:
    """The issue that a message answers."""

    number: int
    subject: str


def send_on(connection: Connection, site: Site, incoming: Incoming, now: datetime) -> None:
    """Send a message on to the author."""
    letterhead = letterhead_of(site.settings)
    answered = _answered(connection, incoming.answers[:_LOOKED_AT], letterhead)
    author = site.settings.author_address
    marks = mailbox("Resent-To", "", author.ascii_email or author.email)
    marks += mailbox("Resent-From", letterhead.from_name, letterhead.from_address)
    marks += verbatim("Resent-Date", format_datetime(now.astimezone(UTC)))
    marks += verbatim(SENT_ON, letterhead.list_id)
    if answered is not None:
        marks += unstructured("X-Newsletter-Issue", f"{answered.number} ({answered.subject})")
    raw = marks + _without_traces(incoming.raw)
    to_author.forward(connection, raw=raw, key=f"reply:{incoming.identity}", now=now)


def _answered(connection: Connection, ids: Iterable[str], letterhead: Letterhead) -> _Answered | None:
    """Return the issue whose messages had one of these Message-IDs, of which the delivery is the left part."""
    ours = re.compile(rf"<(\d{{1,18}})\.[0-9a-f]{{16}}@{re.escape(letterhead.domain)}>")
    for message_id in ids:
        if found := ours.fullmatch(message_id):
            query = (
                select(issues.c.number, issues.c.subject)
                .join(deliveries, deliveries.c.issue_number == issues.c.number)
                .where(deliveries.c.id == int(found[1]))
            )
            if row := connection.execute(query).one_or_none():
                return _Answered(*row)
    return None


def _without_traces(raw: bytes) -> bytes:
    """Return a message without the lines above it that are about its delivery to us."""
    start = 0
    while trace := _OF_THIS_DELIVERY.match(raw, start):
        start = trace.end()
    return raw[start:]
