"""Look at every file of a content folder, and parse those that changed."""

import functools
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from newsletter.content.folder import complaints, reading
from newsletter.content.folder.cache import Kept, Row, row_of
from newsletter.content.folder.layout import Layout
from newsletter.content.folder.reading import Reading
from newsletter.content.post import Problem

_DATA_LIMIT = 256_000  # bytes of a file whose fields others inherit


@dataclass(slots=True)
class Sweep:
    """What a look at every file gave."""

    kept: Kept
    problems: list[Problem] = field(default_factory=list)  # of files that could not be opened
    is_new: bool = False  # whether `kept` differs from what was kept before
    parsed: int = 0  # files that had changed indeed


def sweep(layout: Layout, files: list[tuple[str, int, int]], kept: Kept) -> Sweep:
    """Return what each file (place, size, mtime) gives: as it was kept if it is unchanged, else read anew."""
    files.sort()
    rows = kept.unchanged(files)
    same = [row for row in rows if row is not None]
    result = Sweep(kept.only(same))
    if len(same) < len(files):
        digests = kept.digests()
        changed = [file for file, row in zip(files, rows, strict=True) if row is None]
        looked = [_look(layout, file, kept, digests, result) for file in changed]
        result.kept = result.kept.with_rows([row for row in looked if row is not None])
    result.is_new = result.kept is not kept
    return result


def _look(
    layout: Layout, file: tuple[str, int, int], kept: Kept, digests: dict[str, tuple[int, str]], result: Sweep
) -> Row | None:
    """Read a file whose size or mtime changed; None if that cannot be done."""
    place, size, _ = file
    path = layout.path(place)
    if size > reading.SIZE_LIMIT:
        result.problems.append(complaints.too_large(path, size, reading.SIZE_LIMIT))
        return None
    try:
        with open(layout.file(place), "rb") as opened:  # noqa: PTH123 - Path costs time, and files are many
            data = opened.read(reading.SIZE_LIMIT + 1)
    except FileNotFoundError:
        return None  # it was removed while we looked
    except OSError as error:
        result.problems.append(complaints.unreadable(path, error))
        return None
    digest = hashlib.blake2b(data, digest_size=16).hexdigest()
    at, known = digests.get(place, (0, ""))
    if known == digest:
        return [*file, *kept.row(at)[len(file) :]]
    result.parsed += 1
    return row_of(file, digest, _read(data, path, layout, place))


def _read(data: bytes, path: str, layout: Layout, place: str) -> Reading:
    try:
        path.encode()
    except UnicodeEncodeError:
        return Reading(None, (complaints.misnamed(path),))
    return reading.read(data, path=path, place=place, rules=layout.rules)


def read_data(layout: Layout, places: Iterable[str]) -> dict[str, str]:
    """Return the texts of the files whose fields others inherit; one that cannot be read hands nothing down."""
    texts: dict[str, str] = {}
    for place in sorted(places):
        try:
            with open(layout.file(place), "rb") as file:  # noqa: PTH123
                text = reading.decoded(file.read(_DATA_LIMIT), path=place)
        except OSError:
            continue
        if isinstance(text, str):
            texts[place] = text
    return texts


def fingerprint(layout: Layout, data: dict[str, str]) -> str:
    """Stand for all that what a file gives depends on, besides the file."""
    site = layout.rules.site
    facts = (
        site.generator, str(layout.root), str(site.root), str(site.content), site.url, site.timezone.key,
        site.language, sorted(site.settings.items()), sorted(data.items()), _code(),
    )  # fmt: skip
    return hashlib.sha256(repr(facts).encode(errors="surrogatepass")).hexdigest()


@functools.cache
def _code() -> tuple[tuple[str, int, int], ...]:
    """Return the state of the code that reads posts, so that a new version reads them again."""
    content = Path(__file__).parents[1]  # since dialects report problems, too
    facts = ((str(path.relative_to(content)), path.stat()) for path in sorted(content.rglob("*.py")))
    return tuple((name, fact.st_size, fact.st_mtime_ns) for name, fact in facts)
