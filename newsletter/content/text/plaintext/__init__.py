"""The text part of a mail, from the markup of a post before anything is laid out.

It is made from what Markdown means (headings, lists, quotations, code), never from a mail's finished HTML, whose
layout tables would show. Raw HTML in a post is markup like any other here, so its tables and lists read as well.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from newsletter.content.text.elements import HEADINGS
from newsletter.content.text.markup import End, Event, Start, Text
from newsletter.content.text.plaintext.lines import Indent, Lines
from newsletter.content.text.plaintext.phrases import BREAK, Phrases
from newsletter.content.text.plaintext.tables import TableReader
from newsletter.content.text.plaintext.wrapping import GLUE, width_of, wrap

_PARAGRAPHS = frozenset({"p", "div", "caption", "dt"})
_INDENTS = {"blockquote": "> ", "dd": "    "}


def to_text(events: Iterable[Event], language: str = "en") -> str:
    """Return plain text, wrapped at 76 columns for format=flowed, with the links as numbered references at its end.

    Code is indented by four spaces and otherwise untouched; a word that is longer than a line stays whole. What
    we add ourselves is in `language`, that of the text.
    """
    writer = _Writer(language)
    for event in events:
        match event:
            case Start():
                writer.start(event)
            case End(tag):
                writer.end(tag)
            case Text(text):
                writer.text(text)
    return writer.finish()


@dataclass(slots=True)
class _List:
    """A list that is being read; `number` counts the items of an ordered one."""

    number: int | None
    notes: bool


class _Writer:
    def __init__(self, language: str) -> None:
        self._lines = Lines()
        self._phrases = Phrases(language)
        self._lists: list[_List] = []
        self._table: TableReader | None = None

    def start(self, start: Start) -> None:
        tag = start.tag
        if self._table is not None:
            self._table.start(start)
        elif tag in ("ul", "ol"):
            self._open_list(start)
        elif tag == "li":
            self._open_item()
        elif tag in _INDENTS:
            self._flush()
            self._lines.blank_wanted = self._lines.blank_wanted or tag == "blockquote"
            self._lines.indents.append(Indent(tag, _INDENTS[tag], _INDENTS[tag]))
        elif tag == "pre":
            self._flush()
            self._phrases.in_code = True
        elif tag in HEADINGS or tag in _PARAGRAPHS:
            self._open_paragraph(tag)
        elif tag == "table":
            self._flush()
            self._table = TableReader(self._phrases)
        elif tag == "hr":
            self._write_rule()
        else:
            self._phrases.start(start)

    def end(self, tag: str) -> None:
        if self._table is not None:
            self._end_in_table(self._table, tag)
        elif tag in ("ul", "ol"):
            self._flush()
            self._lists = self._lists[:-1]
            self._lines.blank_wanted = self._lines.blank_wanted or not self._lists
        elif tag == "li" or tag in _INDENTS:
            self._flush()
            self._lines.close_indent(tag)
        elif tag == "pre":
            self._write_code()
        elif tag in HEADINGS:
            self._write_heading(tag)
        elif tag in _PARAGRAPHS:
            self._flush()
            self._lines.blank_wanted = tag != "dt"
        else:
            self._phrases.end(tag)

    def text(self, text: str) -> None:
        self._phrases.add(text)

    def finish(self) -> str:
        self._flush()
        references = [f"[{number}] {href}" for href, number in self._phrases.references.items()]
        return self._lines.joined("", *references)

    # Paragraphs and headings

    def _open_paragraph(self, tag: str) -> None:
        self._flush()
        if self._lines.indents and tag == "p":
            self._lines.indents[-1].holds_paragraphs = True
        if tag in HEADINGS:
            self._lines.blank_wanted = True
            self._phrases.in_heading = True

    def _write_heading(self, tag: str) -> None:
        lines = self._wrapped()
        self._phrases.in_heading = False
        if lines and tag in ("h1", "h2"):
            lines.append(("=" if tag == "h1" else "-") * max(width_of(line) for line in lines))
        self._lines.put(lines)
        self._lines.blank_wanted = True

    def _write_rule(self) -> None:
        self._flush()
        self._lines.blank_wanted = True
        self._lines.put(["* * *"])
        self._lines.blank_wanted = True

    def _write_code(self) -> None:
        self._phrases.in_code = False
        code = self._phrases.take().strip("\n")
        if code.strip():
            self._lines.blank_wanted = self._lines.blank_wanted or bool(self._lists)
            self._lines.put([f"    {line.rstrip()}" for line in code.replace(GLUE, " ").split("\n")])
            self._lines.blank_wanted = True

    # Lists and quotations

    def _open_list(self, start: Start) -> None:
        self._flush()
        number = start.attributes.get("start", "1")
        first = int(number) if number.isascii() and number.isdigit() and len(number) < 10 else 1
        notes = "data-notes" in start.attributes
        self._lists.append(_List(first if start.tag == "ol" else None, notes))

    def _open_item(self) -> None:
        self._flush()
        mark = "- "
        if self._lists and (number := self._lists[-1].number) is not None:
            mark = f"[^{number}] " if self._lists[-1].notes else f"{number}. "
            self._lists[-1].number = number + 1
        self._lines.indents.append(Indent("li", mark, " " * len(mark)))

    # Tables

    def _end_in_table(self, table: TableReader, tag: str) -> None:
        if not table.end(tag):
            return
        self._table = None
        self._lines.blank_wanted = bool(self._lines)
        for caption in table.captions:
            self._lines.put(wrap(caption, self._lines.width))
            self._lines.blank_wanted = True
        self._lines.put(table.lay_out(self._lines.width))
        self._lines.blank_wanted = True

    # Lines

    def _flush(self) -> None:
        """Write the paragraph that has been read so far."""
        self._lines.put(self._wrapped())

    def _wrapped(self) -> list[str]:
        paragraph = self._phrases.take()
        if not paragraph.strip():
            return []
        width, flowed = self._lines.width, self._lines.may_flow and not self._phrases.in_heading
        return [line for part in paragraph.split(BREAK) for line in wrap(part, width, flowed=flowed)]
