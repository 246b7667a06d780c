"""Fits a post's markup to a mail: absolute links, images that arrive, only elements that mail programs know."""

from collections.abc import Iterable
from dataclasses import dataclass

from newsletter.content.post import InlineImage, Problem
from newsletter.content.text.addresses import Place
from newsletter.content.text.elements import EMBEDDED, VOID
from newsletter.content.text.fitting.embedding import Embedded
from newsletter.content.text.fitting.tidying import set_figures, without_empty
from newsletter.content.text.fitting.writing import Closers, Writer
from newsletter.content.text.markup import End, Event, Start, Text

__all__ = ["Fitted", "fit"]

DEEPEST = 40  # elements; lxml, by which styles are inlined later, refuses 256


@dataclass(frozen=True, slots=True)
class Fitted:
    """Markup that may stand in a mail, the images that travel along, and what was lost."""

    events: tuple[Event, ...]
    images: tuple[InlineImage, ...]
    problems: tuple[Problem, ...]


def fit(events: Iterable[Event], place: Place) -> Fitted:
    """Fit the markup of a post to a mail."""
    writer = Writer(place)
    fitting = _Fitting(writer)
    for event in events:
        fitting.take(event)
    return Fitted(
        tuple(without_empty(set_figures(writer.written))), writer.pictures.inline, tuple(writer.problems)
    )


class _Fitting:
    """Keeps account of the elements that are open, and of what is left out because it cannot be embedded."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._open: list[tuple[str, Closers]] = []
        self._embedded: Embedded | None = None

    def take(self, event: Event) -> None:
        match event:
            case Start():
                self._start(event)
            case End():
                self._end()
            case Text(text) if self._embedded is None:
                self._writer.text(text)

    def _start(self, start: Start) -> None:
        tag = start.tag
        closers: Closers = ()
        if self._embedded is not None:
            self._embedded.look_at(start)
        elif tag in EMBEDDED:
            self._embedded = Embedded(start)
            if tag in VOID:
                self._write_link(self._embedded)
        elif tag in VOID or len(self._open) < DEEPEST:
            closers = self._writer.start(start)
        if tag not in VOID:
            self._open.append((tag, closers))

    def _end(self) -> None:
        if not self._open:
            return
        tag, closers = self._open.pop()
        if self._embedded is not None and tag == self._embedded.tag and not self._is_inside(tag):
            self._write_link(self._embedded)
        self._writer.end(tag, closers)

    def _is_inside(self, tag: str) -> bool:
        """Say whether the thing that is being left out is still open (an `object` may stand in an `object`)."""
        return any(opened == tag for opened, _ in self._open)

    def _write_link(self, embedded: Embedded) -> None:
        self._embedded = None
        inline = any(tag not in ("div", "figure", "section", "article", "details") for tag, _ in self._open)
        self._writer.link_to(embedded, inline=inline)
