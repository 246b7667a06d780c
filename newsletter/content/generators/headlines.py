"""Titles that stand elsewhere than in a field: in the first heading, or in the name of the file."""

import re

_HEADING = re.compile(r"\s*#[ \t]+(.+?)[ \t]*#*[ \t]*(?:\n|$)")
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_EMPHASIS = re.compile(r"[*`]+|(?<!\w)_+|_+(?!\w)")


def titled(stem: str) -> str:
    """Make a title of a file name: `a-day-out` becomes "A day out"."""
    words = " ".join(re.split(r"[-_\s]+", stem)).strip()
    return words[:1].upper() + words[1:]


def first_heading(body: str) -> str:
    """Return the text of a level 1 heading with which a text begins, without its Markdown; "" if none."""
    match = _HEADING.match(body)
    return _EMPHASIS.sub("", _LINK.sub(r"\1", match[1])).strip() if match else ""
