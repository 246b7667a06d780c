"""A table in plain text: columns in line where they fit, else one short record for every row."""

from dataclasses import dataclass
from typing import Literal

from newsletter.content.text.elements import BLOCKS
from newsletter.content.text.markup import Start
from newsletter.content.text.plaintext.phrases import Phrases
from newsletter.content.text.plaintext.wrapping import GLUE, width_of, wrap

Align = Literal["left", "right", "center"]
_GAP = "  "


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell, as one line."""

    text: str
    is_head: bool = False
    align: Align = "left"


class TableReader:
    """Reads a table's cells, each as one line; a table inside a cell is read as part of its text."""

    def __init__(self, phrases: Phrases) -> None:
        self.captions: list[str] = []
        self._phrases = phrases
        self._rows: list[list[Cell]] = []
        self._depth = 1
        self._cell: Start | None = None

    def start(self, start: Start) -> None:
        """Take a start tag inside the table."""
        tag = start.tag
        if tag == "table":
            self._depth += 1
        elif self._depth == 1 and tag == "tr":
            self._rows.append([])
        elif self._depth == 1 and tag in ("td", "th", "caption"):
            self._phrases.take()
            self._cell = start
        elif tag in BLOCKS or tag == "br":
            self._phrases.add(" ")
        else:
            self._phrases.start(start)

    def end(self, tag: str) -> bool:
        """Take an end tag; say whether it ends the table."""
        if tag == "table":
            self._depth -= 1
            return self._depth == 0
        if self._depth == 1 and tag in ("td", "th", "caption") and self._cell is not None:
            self._close_cell(self._cell)
        elif tag not in BLOCKS:
            self._phrases.end(tag)
        return False

    def lay_out(self, width: int) -> list[str]:
        """Return the lines of the table, once it has ended."""
        self._phrases.take()
        return lay_out(self._rows, width)

    def _close_cell(self, start: Start) -> None:
        text = " ".join(self._phrases.take().split())
        self._cell = None
        if start.tag == "caption":
            self.captions.append(text)
        elif self._rows:
            style = start.attributes.get("style", "")
            align: Align = "right" if "right" in style else "center" if "center" in style else "left"
            self._rows[-1].append(Cell(text, start.tag == "th", align))


def lay_out(rows: list[list[Cell]], width: int) -> list[str]:
    """Return the lines of a table."""
    rows = [row for row in rows if any(cell.text for cell in row)]
    if not rows:
        return []
    columns = max(len(row) for row in rows)
    rows = [row + [Cell("")] * (columns - len(row)) for row in rows]
    widths = [max(width_of(row[column].text) for row in rows) for column in range(columns)]
    if sum(widths) + len(_GAP) * (columns - 1) <= width:
        return _aligned(rows, widths)
    return _records(rows, width)


def _aligned(rows: list[list[Cell]], widths: list[int]) -> list[str]:
    lines: list[str] = []
    for number, row in enumerate(rows):
        padded = (_pad(cell, columns) for cell, columns in zip(row, widths, strict=True))
        lines.append(_GAP.join(padded).rstrip().replace(GLUE, " "))
        if number == 0 and _is_head(row):
            lines.append(_GAP.join("-" * columns for columns in widths))
    return lines


def _records(rows: list[list[Cell]], width: int) -> list[str]:
    """A row reads "Head: text" for every column, and a blank line parts it from the next."""
    heads = [cell.text for cell in rows[0]] if _is_head(rows[0]) and len(rows) > 1 else []
    lines: list[str] = []
    for row in rows[1:] if heads else rows:
        if lines:
            lines.append("")
        for column, cell in enumerate(row):
            if not cell.text:
                continue
            named = f"{heads[column]}: {cell.text}" if heads and heads[column] else cell.text
            first, *rest = wrap(named, width) or [""]
            lines += [first, *(f"  {line}" for line in wrap(" ".join(rest), width - 2))]
    return lines


def _is_head(row: list[Cell]) -> bool:
    return all(cell.is_head or not cell.text for cell in row)


def _pad(cell: Cell, columns: int) -> str:
    missing = columns - width_of(cell.text)
    if cell.align == "right":
        return " " * missing + cell.text
    if cell.align == "center":
        return " " * (missing // 2) + cell.text + " " * (missing - missing // 2)
    return cell.text + " " * missing
