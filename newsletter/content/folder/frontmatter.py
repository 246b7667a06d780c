"""Front matter: find the fence at the top of a file, and read the fields that it holds."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from newsletter.content.folder.notations import NotationError, as_fields, read_json, read_toml, read_yaml

Kind = Literal["yaml", "toml", "json", "meta", "none"]


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """The fields above a post's text (keys in lower case), and the text."""

    fields: dict[str, object]
    body: str
    first_line: int  # the line of the file on which `body` begins, from 1
    kind: Kind
    source: str = ""  # the front matter as written
    source_line: int = 1  # the line of the file on which `source` begins

    def line_of(self, field: str) -> int | None:
        """Return the line of the file on which a field is written, counted from 1."""
        match = re.search(
            rf"^[ \t]*[\"']?{re.escape(field)}[\"']?[ \t]*[:=]", self.source, re.MULTILINE | re.IGNORECASE
        )
        if match is None:
            return 1 if self.source else None
        return self.source_line + self.source.count("\n", 0, match.start())


_YAML_FENCE = re.compile(r"---(\w*)[ \t]*\n")
_YAML_END = re.compile(r"^(?:---|\.\.\.)[ \t]*$\n?", re.MULTILINE)
_TOML_FENCE = re.compile(r"\s*\+\+\+[ \t]*\n")  # Zola allows white space above the fence
_TOML_END = re.compile(r"^[ \t]*\+\+\+[ \t]*$\n?", re.MULTILINE)
_JSON_START = re.compile(r'\s*\{\s*["}]')
_FIELD_LINE = re.compile(r"\s*(?:#.*\n\s*)*[\w.-]+[ \t]*:(?:\s|$)")
# Python-Markdown, extensions/meta.py: what Pelican reads.
_META_LINE = re.compile(r"[ ]{0,3}(?P<key>[A-Za-z0-9_-]+):\s*(?P<value>.*)")
_META_MORE = re.compile(r"[ ]{4,}(?P<value>.*)")
_META_BEGIN = re.compile(r"-{3}(\s.*)?$")
_META_END = re.compile(r"(-{3}|\.{3})(\s.*)?$")
_META_WITNESS = re.compile(r"^(?:title|date):", re.IGNORECASE | re.MULTILINE)


def parse(text: str, *, meta: bool = False) -> FrontMatter:
    """Split a file into its fields and its text; line ends are expected to be line feeds.

    `meta` is for a Pelican folder, where the head of a file is not YAML but `Key: value` lines.
    Raises NotationError.
    """
    text = text.removeprefix("\ufeff")
    if meta and (found := _read_meta(text)) is not None:
        return found
    if fence := _YAML_FENCE.match(text):
        return _read_yaml_block(text, fence)
    if fence := _TOML_FENCE.match(text):
        return _read_toml_block(text, fence)
    if _JSON_START.match(text):
        return _read_json_head(text)
    if _META_LINE.match(text) and _META_WITNESS.search(text.partition("\n\n")[0]):
        return _read_meta(text) or FrontMatter({}, text, 1, "none")
    return FrontMatter({}, text, 1, "none")


def _read_yaml_block(text: str, fence: re.Match[str]) -> FrontMatter:
    language = fence.group(1).lower()
    if language in ("js", "javascript", "coffee"):
        raise NotationError(
            "The front matter is a program, and programs in a content folder are never run.",
            line=1,
            remedy="Write the fields as YAML between two lines of ---.",
        )
    end = _YAML_END.search(text, fence.end())
    if end is None:
        if language or _FIELD_LINE.match(text, fence.end()):
            raise _unclosed("---")
        return FrontMatter({}, text, 1, "none")  # a thematic break, not a fence
    inside = text[fence.end() : end.start()]
    read = {"toml": read_toml, "json": read_json}.get(language, read_yaml)
    return _block(text, end, inside, _shift(read, inside, 1), "yaml")


def _read_toml_block(text: str, fence: re.Match[str]) -> FrontMatter:
    end = _TOML_END.search(text, fence.end())
    if end is None:
        raise _unclosed("+++")
    inside = text[fence.end() : end.start()]
    above = text.count("\n", 0, fence.end())
    return _block(text, end, inside, _shift(read_toml, inside, above), "toml")


def _read_json_head(text: str) -> FrontMatter:
    try:
        value, end = json.JSONDecoder().raw_decode(text, len(text) - len(text.lstrip()))
    except (ValueError, RecursionError):
        read_json(text)  # says what is wrong, and where
        raise
    end += text.startswith("\n", end)
    return FrontMatter(as_fields(value), text[end:], text.count("\n", 0, end) + 1, "json", text[:end])


def _block(text: str, end: re.Match[str], inside: str, fields: dict[str, object], kind: Kind) -> FrontMatter:
    first_line = text.count("\n", 0, end.end()) + 1
    source_line = text.count("\n", 0, end.start() - len(inside)) + 1
    return FrontMatter(fields, text[end.end() :], first_line, kind, inside, source_line)


def _unclosed(fence: str) -> NotationError:
    return NotationError(
        "The front matter is opened but never closed.",
        line=1,
        remedy=f"Add a line with only {fence} below the last field.",
    )


def _shift(read: Callable[[str], dict[str, object]], inside: str, above: int) -> dict[str, object]:
    """Read the inside of a fence; an error's line is counted from the top of the file."""
    try:
        return read(inside)
    except NotationError as error:
        if error.line is not None:
            error.line += above
        raise


def _read_meta(text: str) -> FrontMatter | None:
    """Read Pelican's `Key: value` lines; None where the head of the file is something else."""
    lines = text.split("\n")
    fenced = _META_BEGIN.match(lines[0]) is not None
    fields: dict[str, list[str]] = {}
    key, at = "", int(fenced)
    for line in lines[at:]:
        if not line.strip() or _META_END.match(line):
            at += 1
            break
        if match := _META_LINE.match(line):
            key = match["key"].lower()
            fields.setdefault(key, []).append(match["value"].strip())
        elif key and (match := _META_MORE.match(line)):
            fields[key].append(match["value"].strip())
        elif fenced:
            return None  # such as a YAML list, which a plugin of Pelican reads
        else:
            break
        at += 1
    if not fields:
        return None
    read: dict[str, object] = {
        key: values[0] if len(values) == 1 else values for key, values in fields.items()
    }
    return FrontMatter(read, "\n".join(lines[at:]), at + 1, "meta", "\n".join(lines[:at]))
