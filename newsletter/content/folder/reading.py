"""From the bytes of a file to a post, and what is wrong with it. Pure: the bytes are given."""

import hashlib
from dataclasses import dataclass
from typing import Literal, NamedTuple

from newsletter.content.folder import frontmatter
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


@dataclass(frozen=True, slots=True)
class Text:
    """The text of a post, and the line of the file on which it begins."""

    body: str
    first_line: int


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
    """Split a file into its fields and its text, or say why that cannot be done."""
    text = decoded(data)
    if isinstance(text, Fault):
        return Problem(path, text.line, text.kind, text.message, text.remedy, "error")
    try:
        matter = frontmatter.parse(text, meta=rules.meta)
    except NotationError as error:
        return Problem(path, error.line, "front-matter", error.message, error.remedy, "error")
    body_hash = hashlib.sha256(matter.body.encode()).hexdigest()
    inherited = rules.inherit(place, matter.fields)
    return Source(path, place, rules.read_name(place), matter, inherited, body_hash)


@dataclass(frozen=True, slots=True)
class Fault:
    """Why bytes are no text."""

    line: int | None
    kind: Literal["nul-byte", "encoding"]
    message: str
    remedy: str


def decoded(data: bytes) -> str | Fault:
    """Return UTF-8 text with line feeds as line ends, or what is wrong with it."""
    at = data.find(b"\0")
    if at >= 0:
        if data.startswith((b"\xff\xfe", b"\xfe\xff")):
            return Fault(1, "encoding", "This file is UTF-16, not UTF-8.", "Save it as UTF-8.")
        line = data.count(b"\n", 0, at) + 1
        return Fault(
            line, "nul-byte", "This file holds a NUL byte, so it is not text.", "Save it as plain text again."
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        return Fault(line, "encoding", "This file is not UTF-8 text.", "Save it as UTF-8.")
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def too_large(path: str, size: int) -> Problem:
    """Say that a file of `size` bytes was not opened."""
    return Problem(
        path,
        None,
        "too-large",
        f"This file has {size / 1e6:.0f} MB, more than {SIZE_LIMIT / 1e6:.0f} MB, and was not read.",
        "Keep large data in a file of its own, and link to it.",
        "error",
    )
