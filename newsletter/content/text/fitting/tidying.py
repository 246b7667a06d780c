"""The last touches to fitted markup: figures become paragraphs, and nothing empty is left."""

from collections.abc import Iterable, Iterator, Sequence

from newsletter.content.text.elements import BLOCKS
from newsletter.content.text.markup import End, Event, Start, Text

_CELLS = frozenset({"table", "thead", "tbody", "tfoot", "tr", "th", "td"})
_EMPTIABLE = BLOCKS - _CELLS - {"pre", "hr"} | {
    "a", "strong", "em", "b", "i", "span", "small", "sub", "sup", "del", "s",
}  # fmt: skip


def without_empty(events: Iterable[Event]) -> Iterator[Event]:
    """Drop elements in which nothing is left, so that no empty paragraph takes its space."""
    kept: list[Event] = []
    for event in events:
        if isinstance(event, End) and event.tag in _EMPTIABLE:
            end = len(kept)
            while end and isinstance(blank := kept[end - 1], Text) and not blank.text.strip(" \t\n"):
                end -= 1
            if end and isinstance(opening := kept[end - 1], Start) and opening.tag == event.tag:
                del kept[end - 1 :]
                continue
        kept.append(event)
    return iter(kept)


def set_figures(events: Sequence[Event]) -> Iterator[Event]:
    """Make a figure of image and caption one paragraph, as Markdown writes it; one that holds more becomes a `div`."""
    holds_blocks: list[bool] = []  # of the figures that are open, the outermost first
    for index, event in enumerate(events):
        match event:
            case Start("figure"):
                holds_blocks.append(_holds_blocks(events, index))
                yield Start("div" if holds_blocks[-1] else "p")
            case End("figure"):
                yield End("div" if holds_blocks.pop() else "p")
            case Start("figcaption"):
                block = not holds_blocks or holds_blocks[-1]
                yield from (Start("div"),) if block else (Start("br"),)
                yield Start("small")
            case End("figcaption"):
                yield End("small")
                if not holds_blocks or holds_blocks[-1]:
                    yield End("div")
            case Text(text) if holds_blocks and not holds_blocks[-1] and not text.strip():
                continue  # the line breaks between image and caption
            case _:
                yield event


def _holds_blocks(events: Sequence[Event], index: int) -> bool:
    """Say whether the figure that begins here holds what no paragraph may, or does not begin with its image."""
    begins_with_image = False
    for event in events[index + 1 :]:
        if event == End("figure"):
            return False
        if isinstance(event, Start):
            if (
                event.tag in BLOCKS
                or event.tag == "figure"
                or (event.tag == "figcaption" and not begins_with_image)
            ):
                return True
            begins_with_image = begins_with_image or event.tag == "img"
    return False
