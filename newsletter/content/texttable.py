"""A table in plain text: columns in line where they fit, else one short record for every row."""

from dataclasses import dataclass
from typing import Literal

from newsletter.content.wrapping import GLUE, width_of, wrap

Align = Literal["left", "right", "center"]
_GAP = "  "


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell, as one line."""

    text: str
    is_head: bool = False
    align: Align = "left"


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
