"""What a digest shows of a post: the part before `<!--more-->`, or its first paragraph, as prose."""

from collections.abc import Iterable, Iterator, Sequence

from newsletter.content.text.elements import HEADINGS, VOID
from newsletter.content.text.markup import MORE, End, Event, Start, Text, plain

LONGEST = 700  # characters of a first paragraph; the author's own summaries are never cut
SHORTEST = 60  # characters that say something: "Hello everybody!" does not
_LEFT_OUT = HEADINGS | {"img", "hr", "table"}


def before_more(events: Sequence[Event]) -> list[Event] | None:
    """Return what stands before the author's mark, or None where there is no mark or nothing before it."""
    opened: list[str] = []
    for index, event in enumerate(events):
        if isinstance(event, Start):
            if event.tag == MORE:
                summary = [*events[:index], *(End(tag) for tag in reversed(opened))]
                return summary if _says_anything(prose(summary)) else None
            if event.tag not in VOID:
                opened.append(event.tag)
        elif isinstance(event, End) and opened:
            opened.pop()
    return None


def first_paragraph(events: Sequence[Event]) -> list[Event]:
    """Return the first paragraph that says something, shortened if it is very long; else the first words there are.

    One that is as short as a greeting says nothing of the post, so the next one is added.
    """
    summary: list[Event] = []
    for start, end in _paragraphs(events):
        paragraph = list(prose(events[start:end]))
        if plain(paragraph):
            summary += paragraph
        if len(plain(summary)) >= SHORTEST:
            break
    if not _says_anything(prose(events)):
        return []
    return shorten(summary or [Start("p"), Text(plain(prose(events))), End("p")])


def prose(events: Iterable[Event]) -> Iterator[Event]:
    """Leave out what a summary does not show: headings, images, tables, rules, and the marks of footnotes."""
    leaving: list[str] = []
    for event in events:
        if leaving:
            if isinstance(event, Start) and event.tag == leaving[-1]:
                leaving.append(event.tag)
            elif isinstance(event, End) and event.tag == leaving[-1]:
                leaving.pop()
        elif isinstance(event, Start) and (event.tag in _LEFT_OUT or _is_note(event)):
            if event.tag not in VOID:
                leaving.append(event.tag)
        elif event != Start(MORE):
            yield event


def shorten(events: Sequence[Event], longest: int = LONGEST) -> list[Event]:
    """Cut after a whole word, when there is more than this many characters of text."""
    kept: list[Event] = []
    opened: list[str] = []
    left = longest
    for event in events:
        if isinstance(event, Text):
            if len(event.text) > left:
                kept.append(Text(_cut(event.text, left)))
                return [*kept, *(End(tag) for tag in reversed(opened))]
            left -= len(event.text)
        elif isinstance(event, Start) and event.tag not in VOID:
            opened.append(event.tag)
        elif isinstance(event, End):
            opened.pop()
        kept.append(event)
    return kept


def _cut(text: str, longest: int) -> str:
    """Return the whole words that fit; a text without spaces, as in Chinese, is cut at a character."""
    head = text[:longest]
    words, space, _ = head.rpartition(" ")
    return f"{words.rstrip(' ,;:–—-') if space else head} …"


def _paragraphs(events: Sequence[Event]) -> Iterator[tuple[int, int]]:
    start = None
    for index, event in enumerate(events):
        if isinstance(event, Start) and event.tag == "p" and start is None:
            start = index
        elif isinstance(event, End) and event.tag == "p" and start is not None:
            yield start, index + 1
            start = None


def _says_anything(events: Iterable[Event]) -> bool:
    return any(isinstance(event, Text) and event.text.strip() for event in events)


def _is_note(start: Start) -> bool:
    return "data-note" in start.attributes or "data-notes" in start.attributes
