"""Hugo: `content/**/*.md`, settings in `hugo.toml`, `config.toml` or `config/_default/`."""

import re
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import ClassVar

from newsletter.content.folder import dates, fields
from newsletter.content.folder.generators import hugo_addresses
from newsletter.content.folder.generators.configuration import (
    first_file,
    lowered,
    merged,
    public_url,
    read_settings,
    zone_named,
)
from newsletter.content.folder.generators.hugo_sections import Sections
from newsletter.content.folder.generators.rules import Rules
from newsletter.content.folder.generators.site import Site
from newsletter.content.folder.generators.source import Name, Source

_KINDS = (".toml", ".yaml", ".yml", ".json")
_DATE_DEFAULT = ("date", "publishdate", "pubdate", "published", "lastmod", "modified")
_PUBLISH_DATES = ("publishdate", "pubdate", "published", "date")


class Hugo(Rules):
    """A page is a post when it has a date; the other files in the folder of an `index.md` belong to it."""

    name: ClassVar[str] = "hugo"
    extensions: ClassVar[tuple[str, ...]] = (".md", ".markdown", ".mdown", ".html")
    foreign: ClassVar[tuple[str, ...]] = (".org", ".adoc", ".asciidoc", ".ad", ".rst", ".pandoc", ".pdc")
    data_files: ClassVar[tuple[str, ...]] = ("_index.md",)
    has_pages: ClassVar[bool] = True

    def __init__(self, site: Site) -> None:
        super().__init__(site)
        self._languages = {
            code.lower(): entry for code, entry in fields.section(site.settings, "languages").items()
        }
        self._indexes = ("index.md", *(f"index.{code}.md" for code in {*self._languages, site.language}))
        self._ignored = fields.words(site.settings.get("ignorefiles"))
        self._content_dirs = _content_dirs(site, self._languages)
        self._sections = Sections(site, {}, self.read_name)

    @classmethod
    def settings_of(cls, folder: Path) -> Mapping[str, object] | None:
        main = first_file(folder, *(f"hugo{kind}" for kind in _KINDS))
        if main is None and (path := first_file(folder, *(f"config{kind}" for kind in _KINDS))):
            # `baseURL` decides, since Zola has a config.toml, too.
            main = path if "baseurl" in read_settings(path) else None
        # Hugo builds for production, unless told otherwise.
        folders = (folder / "config" / name for name in ("_default", "production"))
        layers = [
            *([_lowered(main)] if main else []),
            *(_read_directory(path) for path in folders if path.is_dir()),
        ]
        return merged(*layers) if layers else None

    @classmethod
    def locate(cls, folder: Path, settings: Mapping[str, object], site: Site) -> Site:
        code = fields.text(settings.get("defaultcontentlanguage"))
        return replace(
            site,
            content=folder / (fields.text(settings.get("contentdir")) or "content"),
            url=site.url or public_url(settings.get("baseurl")),
            timezone=zone_named(settings.get("timezone")) or site.timezone,
            language=code or fields.text(settings.get("languagecode")) or site.language,
        )

    def takes(self, place: str, name: str, siblings: Collection[str]) -> bool:
        if name.startswith("_index."):
            return False
        if self._is_bundle(place, siblings) and not _is_index(name):
            return False  # a page resource
        return not any(_found(pattern, place) for pattern in self._ignored)

    def enters(self, place: str, name: str, siblings: Collection[str]) -> bool:
        return not self._is_bundle(place, siblings) and super().enters(place, name, siblings)

    def _is_bundle(self, place: str, siblings: Collection[str]) -> bool:
        """Tell whether what is here stands in the folder of a leaf bundle; the content folder itself is none."""
        return "/" in place and any(name in siblings for name in self._indexes)

    def with_data(self, texts: Mapping[str, str]) -> None:
        self._sections = Sections(self.site, texts, self.read_name)

    # What a file says

    def is_language(self, suffix: str) -> bool:
        return suffix.lower() in self._languages or suffix == self.site.language

    def read_name(self, place: str) -> Name:
        for folder, code in self._content_dirs.items():
            if place.startswith(f"{folder}/"):
                name = super().read_name(place[len(folder) + 1 :])
                return replace(name, language=name.language or code)
        return super().read_name(place)

    def inherit(self, place: str, own: Mapping[str, object]) -> Mapping[str, object]:
        return self._sections.inherit(place, own, kind="page")

    def published(self, source: Source) -> datetime | None:
        """Return `publishDate`, and keep `date` as it was written, which Hugo's addresses use."""
        found = self._date(source)
        public = self.first_date(source, _PUBLISH_DATES) or (
            found and dates.resolve(found, self.site.timezone)
        )
        public = public or super().published(source)
        source.moment = found or public
        return public

    def _date(self, source: Source) -> datetime | None:
        configured = fields.section(self.site.settings, "frontmatter").get("date")
        for name in fields.words(configured) or (":default",):
            if name.lower() == ":filename" and source.name.day:
                return dates.resolve(source.name.day, self.site.timezone)
            for field in _DATE_DEFAULT if name.lower() == ":default" else (name.lower(),):
                value = source.fields.get(field)
                if found := dates.as_written(value, self.site.timezone):
                    return found
                if value and fields.flag(value) is None:
                    self.complain_of_date(source, field, value)
        return None

    def held_back(self, source: Source) -> str | None:
        values = source.fields
        if self._sections.is_draft(source.place):
            return "in a section that is a draft"
        if fields.flag(values.get("headless")):
            return "headless"
        build = fields.section(values, "build") or fields.section(values, "_build")
        for name in ("render", "list"):
            choice = fields.text(build.get(name))
            if choice and choice.lower() in ("never", "false", "link"):
                return f"build.{name}: {choice}"
        return super().held_back(source)

    def url(self, source: Source) -> str | None:
        return self.address(hugo_addresses.path_of(source, self.site, self._sections.folders))

    def language(self, source: Source) -> str:
        return source.name.language or self.site.language

    def image_folders(self) -> tuple[Path, ...]:
        static = self.site.settings.get("staticdir", "static")
        named = fields.words(static) or ("static",)
        return (*(self.site.root / name for name in named), self.site.root / "assets", self.site.content)


def _is_index(name: str) -> bool:
    return name.startswith("index.")


def _found(pattern: str, place: str) -> bool:
    try:
        return re.search(pattern, place) is not None
    except re.error:
        return False  # Go's expressions and Python's differ a little


def _content_dirs(site: Site, languages: Mapping[str, object]) -> dict[str, str]:
    """Return the folders that hold one language each, relative to the content folder."""
    found: dict[str, str] = {}
    for code, entry in languages.items():
        folder = fields.text(fields.section({"entry": entry}, "entry").get("contentdir"))
        if (
            folder
            and (site.root / folder).is_relative_to(site.content)
            and site.root / folder != site.content
        ):
            found[(site.root / folder).relative_to(site.content).as_posix()] = code
    return found


def _lowered(path: Path) -> dict[str, object]:
    settings = lowered(read_settings(path))
    assert isinstance(settings, dict)
    return settings


def _read_directory(folder: Path) -> dict[str, object]:
    """Read config/_default: hugo.toml or config.toml is the top, `permalinks.toml` its key of that name."""
    settings: dict[str, object] = {}
    for path in sorted(folder.iterdir()):
        if path.suffix not in _KINDS or not path.is_file():
            continue
        key, _, language = path.stem.lower().partition(".")
        if key in ("hugo", "config"):
            settings = merged(settings, _lowered(path))
        elif not language:
            settings = merged(settings, {key: _lowered(path)})
    return settings
