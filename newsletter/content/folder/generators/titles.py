"""Titles that stand elsewhere than in a field: in the first heading, or in the name of the file."""

import re

_HEADING = re.compile(r"#[ \t]+(?P<text>.*)")
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_EMPHASIS = re.compile(r"[*`]+|(?<!\w)_+|_+(?!\w)")
#: A longer first line is no heading; patterns need not look at megabytes.
_LONGEST = 500


def titled(stem: str) -> str:
    """Make a title of a file name: `a-day-out` becomes "A day out"."""
    words = " ".join(re.split(r"[-_\s]+", stem)).strip()
    return words[:1].upper() + words[1:]


def first_heading(body: str) -> str:
    """Return the text of a level 1 heading with which a text begins, without its Markdown; "" if none."""
    line = body.lstrip()[:_LONGEST].partition("\n")[0]
    match = _HEADING.fullmatch(line)
    if match is None:
        return ""
    text = match["text"].strip()
    closed = text.rstrip("#")
    return _EMPHASIS.sub(
        "", _LINK.sub(r"\1", (closed if closed.endswith((" ", "\t")) else text).strip())
    ).strip()
