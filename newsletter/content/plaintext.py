"""The text part of a mail, from the markup of a post before anything is laid out.

It is made from what Markdown means (headings, lists, quotations, code), never from a mail's finished HTML, whose
layout tables would show. Raw HTML in a post is markup like any other here, so its tables and lists read as well.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from newsletter.content.headings import HEADINGS
from newsletter.content.markup import End, Event, Start, Text
from newsletter.content.texttable import Align, Cell, lay_out
from newsletter.content.wrapping import GLUE, width_of, wrap

WIDTH = 72  # columns
NARROWEST = 24  # columns that a deeply nested text keeps

_MARKS = {
    "strong": "*",
    "b": "*",
    "em": "_",
    "i": "_",
    "code": "`",
    "del": "~~",
    "s": "~~",
    "sup": "^",
    "q": '"',
}
_PARAGRAPHS = frozenset({"p", "div", "caption", "dt"})
_PARTS_OF_TABLES = frozenset({"thead", "tbody", "tfoot", "tr", "td", "th", "table", "caption"})


def to_text(events: Iterable[Event]) -> str:
    """Return plain text, wrapped at 72 columns, with the links as numbered references at its end.

    Code is indented by four spaces and otherwise untouched; a word that is longer than a line stays whole.
    """
    writer = _Writer()
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
class _Indent:
    """What stands before the lines of a list item or a quotation; `first` only before the first."""

    tag: str
    first: str
    rest: str
    used: bool = False
    holds_paragraphs: bool = False


@dataclass(slots=True)
class _List:
    """A list that is being read; `number` counts the items of an ordered one."""

    number: int | None
    notes: bool


class _Writer:
    def __init__(self) -> None:
        self._lines: list[str] = []
        self._words: list[str] = []
        self._indents: list[_Indent] = []
        self._lists: list[_List] = []
        self._links: list[tuple[str, int]] = []
        self._references: dict[str, int] = {}
        self._blank_wanted = False
        self._code_depth = 0
        self._heading_depth = 0
        self._tables = 0
        self._rows: list[list[Cell]] = []
        self._cell: Start | None = None
        self._note_mark = False

    def start(self, start: Start) -> None:
        tag = start.tag
        if self._tables and tag in _PARTS_OF_TABLES:
            self._table_part(start)
        elif self._tables and tag in ("p", "div", "li", "br", "ul", "ol", "dt", "dd", "blockquote", "hr"):
            self._words.append(" ")
        elif tag in ("ul", "ol"):
            self._open_list(start)
        elif tag == "li":
            self._open_item(start)
        elif tag in ("blockquote", "dd"):
            self._flush()
            mark = "> " if tag == "blockquote" else "    "
            self._blank_wanted = self._blank_wanted or tag == "blockquote"
            self._indents.append(_Indent(tag, mark, mark))
        elif tag == "pre":
            self._flush()
            self._code_depth += 1
        elif tag in HEADINGS or tag in _PARAGRAPHS:
            self._open_paragraph(tag)
        elif tag == "table":
            self._flush()
            self._tables, self._rows = 1, []
        else:
            self._inline(start)

    def end(self, tag: str) -> None:
        if self._tables:
            self._end_in_table(tag)
        elif tag in ("ul", "ol"):
            self._flush()
            self._lists = self._lists[:-1]
            self._blank_wanted = self._blank_wanted or not self._lists
        elif tag in ("li", "blockquote", "dd"):
            self._flush()
            self._close_indent(tag)
        elif tag == "pre":
            self._write_code()
        elif tag in HEADINGS:
            self._write_heading(tag)
        elif tag in _PARAGRAPHS:
            self._flush()
            self._blank_wanted = tag != "dt"
        elif tag == "a":
            self._close_link()
        elif tag in _MARKS and not self._code_depth:
            self._mark(tag)

    def text(self, text: str) -> None:
        if self._note_mark:
            return
        self._words.append(text.replace(GLUE, " ") if self._code_depth else text.replace("\u200b", ""))

    def finish(self) -> str:
        self._flush()
        lines = self._lines
        if self._references:
            lines += ["", *(f"[{number}] {href}" for href, number in self._references.items())]
        return "\n".join(line.rstrip() for line in lines).strip("\n")

    # Inline

    def _inline(self, start: Start) -> None:
        tag = start.tag
        if tag == "br":
            self._words.append("\n" if self._code_depth else "\x1e")
        elif tag == "hr":
            self._flush()
            self._blank_wanted = True
            self._put(["* * *"])
            self._blank_wanted = True
        elif tag == "img":
            alt = start.attributes.get("alt", "")
            self._words.append(f"[Image: {alt}]" if alt else "")
        elif tag == "a":
            self._links.append((start.attributes.get("href", ""), len(self._words)))
        elif tag == "sup" and "data-note" in start.attributes:
            self._words.append(f"[^{start.attributes['data-note']}]")
            self._note_mark = True
        elif tag in _MARKS and not self._code_depth:
            self._mark(tag)

    def _mark(self, tag: str) -> None:
        if tag == "sup" and self._note_mark:
            self._note_mark = False
        elif not self._heading_depth or tag not in ("strong", "b"):
            self._words.append(_MARKS[tag] if tag != "sup" or self._words[-1:] != ["^"] else "")

    def _close_link(self) -> None:
        if not self._links:
            return
        href, start = self._links.pop()
        shown = "".join(self._words[start:]).strip()
        bare = href.removeprefix("mailto:")
        if not href or shown in (href, bare, href.rstrip("/"), bare.removeprefix("https://").rstrip("/")):
            return
        number = self._references.setdefault(href, len(self._references) + 1)
        self._words.append(f"{GLUE}[{number}]" if shown else f"[{number}]")

    # Blocks

    def _open_paragraph(self, tag: str) -> None:
        self._flush()
        if self._indents and tag == "p":
            self._indents[-1].holds_paragraphs = True
        if tag in HEADINGS:
            self._blank_wanted = True
            self._heading_depth += 1

    def _write_heading(self, tag: str) -> None:
        self._heading_depth -= 1
        lines = self._wrapped()
        if lines and tag in ("h1", "h2"):
            lines.append(
                ("=" if tag == "h1" else "-") * min(self._width(), max(width_of(line) for line in lines))
            )
        self._put(lines)
        self._blank_wanted = True

    def _write_code(self) -> None:
        self._code_depth -= 1
        code = "".join(self._words).strip("\n")
        self._words.clear()
        if code.strip():
            self._blank_wanted = self._blank_wanted or bool(self._lines)
            self._put([f"    {line}" for line in code.split("\n")])
            self._blank_wanted = True

    def _open_list(self, start: Start) -> None:
        self._flush()
        number = start.attributes.get("start", "1")
        first = int(number) if number.isascii() and number.isdigit() and len(number) < 10 else 1
        notes = "data-notes" in start.attributes
        self._lists.append(_List(first if start.tag == "ol" else None, notes))

    def _open_item(self, start: Start) -> None:
        del start
        self._flush()
        mark = "- "
        if self._lists and (number := self._lists[-1].number) is not None:
            mark = f"[^{number}] " if self._lists[-1].notes else f"{number}. "
            self._lists[-1].number = number + 1
        self._indents.append(_Indent("li", mark, " " * len(mark)))

    def _close_indent(self, tag: str) -> None:
        if self._indents and self._indents[-1].tag == tag:
            closed = self._indents.pop()
            self._blank_wanted = closed.holds_paragraphs or tag == "blockquote"

    def _flush(self) -> None:
        """Write the paragraph that has been read so far."""
        if lines := self._wrapped():
            self._put(lines)

    def _wrapped(self) -> list[str]:
        paragraph = "".join(self._words)
        self._words.clear()
        if not paragraph.strip():
            return []
        parts = paragraph.split("\x1e")
        return [line for part in parts for line in wrap(part, self._width())]

    def _width(self) -> int:
        return max(NARROWEST, WIDTH - sum(len(indent.rest) for indent in self._indents))

    def _put(self, lines: list[str]) -> None:
        for line in lines:
            if self._blank_wanted and self._lines:
                self._lines.append("".join(i.rest if i.used else "" for i in self._indents).rstrip())
            self._blank_wanted = False
            before = ""
            for indent in self._indents:
                before += indent.rest if indent.used else indent.first
                indent.used = True
            self._lines.append(before + line)

    # Tables

    def _table_part(self, start: Start) -> None:
        if start.tag == "table":
            self._tables += 1
        elif self._tables == 1 and start.tag == "tr":
            self._rows.append([])
        elif self._tables == 1 and start.tag in ("td", "th"):
            self._words.clear()
            self._cell = start
        else:
            self._words.append(" ")

    def _end_in_table(self, tag: str) -> None:
        if tag == "table":
            self._tables -= 1
            if not self._tables:
                self._write_table()
        elif self._tables == 1 and tag in ("td", "th") and self._cell is not None:
            self._close_cell(self._cell)
        elif tag == "a":
            self._close_link()
        elif tag in _MARKS and not self._code_depth:
            self._mark(tag)

    def _close_cell(self, start: Start) -> None:
        text = " ".join("".join(self._words).replace("\x1e", " ").split(" ")).strip()
        self._words.clear()
        style = start.attributes.get("style", "")
        align: Align = "right" if "right" in style else "center" if "center" in style else "left"
        cell = Cell(" ".join(text.split("\n")), start.tag == "th", align)
        if self._rows:
            self._rows[-1].append(cell)
        self._cell = None

    def _write_table(self) -> None:
        self._words.clear()
        self._blank_wanted = bool(self._lines)
        self._put(lay_out(self._rows, self._width()))
        self._rows = []
        self._blank_wanted = True
