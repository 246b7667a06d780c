"""Files of readers, opened: encoding, separator and format found out, and each row read or explained."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from subscribers import networks
from subscribers.errors import SubscribersError
from subscribers.exchange.entry import Entry
from subscribers.exchange.formats import BY_NAME, Format, recognised

#: Characters of one cell at the most; an exported record of consent has a tenth of this.
_CELL = 1_000_000

_SEPARATORS = ",;\t"

csv.field_size_limit(_CELL)


@dataclass(frozen=True, slots=True)
class Unread:
    """A row that says nothing, and why."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class PeopleFile:
    """A file of readers in a known format; `rows` is how many lines it has, besides the first, for a progress bar.

    `keeping` says what is taken over of the internet addresses in it.
    """

    path: Path
    encoding: str
    separator: str
    format: Format
    rows: int
    keeping: networks.Keeping

    def entries(self) -> Iterator[Entry | Unread]:
        """Go through the rows. Raises SubscribersError where the file cannot be read on."""
        with self.path.open(encoding=self.encoding, newline="") as file:
            rows = csv.reader(file, delimiter=self.separator)
            columns = [name.strip().lower() for name in next(rows)]
            try:
                for cells in rows:
                    if any(cells):
                        yield self._read(columns, cells, rows.line_num)
            except (csv.Error, UnicodeDecodeError) as error:
                raise _unreadable(self.path, rows.line_num + 1, error) from error

    def _read(self, columns: list[str], cells: list[str], line: int) -> Entry | Unread:
        if len(cells) > len(columns):
            return Unread(line, f"it has {len(cells)} cells, and there are {len(columns)} columns")
        cells += [""] * (len(columns) - len(cells))
        row = dict(zip(columns, cells, strict=True))
        for name in self.format.addresses & row.keys():
            row[name] = networks.kept(row[name], self.keeping)
        try:
            return self.format.read(row, line, self.path.name.lower())
        except (ValueError, KeyError, TypeError) as error:
            return Unread(line, f"it is none of ours any more: {error}")


def open_file(path: Path, format_name: str | None, keeping: networks.Keeping) -> PeopleFile:
    """Open a file of readers. Raises SubscribersError when nothing in it can be understood."""
    if format_name is not None and format_name not in BY_NAME:
        raise SubscribersError(f"{format_name!r} is no format.", remedy=f"Write one of {', '.join(BY_NAME)}.")
    try:
        with path.open("rb") as file:
            head = file.read(4)
            lines = sum(1 for _ in file)
    except OSError as error:
        raise SubscribersError(f"{path}: it cannot be read ({error.strerror}).") from error
    if head.startswith(b"PK"):
        raise SubscribersError(
            f"{path}: this is a ZIP archive.", remedy="Unpack it, and import the files in it."
        )
    encoding = "utf-16" if head[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        with path.open(encoding=encoding, newline="") as text:
            first = text.readline()
            separator = max(_SEPARATORS, key=first.count)
            columns = frozenset(
                name.strip().lower() for name in next(csv.reader([first], delimiter=separator), [])
            )
    except (UnicodeError, csv.Error) as error:
        raise _unreadable(path, 1, error) from error
    found = BY_NAME[format_name] if format_name else recognised(columns)
    if found is None or not any(known <= columns for known in found.known_by):
        raise SubscribersError(
            f"{path}:1: these are no columns of {found.name if found else 'a list of readers'}.",
            remedy='Its first line must name the columns; one of them is "email".',
        )
    return PeopleFile(path, encoding, separator, found, lines, keeping)


def _unreadable(path: Path, line: int, error: Exception) -> SubscribersError:
    if isinstance(error, UnicodeError):
        return SubscribersError(f"{path}: it is not in UTF-8.", remedy="Save it once more as CSV in UTF-8.")
    return SubscribersError(f"{path}:{line}: it cannot be read as CSV ({error}).")
