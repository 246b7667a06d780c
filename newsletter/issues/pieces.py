"""How a post stands in an issue: what the templates are given for each one."""

from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from typing import Literal

from newsletter.content.note import Note
from newsletter.content.post import Manuscript, Picture
from newsletter.content.text.headings import demote
from newsletter.content.text.markup import plain, read
from newsletter.issues import wording
from newsletter.issues.merge import shield


@dataclass(frozen=True, slots=True)
class Piece:
    """A post as the templates see it. `html` and `text` hold all of it if `in_full`, else its summary.

    `published` is in the newsletter's time zone; `language` and `direction` are given only where they are not
    those of the mail.
    """

    title: str
    url: str | None
    published: datetime | None
    authors: tuple[str, ...]
    tags: tuple[str, ...]
    words: int
    language: str | None
    direction: Literal["ltr", "rtl"] | None
    cover: Picture | None
    summary: str  # one line of plain text
    html: str
    text: str
    in_full: bool


def make_piece(
    manuscript: Manuscript,
    *,
    in_full: bool,
    among_others: bool,
    language: str,
    own_language: str,
    timezone: tzinfo | None,
) -> Piece:
    """Set a post in full or as its summary; among others its headings go one level down, below its own title.

    The mail is in `language`, and a post that names none in the newsletter's own. No word of the author's can act as a
    merge field, and a cover that the text shows is not shown twice.
    """
    post, cover = manuscript.post, manuscript.cover
    html = manuscript.html if in_full else manuscript.summary_html
    written_in = post.language or own_language
    other_language = written_in if written_in != language else None
    return Piece(
        title=shield(post.title),
        url=post.url,
        published=post.published_at and post.published_at.astimezone(timezone),
        authors=tuple(map(shield, post.authors)),
        tags=tuple(map(shield, post.tags)),
        words=manuscript.words,
        language=other_language,
        direction=wording.direction(other_language) if other_language else None,
        cover=None if cover is None or cover.src in html else cover,
        summary=shield(plain(read(manuscript.summary_html))),
        html=shield(demote(html, 1) if among_others else html),
        text=shield(manuscript.text if in_full else manuscript.summary_text),
        in_full=in_full,
    )


def shielded(note: Note | None) -> Note | None:
    """Return the author's words for this issue, with no merge field in them either."""
    if note is None:
        return None
    return replace(
        note,
        subject=note.subject and shield(note.subject),
        intro_html=shield(note.intro_html),
        intro_text=shield(note.intro_text),
    )
