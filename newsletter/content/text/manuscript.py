"""From the text of a post to its manuscript: translated, parsed, fitted to a mail, and written twice."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from newsletter.content.post import InlineImage, Manuscript, Picture, Post, Problem
from newsletter.content.text import dialects
from newsletter.content.text.addresses import Delivery, Place
from newsletter.content.text.elements import HEADINGS
from newsletter.content.text.fitting import Fitted, fit
from newsletter.content.text.fitting.pictures import Pictures
from newsletter.content.text.headings import level_headings
from newsletter.content.text.markdown import parse, to_html
from newsletter.content.text.markup import MORE, End, Event, Start, Text, plain
from newsletter.content.text.plaintext import to_text
from newsletter.content.text.references import References
from newsletter.content.text.summary import before_more, first_paragraph, prose

_WORD = re.compile(r"[^\W_]+(?:['’\-][^\W_]+)*")
_IDEOGRAPH = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af]")


@dataclass(frozen=True, slots=True)
class _Source:
    """A post's place, and the dialect that it is written in."""

    post: Post
    dialect: str
    place: Place


def read_manuscript(
    post: Post,
    body: str,
    *,
    dialect: str,
    first_line: int,
    references: References,
    read_image: Callable[[Path], bytes | None],
    delivery: Delivery = "link",
) -> Manuscript:
    """Return the post with its text. Never fails for what an author wrote: what is lost becomes a problem.

    `body` is the text below the front matter, and begins on line `first_line` of the file. `read_image` returns the
    bytes of a local image, or None if it cannot be read. Raises KeyError for a dialect that is unknown.
    """
    source = _Source(post, dialect, Place(post.path, post.url, references, read_image, delivery))
    text = dialects.readable(body)
    fitted = _set(source, text, first_line)
    events = _without_title(fitted.events, post.title)
    shown = [event for event in level_headings(events) if event != Start(MORE)]
    summary = _summary(source, events)
    cover, cover_images, cover_problems = _cover(source)
    return Manuscript(
        post=post,
        html=to_html(shown),
        text=to_text(shown, post.language or "en"),
        summary_html=to_html(summary.events),
        summary_text=to_text(summary.events, post.language or "en"),
        words=count_words(shown),
        cover=cover,
        images=_each_once((*cover_images, *fitted.images, *summary.images)),
        problems=_in_order(
            (*_too_long(post, body, text, first_line), *fitted.problems, *summary.problems, *cover_problems)
        ),
        source=body,
        first_line=first_line,
    )


def count_words(events: Sequence[Event]) -> int:
    """Return how many words there are to read, without code; two ideographs count as one word."""
    words, in_code = 0, 0
    for event in events:
        if isinstance(event, Text):
            ideographs = len(_IDEOGRAPH.findall(event.text)) if not event.text.isascii() else 0
            prose_alone = _IDEOGRAPH.sub(" ", event.text) if ideographs else event.text
            words += 0 if in_code else len(_WORD.findall(prose_alone)) + (ideographs + 1) // 2
        elif event.tag == "pre":
            in_code += 1 if isinstance(event, Start) else -1
    return words


def _too_long(post: Post, body: str, text: str, first_line: int) -> tuple[Problem, ...]:
    """Say so if only a part of a post is read."""
    if len(text) == len(body):
        return ()
    message = f"the post has {len(body):,} characters, and is cut here after {len(text):,}"
    remedy = "Split it, or let the issue hold its summary only."
    return (Problem(post.path, first_line + text.count("\n"), "too-long", message, remedy),)


def _set(source: _Source, text: str, first_line: int | None) -> Fitted:
    """Translate, parse and fit a text. Without a first line, as in a front matter's summary, problems name none."""
    place = source.place
    translation = dialects.translate(
        text, source.dialect, path=place.path, first_line=first_line or 1, references=place.references
    )
    lines = translation.lines

    def line_of(line: int) -> int:
        return (first_line + lines[min(line, len(lines) - 1)]) if first_line else 0

    fitted = fit(parse(translation.markdown, line_of), place)
    found = translation.problems if first_line else tuple(replace(p, line=None) for p in translation.problems)
    return replace(fitted, problems=(*found, *fitted.problems))


def _without_title(events: Sequence[Event], title: str) -> Sequence[Event]:
    """Drop the heading with which a text begins if it repeats the title, which a mail shows already."""
    for index, event in enumerate(events):
        if isinstance(event, Text) and not event.text.strip():
            continue
        if isinstance(event, Start) and event.tag in HEADINGS:
            end = events.index(End(event.tag), index)
            if plain(events[index:end]).casefold() == " ".join(title.split()).casefold():
                return events[end + 1 :]
        return events
    return events


def _summary(source: _Source, events: Sequence[Event]) -> Fitted:
    """`<!--more-->` comes before the front matter's summary, and both before the first paragraph."""
    if (marked := before_more(events)) is not None:
        return Fitted(tuple(prose(marked)), (), ())
    if source.post.summary and source.post.summary.strip():
        fitted = _set(source, source.post.summary, None)
        written = tuple(prose(fitted.events))
        if plain(written):
            return replace(fitted, events=written, images=())
    return Fitted(tuple(first_paragraph(events)), (), ())


def _cover(source: _Source) -> tuple[Picture | None, tuple[InlineImage, ...], tuple[Problem, ...]]:
    post = source.post
    if not post.cover:
        return None, (), ()
    pictures = Pictures(source.place)
    picture, finding = pictures.find(post.cover, post.cover_alt)
    problem = Problem(post.path, None, finding.kind, finding.message, finding.remedy) if finding else None
    return picture, pictures.inline, (problem,) if problem else ()


def _each_once(images: Sequence[InlineImage]) -> tuple[InlineImage, ...]:
    return tuple({image.cid: image for image in images}.values())


def _in_order(problems: Sequence[Problem]) -> tuple[Problem, ...]:
    return tuple(sorted(dict.fromkeys(problems), key=lambda problem: (problem.line or 0, problem.kind)))
