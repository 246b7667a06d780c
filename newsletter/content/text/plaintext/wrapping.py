"""Wrapping text at a width that every terminal and every quotation has room for."""

import re
import unicodedata

GLUE = "\x1f"  # stands for a space at which no line may break

# Chinese and Japanese have no spaces: a line may break between any two of these characters.
_WIDE = re.compile("([\u2e80-\u303f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff00-\uffef])")
_NEVER_FIRST = frozenset("、。，．・：；？！）」』】〕〉》”’ーぁぃぅぇぉっゃゅょァィゥェォッャュョ")


def width_of(text: str) -> int:
    """Return the columns that a text takes; wide East Asian characters take two (Unicode TR 11)."""
    if text.isascii():
        return len(text)
    return sum(_columns(character) for character in text)


def wrap(text: str, width: int, *, flowed: bool = False) -> list[str]:
    """Return the lines of a paragraph; a word that is too long has a line for itself and stays whole.

    With `flowed`, a line that goes on in the next one ends with a space, by which mail programs know that they may join
    the two in a window of another width (RFC 3676, section 4.1). Between ideographs there is no space to break at.
    """
    lines: list[str] = []
    line: list[str] = []
    used = 0
    for piece, spaced in _pieces(text):
        columns = width_of(piece)
        if line and used + spaced + columns > width:
            lines.append("".join(line) + (" " if flowed and spaced else ""))
            line, used = [], 0
        if line and spaced:
            line.append(" ")
            used += 1
        line.append(piece)
        used += columns
    if line:
        lines.append("".join(line))
    return [line.replace(GLUE, " ") for line in lines]


def _pieces(text: str) -> list[tuple[str, bool]]:
    """Return what must stay together, and whether a space stands before it."""
    pieces: list[tuple[str, bool]] = []
    for word in re.split(r"[ \t\n]+", text):
        spaced = True
        for part in _WIDE.split(word) if not word.isascii() else (word,):
            if not part:
                continue
            if pieces and not spaced and part in _NEVER_FIRST:
                pieces[-1] = (pieces[-1][0] + part, pieces[-1][1])
            else:
                pieces.append((part, spaced))
            spaced = False
    return pieces


def _columns(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
