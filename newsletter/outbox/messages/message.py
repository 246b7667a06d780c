"""A message: composed for each reader from a template that was prepared once. Pure.

Composing fills the template's gaps and joins nothing: who sends the segments writes them as they are. A
message is pure ASCII unless an address needs SMTPUTF8; no line is longer than 998 octets, none begins with a
dot.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import lru_cache
from html import escape

from newsletter.issues import merge
from newsletter.outbox.messages.headers import clean, mailbox, unstructured
from newsletter.outbox.messages.links import CONFIRM, LINKS
from newsletter.outbox.messages.mime import Gap
from newsletter.outbox.messages.quoting import SOFT_BREAK, encode_value
from newsletter.outbox.messages.template import Template
from newsletter.transport.protocol import Envelope, Message
from subscribers.address import parse
from subscribers.tokens import Tokens

#: The purpose of a return path's token, which names the delivery.
BOUNCE = "bounce"


@dataclass(frozen=True, slots=True)
class Reader:
    """Whom a message is for. `delivery_id` is None for previews and trials, which are recorded nowhere."""

    delivery_id: int | None
    subscriber_id: int
    email: str
    name: str = ""


def compose(template: Template, reader: Reader, tokens: Tokens, date: datetime) -> Message:
    """Make one reader's message, dated `date` (aware), signed where the template has a seal.

    The same delivery always gets the same Message-ID, whose left part is the envelope's id. Raises ValueError
    or InvalidAddress for an address that cannot be mailed to.
    """
    delivery = reader.delivery_id
    # trials have no number, and no two of them are the same message
    basis = f"trial-{date.timestamp() * 1e6:.0f}" if delivery is None else delivery
    identity = f"{basis}.{template.fingerprint}"
    address, smtputf8 = _wire_address(reader.email)
    signed = _sign(template, reader, tokens)
    values = [
        token.encode() + SOFT_BREAK for token in signed
    ]  # their letters, digits and dots need no encoding
    if template.words:
        values += [_encode(gap, reader) for gap in template.words]
    segments = list(template.segments)
    segments[1] = _headers(template, reader, address, identity, signed, date)
    segments[3::2] = map(values.__getitem__, template.places)
    if template.seal:
        segments.insert(0, template.seal.sign(segments, int(date.timestamp())))
    sender = template.letterhead.return_path(tokens.sign(BOUNCE, delivery or 0))
    envelope = Envelope(sender, address, smtputf8, "" if delivery is None else identity)
    return Message(envelope, tuple(segments), ready=True)


def _sign(template: Template, reader: Reader, tokens: Tokens) -> list[str]:
    """Sign each link for the reader; a confirmation also names the mail that asked for it."""
    signed = tokens.sign_each(template.purposes, reader.subscriber_id)
    if CONFIRM in template.purposes:
        place = template.purposes.index(CONFIRM)
        signed[place] = tokens.sign(CONFIRM, reader.subscriber_id, reader.delivery_id or 0)
    return signed


def _encode(gap: Gap, reader: Reader) -> bytes:
    words = _words(gap.field, reader)
    return encode_value(escape(words) if gap.html else words)


def _words(field: str, reader: Reader) -> str:
    return clean(reader.name) if field == merge.READER_NAME else reader.email


def _headers(
    template: Template, reader: Reader, address: str, identity: str, signed: list[str], date: datetime
) -> bytes:
    """Return the headers that differ from reader to reader."""
    named = mailbox("To", reader.name, address)
    if template.subject is not None:
        named += _subject(template.subject, template, reader, signed)
    message_id = f"<{identity}@{template.domain}>"
    own = signed[0].join(template.own) if template.own else ""
    dated = _dated(int(date.timestamp()))
    return named + f"Date: {dated}\r\nMessage-ID: {message_id}\r\n{own}".encode()


def _subject(subject: str, template: Template, reader: Reader, signed: list[str]) -> bytes:
    own = dict(zip(template.purposes, signed, strict=True))
    cut = merge.split(subject)
    cut[1::2] = [own[LINKS[field]] if field in LINKS else _words(field, reader) for field in cut[1::2]]
    return unstructured("Subject", "".join(cut))


@lru_cache(maxsize=8)  # all messages of a second share their date
def _dated(second: int) -> str:
    return format_datetime(datetime.fromtimestamp(second, UTC))


def _wire_address(email: str) -> tuple[str, bool]:
    """Return an address as the wire wants it, and whether it needs SMTPUTF8; whether it is safe is seen later."""
    if email.isascii():
        return email, False
    address = parse(email)
    return address.ascii_email or address.email, address.smtputf8
