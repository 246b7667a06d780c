"""From the bytes of a file to a post, and what is wrong with it. Pure: the bytes are given."""

import hashlib
from typing import NamedTuple

from newsletter.content.folder import frontmatter
from newsletter.content.folder.frontmatter import FrontMatter
from newsletter.content.folder.generators import Rules
from newsletter.content.folder.generators.source import Source
from newsletter.content.folder.notations import NotationError
from newsletter.content.post import Post, Problem
from newsletter.content.text import dialects

#: A longer file is no text that somebody wrote, and is not opened.
SIZE_LIMIT = 5_000_000


class Reading(NamedTuple):
    """What one file gave. A file without `post` is broken (an error says so), or is a page and no post."""

    post: Post | None
    problems: tuple[Problem, ...] = ()


def read(data: bytes, *, path: str, place: str, rules: Rules) -> Reading:
    """Read a file; whatever its bytes are, the result is a post or a problem, never an exception."""
    opened = open_source(data, path=path, place=place, rules=rules)
    if isinstance(opened, Problem):
        return Reading(None, (opened,))
    if rules.is_page(opened):
        return Reading(None)
    post = rules.describe(opened)
    marks = dialects.problems(
        rules.filled(opened.matter.body), rules.name, path=path, first_line=opened.matter.first_line
    )
    if not opened.matter.body.strip() and post.held_back is None:
        opened.complain("empty", "This post has no text.", "Write some, or mark it as a draft.")
    return Reading(post, (*opened.problems, *marks))


def open_source(data: bytes, *, path: str, place: str, rules: Rules) -> Source | Problem:
    """Make a source of a file, or say why that cannot be done."""
    matter = parsed(data, path=path, meta=rules.meta)
    if isinstance(matter, Problem):
        return matter
    inherited = rules.inherit(place, matter.fields)
    return Source(path, place, rules.read_name(place), matter, inherited, hashed(matter.body))


def parsed(data: bytes, *, path: str, meta: bool) -> FrontMatter | Problem:
    """Split a file into its fields and its text, or say why that cannot be done. `meta` as in `frontmatter.parse`."""
    text = decoded(data, path=path)
    if isinstance(text, Problem):
        return text
    try:
        return frontmatter.parse(text, meta=meta)
    except NotationError as error:
        return Problem(path, error.line, "front-matter", error.message, error.remedy, "error")


def hashed(body: str) -> str:
    """Return what tells a text from another: its SHA-256, hexadecimal."""
    return hashlib.sha256(body.encode()).hexdigest()


def decoded(data: bytes, *, path: str) -> str | Problem:
    """Return UTF-8 text with line feeds as line ends, or what is wrong with it."""
    at = data.find(b"\0")
    if at >= 0 and data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return Problem(path, 1, "encoding", "This file is UTF-16, not UTF-8.", "Save it as UTF-8.", "error")
    if at >= 0:
        message = "This file holds a NUL byte, so it is not text."
        line = data.count(b"\n", 0, at) + 1
        return Problem(path, line, "nul-byte", message, "Save it as plain text again.", "error")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        return Problem(path, line, "encoding", "This file is not UTF-8 text.", "Save it as UTF-8.", "error")
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text
