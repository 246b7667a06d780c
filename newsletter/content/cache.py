"""What the last scan of a content folder read, kept in one JSON file, so that only changed files are parsed.

An entry counts while size and mtime of its file are the same, or else while the file's bytes are. All entries
fall together when anything changes that they depend on besides their own file: the generator's settings, data
that files inherit, or our own code. That is what the fingerprint stands for.
"""

import contextlib
import json
import os
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from newsletter.content.post import Post, Problem
from newsletter.content.reading import Reading

#: A file that changed within this time before the cache was written, in nanoseconds, may change once more without
#: a new mtime: clocks of file systems are coarse (FAT: two seconds). Git calls such entries racy.
RACY = 2_000_000_000

_POST_FIELDS = tuple(field.name for field in fields(Post))
_TIMES = tuple(_POST_FIELDS.index(name) for name in ("published_at", "updated_at", "expires_at"))
_LISTS = tuple(_POST_FIELDS.index(name) for name in ("tags", "authors"))
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Entry(NamedTuple):
    """What one file gave, and how the file was when it gave it."""

    size: int
    mtime_ns: int
    digest: str  # of all its bytes
    reading: Reading


class Entries:
    """What was read before; an entry out of a cache file is built when it is asked for."""

    def __init__(self, rows: Mapping[str, list[Any] | Entry], zone: ZoneInfo, written_ns: int = 0) -> None:
        """`written_ns` says when this was known to be so; 0 if nobody knows, so that every file is looked at."""
        self._rows = rows
        self._zone = zone
        self._written_ns = written_ns

    def __len__(self) -> int:
        return len(self._rows)

    def unchanged(self, place: str, size: int, mtime_ns: int) -> Entry | None:
        """Return the entry of a file whose size and mtime are those of the last scan."""
        row = self._rows.get(place)
        if row is None or row[0] != size or row[1] != mtime_ns or mtime_ns > self._written_ns - RACY:
            return None
        return self._entry(row)

    def same_bytes(self, place: str, digest: str) -> Entry | None:
        """Return the entry of a file whose bytes are those of the last scan."""
        row = self._rows.get(place)
        return self._entry(row) if row is not None and row[2] == digest else None

    def _entry(self, row: list[Any] | Entry) -> Entry:
        if isinstance(row, Entry):
            return row
        size, mtime_ns, digest, post, problems = row
        return Entry(size, mtime_ns, digest, Reading(_post(post, self._zone), _problems(problems)))


def load(path: Path | None, fingerprint: str, zone: ZoneInfo) -> Entries:
    """Return what the last scan kept; nothing where there is no cache, a broken one, or one of other settings."""
    if path is None:
        return Entries({}, zone)
    try:
        with path.open("rb") as file:
            written_ns = os.fstat(file.fileno()).st_mtime_ns
            kept = json.loads(file.read())
        if kept["fingerprint"] == fingerprint:
            return Entries(kept["files"], zone, written_ns)
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        pass  # a cache may be lost at any time: the files are read again
    return Entries({}, zone)


def save(path: Path, fingerprint: str, entries: Mapping[str, Entry]) -> None:
    """Write a cache, whole or not at all. A disk that is full costs the next scan's time, and nothing else."""
    rows = {place: _row(entry) for place, entry in entries.items()}
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


def _row(entry: Entry) -> list[Any]:
    post = entry.reading.post
    values: list[Any] | None = None
    if post is not None:
        values = [getattr(post, name) for name in _POST_FIELDS]
        for at in _TIMES:
            values[at] = None if values[at] is None else int((values[at] - _EPOCH).total_seconds())
    problems = [[p.path, p.line, p.kind, p.message, p.remedy, p.severity] for p in entry.reading.problems]
    return [entry.size, entry.mtime_ns, entry.digest, values, problems]


def _post(values: list[Any] | None, zone: ZoneInfo) -> Post | None:
    if values is None:
        return None
    values = values.copy()
    for at in _TIMES:
        if values[at] is not None:
            values[at] = datetime.fromtimestamp(values[at], zone)
    for at in _LISTS:
        values[at] = tuple(values[at])
    return Post(*values)


def _problems(rows: Iterable[list[Any]]) -> tuple[Problem, ...]:
    return tuple(Problem(*row) for row in rows)
