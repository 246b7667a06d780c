"""Quoted-printable (RFC 2045, section 6.7) in pieces that can be joined. Pure.

The standard library encodes whole bodies only. A template is encoded once, with gaps for what differs from
reader to reader, so each piece begins at the beginning of a line and ends where the next one can begin. Two
things are encoded that need not be: a dot at the beginning of a line, so that SMTP has nothing to double, and
"From " there, so that no mailbox file makes it ">From " and breaks a signature.
"""

import re

#: Octets on a line before the soft break's "=", which is the 76th (RFC 2045, section 6.7, rule 5).
_WIDTH = 75

SOFT_BREAK = b"=\r\n"

_LINE_END = re.compile(r"\r?\n")

# What fits on one line and stands for itself: most addresses and names.
_PLAIN = re.compile(r"(?!\.|From )[!-<>-~](?:[ -<>-~]{0,73}[!-<>-~])?")

_TABLE = [f"={octet:02X}" for octet in range(256)]
for _octet in (*range(33, 61), *range(62, 127), 32, 9):
    _TABLE[_octet] = chr(_octet)


def encode(text: str, *, continued: bool = False) -> bytes:
    """Encode text that begins at the beginning of a line; line ends become CRLF, a lone CR stays one.

    With `continued`, another piece follows: where this one ends within a line, it ends in a soft break, so
    that the next one, too, begins at the beginning of a line.
    """
    *lines, last = _LINE_END.split(text)
    encoded = [_line(line.encode("utf-8", "replace")) for line in lines]
    if last:
        encoded.append(_line(last.encode("utf-8", "replace")) + ("=\r\n" if continued else ""))
    else:
        encoded.append("")
    return "\r\n".join(encoded).encode("ascii")


def encode_value(value: str) -> bytes:
    """Encode what is put into a gap: one line, followed by a soft break."""
    if _PLAIN.fullmatch(value):
        return value.encode() + SOFT_BREAK
    return encode(value, continued=True)


def _line(octets: bytes) -> str:
    """Encode one line, broken softly so that no line is longer than 76 characters."""
    cells = [_TABLE[octet] for octet in octets]
    if cells and cells[-1] in " \t":  # rule 3: white space at the end of a line may be lost on the way
        cells[-1] = f"={octets[-1]:02X}"
    lines: list[str] = []
    start, width = 0, 0
    for position, cell in enumerate(cells):
        if width + len(cell) > _WIDTH:
            lines.append(_begin(cells[start:position]))
            start, width = position, 0
        if position == start and (cell == "." or octets.startswith(b"From ", position)):
            width += 2
        width += len(cell)
    lines.append(_begin(cells[start:]))
    return "=\r\n".join(lines)


def _begin(cells: list[str]) -> str:
    """Join the cells of one line, its beginning guarded."""
    if cells and (cells[0] == "." or cells[:5] == ["F", "r", "o", "m", " "]):
        return f"={ord(cells[0]):02X}" + "".join(cells[1:])
    return "".join(cells)
