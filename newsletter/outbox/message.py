"""A message: prepared once for each rendering, composed for each reader. Pure.

Preparing encodes everything that readers share, and leaves gaps; composing fills the gaps and joins. A
message is pure ASCII unless an address needs SMTPUTF8; no line is longer than 998 octets, none begins with a
dot.

A notice says that no machine should answer it (Auto-Submitted, RFC 3834). It names no way to unsubscribe
where there is nothing to unsubscribe from: before the confirmation, and after the goodbye.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from hashlib import sha256
from html import escape
from typing import Protocol
from urllib.parse import quote

from newsletter.content.post import InlineImage
from newsletter.issues import merge
from newsletter.outbox.headers import clean, mailbox, safe_address, unstructured, verbatim
from newsletter.outbox.letterhead import Letterhead
from newsletter.outbox.mime import Gap, alternative
from newsletter.outbox.quoting import encode_value
from newsletter.transport.protocol import Envelope
from subscribers.address import parse
from subscribers.tokens import Tokens

#: Purposes of the tokens in a message: no link does what another one is for.
UNSUBSCRIBE, PREFERENCES, CONFIRM, BOUNCE = "unsubscribe", "preferences", "confirm", "bounce"

#: Kinds of mail that go to readers who can unsubscribe.
_TO_SUBSCRIBERS = frozenset({"issue", "welcome"})

#: The path under the site's URL and the token's purpose for each link.
_LINKS = {
    merge.UNSUBSCRIBE_URL: UNSUBSCRIBE,
    merge.PREFERENCES_URL: PREFERENCES,
    merge.CONFIRM_URL: CONFIRM,
}


class Rendered(Protocol):
    """What a template is prepared from: :class:`newsletter.issues.rendering.Rendering`."""

    @property
    def subject(self) -> str: ...
    @property
    def html(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def images(self) -> tuple[InlineImage, ...]: ...


@dataclass(frozen=True, slots=True)
class Reader:
    """Whom a message is for. `delivery_id` is None for previews and trials, which are recorded nowhere."""

    delivery_id: int | None
    subscriber_id: int
    email: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """One reader's copy: `data` is the message with CRLF line ends, ready for DATA or for an .eml file."""

    envelope: Envelope
    data: bytes


@dataclass(frozen=True, slots=True)
class Template:
    """A rendering, encoded. Between the first two frames stand the reader's headers, then `gaps` in turn."""

    letterhead: Letterhead
    kind: str
    subject: str | None  # with merge fields; None: it is in the first frame
    fingerprint: str  # what tells this rendering from every other
    frames: tuple[bytes, ...]
    gaps: tuple[Gap, ...]

    @classmethod
    def prepare(
        cls, rendering: Rendered, letterhead: Letterhead, *, kind: str = "issue", number: int | None = None
    ) -> "Template":
        """Encode a rendering of a kind (issue, confirm, welcome, goodbye); `number` is that of the issue.

        Raises ValueError when a setting cannot stand in a header.
        """
        fingerprint = _fingerprint(rendering)
        personal = len(merge.split(rendering.subject)) > 1
        top = mailbox("From", letterhead.from_name, letterhead.from_address)
        top += mailbox("Reply-To", "", letterhead.reply_to)
        top += b"" if personal else unstructured("Subject", rendering.subject)
        frames, gaps = [top, b"".join(_common(letterhead, kind, number))], []
        for piece in alternative(rendering.text, rendering.html, rendering.images, fingerprint):
            if isinstance(piece, bytes):
                frames[-1] += piece
            else:
                gaps.append(piece)
                frames.append(b"")
        subject = rendering.subject if personal else None
        return cls(letterhead, kind, subject, fingerprint, tuple(frames), tuple(gaps))

    @property
    def to_subscribers(self) -> bool:
        """Whether the mail goes to people who can unsubscribe."""
        return self.kind in _TO_SUBSCRIBERS


def compose(template: Template, reader: Reader, tokens: Tokens, date: datetime) -> Message:
    """Make one reader's message, dated `date` (aware).

    The same delivery always gets the same Message-ID. Raises ValueError or InvalidAddress for an address that
    cannot be mailed to.
    """
    letterhead = template.letterhead
    address, smtputf8 = _wire_address(reader.email)
    values = _Values(letterhead, reader, tokens)
    parts = [template.frames[0], _personal(template, reader, address, values, date)]
    for frame, gap in zip(template.frames[1:], template.gaps, strict=False):
        value = values[gap.field]
        parts += (frame, encode_value(escape(value) if gap.html else value))
    parts.append(template.frames[-1])
    sender = letterhead.return_path(tokens.sign(BOUNCE, reader.delivery_id or 0))
    return Message(Envelope(sender, address, smtputf8), b"".join(parts))


