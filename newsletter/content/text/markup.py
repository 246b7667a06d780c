"""Clean HTML as a stream of starts, ends and texts: what a post's HTML and its plain text are both written from."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from html import escape, unescape

MORE = "more"  # the tag of our own mark for the end of the summary

# nh3 writes every attribute in double quotes and escapes "<" and ">" in values and text, so this reads all of it.
_TAG = re.compile(r'<(/?)([a-z][a-z0-9]*)((?:\s+[a-z][a-z0-9-]*="[^"]*")*)\s*/?>')
_ATTRIBUTE = re.compile(r'([a-z][a-z0-9-]*)="([^"]*)"')
_NOTHING: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Start:
    """A start tag; a void one has no end."""

    tag: str
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class End:
    """An end tag."""

    tag: str


@dataclass(frozen=True, slots=True)
class Text:
    """Text as it is read, without entities."""

    text: str


Event = Start | End | Text


def read(html: str) -> Iterator[Event]:
    """Read HTML that nh3 wrote; the text inside `iframe`, which is not markup, is left out."""
    position = 0
    inside: str | None = None
    for tag in _TAG.finditer(html):
        closing, name = bool(tag[1]), tag[2]
        if inside is not None:
            if not (closing and name == inside):
                continue
        elif tag.start() > position:
            yield Text(unescape(html[position : tag.start()]))
        position = tag.end()
        inside = "iframe" if name == "iframe" and not closing else None
        if closing:
            yield End(name)
        else:
            yield Start(name, _attributes(tag[3]) if tag[3] else _NOTHING)
    if position < len(html) and inside is None:
        yield Text(unescape(html[position:]))


def write(events: Iterable[Event]) -> str:
    """Write HTML."""
    pieces: list[str] = []
    for event in events:
        match event:
            case Text(text):
                pieces.append(escape(text, quote=False))
            case Start(tag, attributes):
                written = "".join(f' {name}="{escape(value)}"' for name, value in attributes.items())
                pieces.append(f"<{tag}{written}>")
            case End(tag):
                pieces.append(f"</{tag}>")
    return "".join(pieces)


def plain(events: Iterable[Event]) -> str:
    """Return the text alone, as one line."""
    return " ".join("".join(event.text for event in events if isinstance(event, Text)).split())


def _attributes(written: str) -> dict[str, str]:
    return {name: unescape(value) for name, value in _ATTRIBUTE.findall(written)}
