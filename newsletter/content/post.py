"""A post, and what can be wrong with one. Pure values: reading files is :mod:`newsletter.content.reader`'s work."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in a content folder that an author should know: what, where, and what to do."""

    path: str  # relative to the content folder, with forward slashes
    line: int | None
    kind: str  # a stable name, such as "front-matter", "no-date", "shortcode"
    message: str
    remedy: str
    severity: Literal["error", "warning"] = "warning"  # an error keeps the post from being sent

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}" if self.line else self.path
        return f"{place}: {self.message} ({self.remedy})" if self.remedy else f"{place}: {self.message}"


@dataclass(frozen=True, slots=True)
class Post:
    """One post of the content folder: everything about it but its text.

    `id` is the identity that decides what is new: the front matter's `id`, else the path without date,
    extension and language. `held_back` says why the post may not be sent, whatever the time is.
    """

    id: str
    path: str  # relative to the content folder, with forward slashes
    title: str
    slug: str
    published_at: datetime | None  # aware
    body_hash: str  # SHA-256 of the text below the front matter, hexadecimal
    url: str | None = None  # the public address, None when no site is known
    updated_at: datetime | None = None
    expires_at: datetime | None = None
    tags: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    language: str | None = None
    summary: str | None = None  # Markdown from the front matter; the text has its own way to give one
    cover: str | None = None  # the image as written in the front matter
    cover_alt: str = ""
    silenced: tuple[str, ...] = ()  # rules of preflight that its author does not want to hear of
    held_back: str | None = None

    def why_not_sendable(self, now: datetime) -> str | None:
        """Say in a few words why this post may not be sent at `now`, or None if it may."""
        if self.held_back is not None:
            return self.held_back
        if self.published_at is None:
            return "no date"
        if self.published_at > now:
            return f"not before {self.published_at:%Y-%m-%d %H:%M %Z}"
        if self.expires_at is not None and self.expires_at <= now:
            return f"expired {self.expires_at:%Y-%m-%d %H:%M %Z}"
        return None


@dataclass(frozen=True, slots=True)
class InlineImage:
    """A picture that travels inside the mail and is shown by its `cid:` address."""

    cid: str  # without the angle brackets
    content_type: str
    filename: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Picture:
    """An image as a mail shows it; `src` is an absolute URL or `cid:…`. Sizes are in pixels, where known."""

    src: str
    alt: str
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True, slots=True)
class Manuscript:
    """A post with its text, ready to be set: cleaned HTML, plain text, and the pictures that travel along.

    Headings in `html` begin at h2 and skip no level. Every link is absolute; every image is absolute or `cid:`.
    """

    post: Post
    html: str
    text: str
    summary_html: str  # one or a few paragraphs, no headings
    summary_text: str
    words: int
    cover: Picture | None = None
    images: tuple[InlineImage, ...] = ()
    problems: tuple[Problem, ...] = ()
    source: str = field(default="", repr=False)  # the text as it was written
    first_line: int = 1  # of the file, on which that begins

    def line_of(self, *words: str) -> int | None:
        """Return the line of the file on which the first of these stands that its author wrote so; None: none does."""
        for wanted in words:
            if wanted and (place := self.source.find(wanted)) >= 0:
                return self.first_line + self.source.count("\n", 0, place)
        return None