class _Values(dict[str, str]):
    """The merge fields' values for one reader; a token is signed when it is first asked for."""

    def __init__(self, letterhead: Letterhead, reader: Reader, tokens: Tokens) -> None:
        super().__init__({merge.READER_NAME: clean(reader.name), merge.READER_EMAIL: reader.email})
        self._letterhead = letterhead
        self._reader = reader
        self._tokens = tokens

    def __missing__(self, field: str) -> str:
        purpose = _LINKS[field]
        url = self[field] = f"{self._letterhead.url}/{purpose}/{self.token(purpose)}"
        return url

    def token(self, purpose: str) -> str:
        """Sign for the reader; a confirmation also names the mail that asked for it."""
        if purpose == CONFIRM:
            return self._tokens.sign(purpose, self._reader.subscriber_id, self._reader.delivery_id or 0)
        return self._tokens.sign(purpose, self._reader.subscriber_id)


def _personal(template: Template, reader: Reader, address: str, values: _Values, date: datetime) -> bytes:
    """Return the headers that differ from reader to reader."""
    letterhead = template.letterhead
    headers = mailbox("To", reader.name, address)
    if template.subject is not None:
        cut = merge.split(template.subject)
        cut[1::2] = [values[field] for field in cut[1::2]]
        headers += unstructured("Subject", "".join(cut))
    basis = reader.delivery_id if reader.delivery_id is not None else f"trial-{date.timestamp() * 1e6:.0f}"
    message_id = f"<{basis}.{template.fingerprint}@{letterhead.domain}>"
    headers += f"Date: {format_datetime(date)}\r\nMessage-ID: {message_id}\r\n".encode()
    if template.to_subscribers:
        url = values[merge.UNSUBSCRIBE_URL]
        mailto = _mailto(letterhead.unsubscribe(url.rpartition("/")[2]))
        headers += verbatim("List-Unsubscribe", f"<{url}>", f"<{mailto}>")
    return headers


def _common(letterhead: Letterhead, kind: str, number: int | None) -> Iterator[bytes]:
    """Yield the headers that all readers share, but for those that stand above."""
    title = clean(letterhead.title)
    plain = title.isascii() and not set(title) & set('()<>[]:;@\\,."=')
    yield verbatim("List-Id", f"{title if plain else ''} <{letterhead.list_id}>".lstrip())
    # RFC 8058, section 4 knows one-click unsubscribing over HTTPS only
    if kind in _TO_SUBSCRIBERS and letterhead.url.startswith("https://"):
        yield verbatim("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")
    yield verbatim("List-Help", f"<{_mailto(letterhead.command('help'))}>")
    yield verbatim("List-Owner", f"<{_mailto(letterhead.reply_to)}>")
    yield verbatim("List-Archive", f"<{letterhead.url}/archive>")
    if kind == "issue":
        yield verbatim("List-Post", "NO")  # RFC 2369, section 3.4: a list that only announces
        yield verbatim("Precedence", "bulk")
    else:
        yield verbatim("Auto-Submitted", "auto-generated")
    campaign = f"issue-{number}" if number is not None else kind
    yield verbatim("Feedback-ID", f"{campaign}:{letterhead.domain}:{kind}:{letterhead.sender_id}")
    yield verbatim("MIME-Version", "1.0")


def _mailto(address: str) -> str:
    return "mailto:" + quote(safe_address(address), safe="@+!$*/=_-.~")


def _fingerprint(rendering: Rendered) -> str:
    """Return a digest of a frozen rendering.

    It is in the Message-ID, for a delivery's number alone comes again when a site's database is made anew.
    It is no secret and depends on no key, so that a repeat has the same Message-ID after a key rotation, too.
    """
    frozen = "\0".join((rendering.subject, rendering.text, rendering.html))
    return sha256(frozen.encode("utf-8", "replace")).hexdigest()[:16]


def _wire_address(email: str) -> tuple[str, bool]:
    """Return an address as the wire wants it, and whether it needs SMTPUTF8."""
    if email.isascii():
        return safe_address(email), False
    address = parse(email)
    return address.ascii_email or address.email, address.smtputf8
