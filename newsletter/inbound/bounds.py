"""How much a message may be: more is refused at every door, before anybody takes it apart. Pure.

What is counted here is what costs memory or time when a message is parsed: octets, headers and parts. Ordinary mail is
far below all of it.
"""

import re

#: Octets of all headers (Gmail takes 500 KB; what people and reports send has a tenth of this).
HEADERS = 256_000

#: Parts of a message, also those within other parts and within reports.
PARTS = 500

#: Different boundaries, and so how deeply parts can lie within each other.
_BOUNDARIES = 100

_END_OF_HEADERS = re.compile(rb"\r?\n\r?\n|\r\r")
_BOUNDARY = re.compile(rb"boundary\s{0,8}=\s{0,8}(?:\"([^\"\r\n]{1,200})\"|([^\s;\"]{1,200}))", re.IGNORECASE)
_DELIMITER = re.compile(rb"(?:^|(?<=[\r\n]))--([^\r\n]{1,210})")


def excess(raw: bytes, *, largest: int) -> str:
    """Say of what a message has too much, in words for its sender; nothing: it is in order."""
    if len(raw) > largest:
        return f"it is larger than {largest // 1_000_000} MB"
    end = _END_OF_HEADERS.search(raw, 0, HEADERS + 4)
    if end is None and len(raw) > HEADERS:
        return f"its headers are larger than {HEADERS // 1000} kB"
    return _excess_of_parts(raw)


def head(raw: bytes) -> bytes:
    """Return the headers, with the empty line after them; no more than is allowed, as each takes room once parsed."""
    end = _END_OF_HEADERS.search(raw, 0, HEADERS + 4)
    return raw[:HEADERS] if end is None else raw[: end.end()]


def _excess_of_parts(raw: bytes) -> str:
    """Count boundaries that are declared anywhere, and the lines that are one of them."""
    boundaries: set[bytes] = set()
    for match in _BOUNDARY.finditer(raw):
        boundaries.add(match[1] or match[2])
        if len(boundaries) > _BOUNDARIES:
            return f"its parts lie within each other more than {_BOUNDARIES} times"
    if not boundaries:
        return ""
    parts = 0
    for match in _DELIMITER.finditer(raw):
        parts += match[1].rstrip() in boundaries
        if parts > PARTS:
            return f"it has more than {PARTS} parts"
    return ""
