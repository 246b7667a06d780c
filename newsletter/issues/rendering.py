"""From posts to what is sent: subject, HTML and text, made once for all who get the same posts in one language.

No clock, no network; the only files that are read are templates.
"""

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

import lxml.html
from premailer import Premailer

from newsletter.content.note import Note
from newsletter.content.post import InlineImage, Manuscript, Problem
from newsletter.content.text.plaintext.lines import trimmed
from newsletter.issues import serving, wording
from newsletter.issues.design import Design
from newsletter.issues.fitting import SIZE_LIMIT, can_be_shortened, fewest, shortened, too_large
from newsletter.issues.pieces import Piece, make_piece, shielded
from newsletter.issues.serving import ServedImage
from newsletter.issues.speaking import one_line
from newsletter.issues.templating import Templates
from newsletter.issues.turning import turn
from newsletter.issues.typesetting import set_type

#: Between declarations of a style; there are thousands, and Gmail counts bytes.
_BLANKS = re.compile(r"\s*([;:,])\s*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Masthead:
    """Who publishes and what this issue is called; `date` is in the newsletter's time zone.

    `language` is the one in which the mail speaks to its readers; the title, the author's words and the posts that name
    no other are in `own_language`. Images that have no address of their own travel inside the mail, or, with
    `serves_images`, are fetched from `url`.
    """

    title: str
    sender: str
    date: datetime
    url: str | None = None  # where readers reach our pages
    postal_address: str = ""
    language: str = "en"
    own_language: str = ""  # the newsletter's; none: the same
    archive_url: str | None = None
    number: int | None = None
    design: Design = field(default_factory=Design)
    serves_images: bool = False

    @property
    def direction(self) -> Literal["ltr", "rtl"]:
        return wording.direction(self.language)

    @property
    def own_direction(self) -> Literal["ltr", "rtl"]:
        return wording.direction(self.own_language or self.language)


@dataclass(frozen=True, slots=True)
class FrozenPost:
    """A post as it was called when an issue with it was made."""

    identity: str
    title: str
    url: str | None


@dataclass(frozen=True, slots=True)
class Rendering:
    """Subject, HTML and text for one set of posts in one language; merge fields are still in it.

    `problems` are those of the manuscripts and of the note, and what showed only when they stood together.
    """

    subject: str
    preheader: str
    html: str
    text: str
    images: tuple[InlineImage, ...] = ()  # that travel along
    posts: tuple[FrozenPost, ...] = ()
    problems: tuple[Problem, ...] = ()
    served: tuple[ServedImage, ...] = ()  # that are fetched from our pages
    language: str = "en"


def render_issue(
    manuscripts: Sequence[Manuscript],
    masthead: Masthead,
    templates: Templates,
    *,
    body: Literal["summary", "full"],
    note: Note | None,
    size_limit: int = SIZE_LIMIT,
) -> Rendering:
    """Render an issue of at least one post. An issue of one post is that post, in full.

    A post without a public URL always stands in full, since its readers could not read on elsewhere. Where
    the HTML would pass `size_limit` (bytes), posts fall back to their summaries, last first, and `problems`
    says which; if that is not enough, a problem of severity "error" says so. Raises TemplateError.
    """
    alone = len(manuscripts) == 1
    wanted = [m for m in manuscripts if alone or body == "full" or m.post.url is None]
    long = [m for m in wanted if can_be_shortened(m)]
    words = shielded(note)
    images = [*(note.images if note else ()), *(image for m in manuscripts for image in m.images)]
    attempts: dict[int, Rendering] = {}

    def attempt(count: int) -> bool:
        summarised = {m.post.id for m in long[len(long) - count :]}
        full = {m.post.id for m in wanted} - summarised
        pieces = [_piece(m, masthead, in_full=m.post.id in full, among_others=not alone) for m in manuscripts]
        attempts[count] = _render("issue", masthead, templates, images, posts=pieces, note=words)
        return _size(attempts[count]) <= size_limit

    count = fewest(attempt, len(long))
    if count not in attempts:
        attempt(count)
    rendering = attempts[count]
    return replace(
        rendering,
        posts=tuple(FrozenPost(m.post.id, m.post.title, m.post.url) for m in manuscripts),
        problems=(
            *(problem for m in manuscripts for problem in m.problems),
            *(note.problems if note else ()),
            *(shortened(m, size_limit) for m in long[len(long) - count :]),
            *too_large(manuscripts, _size(rendering), size_limit),
        ),
    )


def render_notice(kind: str, masthead: Masthead, templates: Templates, **facts: object) -> Rendering:
    """Render a notice: `confirm` (may be given `how` they asked), `welcome` (may be given `cadence`) or `goodbye`.

    Raises TemplateError.
    """
    return _render(kind, masthead, templates, (), **{"cadence": None, "how": "", **facts})


def _piece(manuscript: Manuscript, masthead: Masthead, *, in_full: bool, among_others: bool) -> Piece:
    return make_piece(
        manuscript,
        in_full=in_full,
        among_others=among_others,
        language=masthead.language,
        own_language=masthead.own_language or masthead.language,
        timezone=masthead.date.tzinfo,
    )


def _render(
    kind: str, masthead: Masthead, templates: Templates, files: Sequence[InlineImage], **facts: Any
) -> Rendering:
    def fill(part: str, **more: object) -> str:
        return templates.render(f"email/{kind}/{part}", masthead=masthead, **facts, **more)

    subject = one_line(fill("subject.txt"))
    preheader = one_line(fill("preheader.txt", subject=subject))
    page = fill("body.html", subject=subject, preheader=preheader)
    text = fill("body.txt", subject=subject, preheader=preheader)
    lines = map(trimmed, text.strip().split("\n"))
    html = inlined(page, masthead.design.measure)
    shown = _images_in(
        html, files if masthead.design.logo_file is None else [masthead.design.logo_file, *files]
    )
    served: tuple[ServedImage, ...] = ()
    if masthead.serves_images and masthead.url:
        (html, served), shown = serving.with_addresses(html, shown, masthead.url), ()
    body = "\n".join(lines) + "\n"
    return Rendering(subject, preheader, html, body, shown, served=served, language=masthead.language)


def inlined(page: str, measure: int) -> str:
    """Move the styles into the elements, since many clients drop or cut the style sheet of a mail."""
    document = lxml.html.document_fromstring(page)
    set_type(document, measure=measure)
    turn(document)
    premailer = Premailer(
        allow_network=False,
        disable_validation=True,  # it knows no `mso-` property
        disable_leftover_css=True,
        strip_important=False,  # else it also strips those that dark mode and phones need
        align_floating_images=False,  # slow, and nothing floats here
        disable_basic_attributes=["align", "bgcolor", "height", "valign", "width"],  # the templates say them
        cssutils_logging_level=logging.CRITICAL,
    )
    premailer.transform(document)
    for element in document.iter():
        if style := element.get("style"):
            element.set("style", _BLANKS.sub(r"\1", style))
    inlined: str = lxml.html.tostring(document, encoding="unicode", doctype="<!DOCTYPE html>")
    return inlined + "\n"


def _size(rendering: Rendering) -> int:
    return len(rendering.html.encode())


def _images_in(html: str, files: Sequence[InlineImage]) -> tuple[InlineImage, ...]:
    """Return the pictures that are shown, each of them once."""
    return tuple({image.cid: image for image in files if f"cid:{image.cid}" in html}.values())
