"""What the last scan of a content folder read, kept in one JSON file, so that only changed files are parsed.

A row counts while size and mtime of its file are the same, or else while the file's bytes are. All rows
fall together when anything changes that they depend on besides their own file: the generator's settings, data
that files inherit, or our own code. That is what the fingerprint stands for.
"""

import contextlib
import json
import os
import tempfile
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from newsletter.content.post import Post, Problem
from newsletter.content.reading import Reading

#: A file that changed within this time before the cache was written, in nanoseconds, may change once more without
#: a new mtime: clocks of file systems are coarse (FAT: two seconds). Git calls such files racy.
RACY = 2_000_000_000

_POST_FIELDS = tuple(field.name for field in fields(Post))
_TIMES = tuple(_POST_FIELDS.index(name) for name in ("published_at", "updated_at", "expires_at"))
_LISTS = tuple(_POST_FIELDS.index(name) for name in ("tags", "authors"))
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


#: What one file gave, and how the file was then: size, mtime in nanoseconds, digest of its bytes, the values of
#: its post or None, the values of its problems. JSON as it stands, so that nothing is built before it is needed.
Row = list[Any]


@dataclass(frozen=True, slots=True)
class Kept:
    """The rows of the last scan by place, and up to which mtime a file of the same size is the same file."""

    rows: dict[str, Row]
    trusted_ns: int = 0

    def __len__(self) -> int:
        return len(self.rows)


def load(path: Path | None, fingerprint: str) -> Kept:
    """Return what the last scan kept; nothing where there is no cache, a broken one, or one of other settings."""
    if path is None:
        return Kept({})
    try:
        with path.open("rb") as file:
            written_ns = os.fstat(file.fileno()).st_mtime_ns
            kept = json.loads(file.read())
        if kept["fingerprint"] == fingerprint:
            return Kept(kept["files"], written_ns - RACY)
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        pass  # a cache may be lost at any time: the files are read again
    return Kept({})


def save(path: Path, fingerprint: str, rows: dict[str, Row]) -> None:
    """Write a cache, whole or not at all. A disk that is full costs the next scan's time, and nothing else."""
    text = json.dumps({"fingerprint": fingerprint, "files": rows}, separators=(",", ":"))
    temporary = ""
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
            with os.fdopen(handle, "w", encoding="ascii") as file:
                file.write(text)
            os.replace(temporary, path)  # noqa: PTH105 - both are names in one folder
        except OSError:
            with contextlib.suppress(OSError):
                os.unlink(temporary)  # noqa: PTH108


def row_of(size: int, mtime_ns: int, digest: str, reading: Reading) -> Row:
    """Return what a file gave, in the values that JSON knows."""
    values: list[Any] | None = None
    if reading.post is not None:
        values = [getattr(reading.post, name) for name in _POST_FIELDS]
        for at in _TIMES:
            values[at] = None if values[at] is None else int((values[at] - _EPOCH).total_seconds())
        for at in _LISTS:
            values[at] = list(values[at])
    problems = [[p.path, p.line, p.kind, p.message, p.remedy, p.severity] for p in reading.problems]
    return [size, mtime_ns, digest, values, problems]


def reading_of(row: Row, zone: ZoneInfo) -> Reading:
    """Return what a file gave, as it was when it was read; `zone` is the one in which times are expressed."""
    values, problems = row[3], row[4]
    post: Post | None = None
    if values is not None:
        values = values.copy()
        for at in _TIMES:
            if values[at] is not None:
                values[at] = datetime.fromtimestamp(values[at], zone)
        for at in _LISTS:
            values[at] = tuple(values[at])
        post = Post(*values)
    return Reading(post, tuple([Problem(*problem) for problem in problems]) if problems else ())
