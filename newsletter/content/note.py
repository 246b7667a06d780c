"""The author's words for the next issue, from `_next.md` beside the posts: a subject and an introduction."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from newsletter.content.folder import fields, reading
from newsletter.content.post import InlineImage, Post, Problem
from newsletter.content.text.addresses import Delivery
from newsletter.content.text.manuscript import read_manuscript
from newsletter.content.text.references import References


@dataclass(frozen=True, slots=True)
class Note:
    """What `_next.md` says. A note with an error among its problems must not be used."""

    path: str  # as a post's
    subject: str | None
    intro_html: str  # "" where there is no introduction
    intro_text: str
    hash: str  # SHA-256 of the whole file, hexadecimal: a note is used once
    problems: tuple[Problem, ...] = ()
    images: tuple[InlineImage, ...] = ()  # that the introduction shows by `cid:`


def read_note(
    data: bytes,
    *,
    path: str,
    dialect: str,
    meta: bool,
    references: References,
    read_image: Callable[[Path], bytes | None],
    delivery: Delivery = "link",
) -> Note | None:
    """Make a note of a file's bytes; None where nothing is written in it. `meta` as in `frontmatter.parse`."""
    digest = hashlib.sha256(data).hexdigest()
    matter = reading.parsed(data, path=path, meta=meta)
    if isinstance(matter, Problem):
        return Note(path, None, "", "", digest, (matter,))
    subject = fields.text(matter.fields.get("subject")) or fields.text(matter.fields.get("title"))
    if not matter.body.strip():
        return Note(path, subject, "", "", digest) if subject else None
    body_hash = reading.hashed(matter.body)
    words = read_manuscript(
        Post(id=path, path=path, title=subject or "", slug="", published_at=None, body_hash=body_hash),
        matter.body,
        dialect=dialect,
        first_line=matter.first_line,
        references=references,
        read_image=read_image,
        delivery=delivery,
    )
    return Note(path, subject, words.html, words.text, digest, words.problems, words.images)
