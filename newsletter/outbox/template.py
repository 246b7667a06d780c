"""A template: one rendering, encoded once for all its readers, with gaps for what is theirs. Pure.

Nothing in it has to be looked at again for a reader. That every line ends in CRLF, is no longer than 998
octets and does not begin with a dot is checked here. A link is the site's but for the token at its end, so
its gap takes the token alone, which needs no encoding.

A notice says that no machine should answer it (Auto-Submitted, RFC 3834). It names no way to unsubscribe
where there is nothing to unsubscribe from: before the confirmation, and after the goodbye.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from html import escape
from typing import Protocol
from urllib.parse import quote

from newsletter.content.post import InlineImage
from newsletter.issues import merge
from newsletter.outbox.dkim import Seal, Signer
from newsletter.outbox.headers import clean, mailbox, safe_address, unstructured, verbatim
from newsletter.outbox.letterhead import Letterhead
from newsletter.outbox.mime import Gap, alternative
from subscribers.tokens import LONGEST_OF_ONE

#: Purposes of the links' tokens: no link does what another one is for.
UNSUBSCRIBE, PREFERENCES, CONFIRM = "unsubscribe", "preferences", "confirm"

#: The purpose of each link's token, which is also the link's place under the site's URL.
LINKS = {
    merge.UNSUBSCRIBE_URL: UNSUBSCRIBE,
    merge.PREFERENCES_URL: PREFERENCES,
    merge.CONFIRM_URL: CONFIRM,
}

#: Kinds of mail that go to readers who can unsubscribe.
_TO_SUBSCRIBERS = frozenset({"issue", "welcome"})

#: Octets of a line (RFC 5322, section 2.1.1).
_LINE = 998


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
class Template:
    """A rendering, encoded. `segments` are those of a message, and empty at the odd places.

    Into the first of these go the reader's headers, into the others values: a token for each of `purposes`,
    which begin with that of `unsubscribe`, and then `words`. `places` says which value stands in each.
    """

    letterhead: Letterhead
    domain: str  # that of Message-IDs
    fingerprint: str  # what tells this rendering from every other
    subject: str | None  # with merge fields; None: it is in the first segment
    unsubscribe: tuple[
        str, ...
    ]  # List-Unsubscribe, cut where its token stands; empty: there is no such header
    purposes: tuple[str, ...]
    words: tuple[Gap, ...]
    places: tuple[int, ...]
    segments: tuple[bytes, ...]
    seal: Seal | None  # None: the messages are not signed here

    @classmethod
    def prepare(
        cls,
        rendering: Rendered,
        letterhead: Letterhead,
        *,
        kind: str = "issue",
        number: int | None = None,
        signer: Signer | None = None,
    ) -> "Template":
        """Encode a rendering of a kind (issue, confirm, welcome, goodbye); `number` is that of the issue.

        Raises ValueError when a setting cannot stand in a header.
        """
        fingerprint = _fingerprint(rendering)
        subject, text = (_linked(words, letterhead.url) for words in (rendering.subject, rendering.text))
        html = _linked(rendering.html, escape(letterhead.url))
        frames, fills = _frames(alternative(text, html, rendering.images, fingerprint))
        common = b"".join(_common(letterhead, kind, number))
        personal = merge.split(subject)[1::2]
        unsubscribe = _unsubscribe(letterhead) if kind in _TO_SUBSCRIBERS else ()

        needed = {*fills, *map(LINKS.get, personal), UNSUBSCRIBE if unsubscribe else None}
        purposes = tuple(purpose for purpose in LINKS.values() if purpose in needed)
        words = tuple(dict.fromkeys(fill for fill in fills if isinstance(fill, Gap)))
        values = [*purposes, *words]
        segments = [_top(letterhead, None if personal else subject), b"", common + frames[0]]
        for frame in frames[1:]:
            segments += (b"", frame)
        _check(segments)
        return cls(
            letterhead=letterhead,
            domain=letterhead.domain,
            fingerprint=fingerprint,
            subject=subject if personal else None,
            unsubscribe=unsubscribe,
            purposes=purposes,
            words=words,
            places=tuple(map(values.index, fills)),
            segments=tuple(segments),
            seal=signer.prepare(segments) if signer else None,
        )


def _linked(text: str, url: str) -> str:
    """Put what all readers' links begin with before their merge fields, which then stand for the tokens alone."""
    cut = merge.split(text)
    cut[1::2] = [f"{url}/{LINKS[field]}/{field}" if field in LINKS else field for field in cut[1::2]]
    return "".join(cut)


def _frames(pieces: Iterator[bytes | Gap]) -> tuple[list[bytes], list[str | Gap]]:
    """Return what stands between the gaps, and what fills each: a token of a purpose, or words."""
    frames: list[bytes] = [b""]
    fills: list[str | Gap] = []
    for piece in pieces:
        if isinstance(piece, bytes):
            frames[-1] += piece
        else:
            fills.append(LINKS.get(piece.field, piece))
            frames.append(b"")
    return frames, fills


def _top(letterhead: Letterhead, subject: str | None) -> bytes:
    """Return the headers that stand above the reader's own."""
    top = mailbox("From", letterhead.from_name, letterhead.from_address)
    top += mailbox("Reply-To", "", letterhead.reply_to)
    return top if subject is None else top + unstructured("Subject", subject)


def _unsubscribe(letterhead: Letterhead) -> tuple[str, ...]:
    """Return the List-Unsubscribe header, cut where its token stands: in the page's address and in the mailbox's."""
    page, mailto = (
        _linked(merge.UNSUBSCRIBE_URL, letterhead.url),
        letterhead.unsubscribe(merge.UNSUBSCRIBE_URL),
    )
    header = verbatim("List-Unsubscribe", f"<{page}>", f"<{_mailto(mailto)}>").decode()
    cut = tuple(header.split(merge.UNSUBSCRIBE_URL))
    _check([("x" * LONGEST_OF_ONE).join(cut).encode()])
    return cut


def _common(letterhead: Letterhead, kind: str, number: int | None) -> Iterator[bytes]:
    """Yield the headers that all readers share and that stand below their own."""
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


def _check(segments: Sequence[bytes]) -> None:
    """Make sure that SMTP need change nothing: segments of whole lines, none too long, none with a dot first."""
    for segment in segments:
        *lines, rest = segment.split(b"\r\n")
        if rest or any(b"\r" in line or b"\n" in line or line.startswith(b".") for line in lines):
            raise ValueError("a line of the mail does not end in CRLF, or begins with a dot")
        if max(map(len, lines), default=0) > _LINE:
            raise ValueError(f"a line of the mail is longer than {_LINE} octets")
