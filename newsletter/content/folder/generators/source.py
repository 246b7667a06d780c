"""One file of a content folder while it is being read: what its name says, what its fields say, what is wrong."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from newsletter.content.folder import dates
from newsletter.content.folder.frontmatter import FrontMatter
from newsletter.content.post import Problem

#: A folder such as 2024/01/31: a date, and no part of an identity.
_DATE_FOLDERS = re.compile(r"(?:^|(?<=/))\d{4}/\d{2}/\d{2}(?:/|$)")
#: What may be the language in a name, `tides.fr.md`, where no settings say which there are: those in which
#: newsletters are written. Rarer codes may well be a part of a name (`crates.io.md`).
COMMON_LANGUAGES = frozenset({
    "ar", "bg", "bn", "ca", "cs", "da", "de", "el", "en", "es", "et", "eu", "fa", "fi", "fr", "gl", "he", "hi",
    "hr", "hu", "id", "it", "ja", "ko", "lt", "lv", "ms", "nb", "nl", "nn", "pl", "pt", "pt-br", "pt-BR", "ro", "ru",
    "sk", "sl", "sr", "sv", "th", "tr", "uk", "ur", "vi", "zh", "zh-cn", "zh-CN", "zh-tw", "zh-TW",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Name:
    """What the place of a file says, `posts/2024-01-31-tides.fr.md`: folder, name, date and language."""

    folder: str  # without the folder of a bundle: `posts`
    stem: str  # without extension and language; of `tides/index.md` it is `tides`: `2024-01-31-tides`
    bare: str  # without the date: `tides`
    day: date | None = None
    language: str | None = None
    is_index: bool = False

    @property
    def identity(self) -> str:
        """The path without date, extension and language."""
        folder = _DATE_FOLDERS.sub("", self.folder + "/").strip("/")
        bare = self.bare or self.stem
        return f"{folder}/{bare}" if folder else bare


def read_name(place: str, is_language: Callable[[str], bool]) -> Name:
    """Take the place of a file apart; `is_language` tells which suffixes of a name are languages."""
    folder, _, file = place.rpartition("/")
    stem = file.rpartition(".")[0] or file
    language = None
    if "." in stem:
        head, _, tail = stem.rpartition(".")
        if head and is_language(tail):
            stem, language = head, tail
    is_index = stem == "index" and folder != ""
    if is_index:
        folder, _, stem = folder.rpartition("/")
    day, bare = dates.in_name(stem) or (None, stem)
    return Name(folder, stem, bare, day, language, is_index)


@dataclass(slots=True)
class Source:
    """A file on its way to becoming a post."""

    path: str  # relative to the folder that the author named; messages show it
    place: str  # relative to the generator's content folder; addresses and identities come from it
    name: Name
    matter: FrontMatter
    fields: Mapping[str, object]  # with what the file inherits
    body_hash: str = ""
    title: str = ""
    slug: str = ""
    moment: datetime | None = None  # the date by which the generator makes addresses
    problems: list[Problem] = field(default_factory=list)

    def complain(
        self,
        kind: str,
        message: str,
        remedy: str,
        *,
        at: str = "",
        severity: Literal["error", "warning"] = "warning",
    ) -> None:
        """Note a problem; `at` is the field that it stands in."""
        line = self.matter.line_of(at) if at else None
        self.problems.append(Problem(self.path, line, kind, message, remedy, severity))
