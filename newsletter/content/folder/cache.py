"""What the last scan of a content folder read, kept in one JSON file, so that only changed files are parsed.

What was read counts while size and mtime of its file are the same, or else while the file's bytes are. Everything
falls together when anything changes that it depends on besides the files: the generator's settings, data that files
inherit, or our own code. That is what the fingerprint stands for.

A folder may hold many thousands of posts. So they are kept in columns, one list for each field of all posts: to read
and to compare a few long lists is a fraction of the work that many short ones make.
"""

import contextlib
import json
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, fields, make_dataclass
from datetime import UTC, datetime
from operator import attrgetter
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from newsletter.content.folder.reading import Reading
from newsletter.content.post import Post, Problem

#: A file that changed within this time before the cache was written, in nanoseconds, may change once more without
#: a new mtime: clocks of file systems are coarse (FAT: two seconds). Git calls such files racy.
RACY = 2_000_000_000

_TIMES = ("published_at", "updated_at", "expires_at")
_LISTS = ("tags", "authors", "silenced")
_POST_FIELDS = tuple(field.name for field in fields(Post))
_NAMES = ("place", "size", "mtime_ns", "digest", "problems", *_POST_FIELDS)
_PROBLEMS, _POST = _NAMES.index("problems"), _NAMES.index(_POST_FIELDS[0])
_SEPARATOR = "\n"  # no tag or name holds a line break: `fields.text` makes one line of each
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

#: What one file gave, in values that JSON knows, in the order of `_NAMES`.
Row = list[Any]

# A post without its lock. To set the fields of a frozen object one by one takes eight times as long as to set them
# first and freeze the object then, which is what changing its class does: both classes have the same slots.
_Mutable = make_dataclass("_Mutable", _POST_FIELDS, slots=True)
_problem_values = attrgetter(*(field.name for field in fields(Problem)))


@dataclass(frozen=True, slots=True)
class Kept:
    """What a scan read, in columns; `trusted_ns` is the last mtime that tells a file from a later version of it."""

    columns: Sequence[list[Any]] = tuple([] for _ in _NAMES)
    trusted_ns: int = 0

    def __len__(self) -> int:
        return len(self.columns[0])

    def unchanged(self, files: Sequence[tuple[str, int, int]]) -> list[int | None]:
        """Return for each file (place, size, mtime) in which row it is, if it is as it was."""
        trusted_ns = self.trusted_ns
        if files and len(files) == len(self):  # if nothing at all changed, three comparisons tell
            columns: list[list[Any]] = [[file[at] for file in files] for at in range(3)]
            if columns == list(self.columns[:3]) and max(columns[2]) <= trusted_ns:
                return list(range(len(self)))
        known = dict(zip(zip(*self.columns[:3], strict=True), range(len(self)), strict=True))
        return [known.get(file) if file[2] <= trusted_ns else None for file in files]

    def digests(self) -> dict[str, tuple[int, str]]:
        """Return in which row each place is, and the digest of the bytes that were there."""
        places, digests = self.columns[0], self.columns[_NAMES.index("digest")]
        return {place: (at, digest) for at, (place, digest) in enumerate(zip(places, digests, strict=True))}

    def row(self, at: int) -> Row:
        return [column[at] for column in self.columns]

    def only(self, rows: list[int]) -> "Kept":
        """Return some of the rows, in the order in which they are named."""
        if rows == list(range(len(self))):
            return self
        return Kept([[column[at] for at in rows] for column in self.columns], self.trusted_ns)

    def with_rows(self, rows: Sequence[Row]) -> "Kept":
        """Return these rows and others, in the order of their places."""
        if not rows:
            return self
        new: list[list[Any]] = [list(column) for column in zip(*rows, strict=True)]
        both = Kept([[*old, *added] for old, added in zip(self.columns, new, strict=True)], self.trusted_ns)
        return both.only(sorted(range(len(both)), key=both.columns[0].__getitem__))

    def posts(self, zone: ZoneInfo) -> list[Post]:
        """Return the posts, with their times expressed in `zone`; files that gave none are left out."""
        values = dict(zip(_POST_FIELDS, self.columns[_POST:], strict=True))
        for name in _TIMES:
            values[name] = [
                None if time is None else datetime.fromtimestamp(time, zone) for time in values[name]
            ]
        for name in _LISTS:
            lists = {text: tuple(text.split(_SEPARATOR)) if text else () for text in set(values[name])}
            values[name] = [lists[text] for text in values[name]]
        posts: list[Any] = list(map(_Mutable, *values.values()))
        for post in posts:
            post.__class__ = Post
        return posts if None not in values["id"] else [post for post in posts if post.id is not None]

    def problems(self) -> list[Problem]:
        """Return what is wrong with the files."""
        return [Problem(*values) for problems in self.columns[_PROBLEMS] if problems for values in problems]


def row_of(file: tuple[str, int, int], digest: str, reading: Reading) -> Row:
    """Return what a file (place, size, mtime) gave, in the values that JSON knows."""
    problems = [list(_problem_values(problem)) for problem in reading.problems] or None
    post = reading.post
    values = [None] * len(_POST_FIELDS) if post is None else [_plain(post, name) for name in _POST_FIELDS]
    return [*file, digest, problems, *values]


def _plain(post: Post, name: str) -> Any:
    value = getattr(post, name)
    if value is not None and name in _TIMES:
        return int((value - _EPOCH).total_seconds())
    return _SEPARATOR.join(value) if name in _LISTS else value


def load(path: Path | None, fingerprint: str) -> Kept:
    """Return what the last scan kept; nothing where there is no cache, a broken one, or one of other settings."""
    if path is None:
        return Kept()
    try:
        with path.open("rb") as file:
            written_ns = os.fstat(file.fileno()).st_mtime_ns
            kept = json.loads(file.read())
        if kept["fingerprint"] == fingerprint:
            return Kept([kept["columns"][name] for name in _NAMES], written_ns - RACY)
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        pass  # a cache may be lost at any time: the files are read again
    return Kept()


def save(path: Path, fingerprint: str, kept: Kept) -> bool:
    """Write a cache, whole or not at all, and tell which; a full disk costs the next scan's time, nothing else."""
    columns = dict(zip(_NAMES, kept.columns, strict=True))
    text = json.dumps({"fingerprint": fingerprint, "columns": columns}, separators=(",", ":"))
    temporary = ""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(text)
        os.replace(temporary, path)  # noqa: PTH105 - both are names in one folder
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(temporary)  # noqa: PTH108
        return False
    return True
