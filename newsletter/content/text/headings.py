"""Heading levels: a post's begin at h2 and skip none; where several posts stand in one mail, they move down."""

import re
from collections.abc import Iterable, Iterator

from newsletter.content.text.elements import HEADINGS
from newsletter.content.text.markup import End, Event, Start

_LEVEL = re.compile(r"(</?h)([1-6])(?=[\s>])")


def demote(html: str, by: int) -> str:
    """Move every heading of clean HTML down by this many levels; h6 is the lowest there is."""
    return _LEVEL.sub(lambda tag: f"{tag[1]}{min(6, int(tag[2]) + by)}", html) if by else html


def level_headings(events: Iterable[Event]) -> Iterator[Event]:
    """Make the highest headings h2, and each deeper one a single level below the one that it belongs to."""
    above: list[int] = []
    current = "h2"
    for event in events:
        if isinstance(event, Start) and event.tag in HEADINGS:
            written = int(event.tag[1])
            while above and above[-1] >= written:
                above.pop()
            above.append(written)
            current = f"h{min(6, 1 + len(above))}"
            yield Start(current, event.attributes)
        elif isinstance(event, End) and event.tag in HEADINGS:
            yield End(current)
        else:
            yield event
