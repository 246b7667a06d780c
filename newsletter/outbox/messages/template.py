"""A template: one rendering, encoded once for all its readers, with gaps for what is theirs. Pure.

Nothing in it has to be looked at again for a reader. That every line ends in CRLF, is no longer than 998
octets and does not begin with a dot is checked here. A link's gap takes the token alone, which needs no
encoding.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from html import escape
from typing import Protocol

from newsletter.content.post import InlineImage
from newsletter.issues import merge
from newsletter.outbox.messages import listing
from newsletter.outbox.messages.dkim import Seal, Signer
from newsletter.outbox.messages.letterhead import Letterhead
from newsletter.outbox.messages.links import LINKS, lead
from newsletter.outbox.messages.mime import Gap, alternative
from subscribers.tokens import LONGEST

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
    which begin with that of `own`, and then `words`. `places` says which value stands in each.
    """

    letterhead: Letterhead
    domain: str  # that of Message-IDs
    fingerprint: str  # what tells this rendering from every other
    subject: str | None  # with merge fields; None: it is in the first segment
    own: tuple[
        str, ...
    ]  # the header with a token (List-Unsubscribe, or Reply-To), cut where that stands; or empty
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
        subject, text = (lead(words, letterhead.url) for words in (rendering.subject, rendering.text))
        subject = listing.subject_of(letterhead, kind, subject)
        html = lead(rendering.html, escape(letterhead.url))
        frames, fills = _frames(alternative(text, html, rendering.images, fingerprint))
        personal = merge.split(subject)[1::2]
        first, own = listing.own(letterhead, kind)
        needed = {*fills, *map(LINKS.get, personal), first}
        used = (purpose for purpose in LINKS.values() if purpose in needed)
        purposes = tuple(sorted(used, key=lambda purpose: purpose != first))
        words = tuple(dict.fromkeys(fill for fill in fills if isinstance(fill, Gap)))
        frames[0] = b"".join(listing.below(letterhead, kind, number)) + frames[0]
        segments = [listing.top(letterhead, kind, None if personal else subject)]
        for frame in frames:
            segments += (b"", frame)
        _check([*segments, ("x" * LONGEST).join(own).encode()])
        return cls(
            letterhead=letterhead,
            domain=letterhead.domain,
            fingerprint=fingerprint,
            subject=subject if personal else None,
            own=own,
            purposes=purposes,
            words=words,
            places=tuple(map([*purposes, *words].index, fills)),
            segments=tuple(segments),
            seal=signer.prepare(segments) if signer else None,
        )


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
