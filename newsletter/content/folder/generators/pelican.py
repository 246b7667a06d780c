"""Pelican: `content/**/*.md` with `Key: value` heads, settings in `pelicanconf.py`, which is never run."""

import re
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import ClassVar

from newsletter.content.folder import fields
from newsletter.content.folder.generators import slugs
from newsletter.content.folder.generators.configuration import public_url, read_python, zone_named
from newsletter.content.folder.generators.rules import Rules
from newsletter.content.folder.generators.site import Site
from newsletter.content.folder.generators.source import Source
from newsletter.content.post import Post

_FIELD = re.compile(r"\{(slug|date|lang|category|author)(?::([^{}]*))?\}")


class Pelican(Rules):
    """A file with a date is an article; those under `pages` are none."""

    name: ClassVar[str] = "pelican"
    extensions: ClassVar[tuple[str, ...]] = (".md", ".markdown", ".mkd", ".mdown")
    foreign: ClassVar[tuple[str, ...]] = (".rst",)
    meta: ClassVar[bool] = True
    translations_share_slug: ClassVar[bool] = True
    date_fields: ClassVar[tuple[str, ...]] = ("date",)
    updated_fields: ClassVar[tuple[str, ...]] = ("modified",)
    day_first: ClassVar[bool | None] = False  # dateutil's own reading, which is Pelican's

    @classmethod
    def settings_of(cls, folder: Path) -> Mapping[str, object] | None:
        if not (folder / "pelicanconf.py").is_file():
            return None
        settings = read_python(folder / "pelicanconf.py")
        if (folder / "publishconf.py").is_file():  # what the public site is made with
            settings.update(read_python(folder / "publishconf.py"))
        return settings

    @classmethod
    def locate(cls, folder: Path, settings: Mapping[str, object], site: Site) -> Site:
        return replace(
            site,
            content=folder / (fields.text(settings.get("path")) or "content"),
            url=site.url or public_url(settings.get("siteurl")),
            timezone=zone_named(settings.get("timezone")) or site.timezone,
            language=fields.text(settings.get("default_lang")) or site.language,
        )

    def enters(self, place: str, name: str, siblings: Collection[str]) -> bool:
        excluded = {*self._folders("page_paths", "pages"), *self._folders("article_excludes")}
        return place not in excluded and super().enters(place, name, siblings)

    def takes(self, place: str, name: str, siblings: Collection[str]) -> bool:  # noqa: ARG002
        folders = self._folders("article_paths")
        return not folders or any(place.startswith(f"{folder}/") or place == folder for folder in folders)

    def _folders(self, setting: str, default: str = "") -> tuple[str, ...]:
        value = self.site.settings.get(setting, [default])
        listed = value if isinstance(value, list | tuple) else [value]
        return tuple(folder.strip("/") for folder in listed if isinstance(folder, str) and folder.strip("/"))

    def is_language(self, suffix: str) -> bool:  # noqa: ARG002 - the language stands in a field
        return False

    def inherit(self, place: str, own: Mapping[str, object]) -> Mapping[str, object]:
        inherited = fields.section(self.site.settings, "default_metadata")
        stem = place.rpartition("/")[2].rpartition(".")[0]
        inherited.update(_named_groups(self.site.settings.get("path_metadata"), place))
        inherited.update(_named_groups(self.site.settings.get("filename_metadata"), stem))
        extra = self.site.settings.get("extra_path_metadata")
        if isinstance(extra, Mapping):
            for path in sorted(map(str, extra), key=len):
                if place == path or place.startswith(f"{path.rstrip('/')}/"):
                    inherited.update(fields.section(extra, path))
        return {**inherited, **own} if inherited else own

    def describe(self, source: Source) -> Post:
        post = super().describe(source)
        if post.held_back is None and fields.flag(source.fields.get("translation")):
            return replace(post, held_back="a translation")
        return post

    def published(self, source: Source) -> datetime | None:
        found = super().published(source)
        default = self.site.settings.get("default_date")
        if found is None and default:
            value = default if isinstance(default, str) else _moment(default)
            found = source.moment = None if value == "fs" else self.resolve(value)
        return found

    def tags(self, source: Source) -> tuple[str, ...]:
        # Pelican, readers.py, ensure_metadata_list: semicolons if one occurs, else commas.
        category = fields.text(source.fields.get("category"))
        return fields.distinct((*fields.words(source.fields.get("tags")), *((category,) if category else ())))

    def authors(self, source: Source) -> tuple[str, ...]:
        given = (
            source.fields.get("authors") or source.fields.get("author") or self.site.settings.get("author")
        )
        return fields.words(given)

    def slug(self, source: Source) -> str:
        return self._slug(source) or source.name.bare or source.name.stem

    def _slug(self, source: Source) -> str | None:
        if given := fields.text(source.fields.get("slug")):
            return given
        if self.site.settings.get("slugify_source", "title") == "title":
            return slugs.pelican(source.title)
        return slugs.pelican(source.name.stem)

    def url(self, source: Source) -> str | None:
        if given := fields.text(source.fields.get("url")):
            return self.address(given)
        foreign = self.language(source) != self.site.language
        name, default = (
            ("article_lang_url", "{slug}-{lang}.html") if foreign else ("article_url", "{slug}.html")
        )
        pattern = self.site.settings.get(name, default)
        slug = self._slug(source)
        if not isinstance(pattern, str) or not slug or source.moment is None:
            return None
        return self.address(self._fill(pattern, source, slug, source.moment))

    def _fill(self, pattern: str, source: Source, slug: str, moment: datetime) -> str | None:
        """Put values into ARTICLE_URL; None where one of them cannot be told."""
        category = fields.text(source.fields.get("category")) or self._folder_category(source)
        values = {
            "slug": slug,
            "lang": self.language(source),
            "category": slugs.pelican(category),
            "author": slugs.pelican(next(iter(self.authors(source)), "")),
        }

        def value(match: re.Match[str]) -> str:
            if match[1] == "date":
                return moment.strftime(match[2] or "%Y-%m-%d %H:%M:%S")
            return values[match[1]] or "{"

        path = _FIELD.sub(value, pattern)
        return None if "{" in path else path

    def _folder_category(self, source: Source) -> str:
        folder = source.name.folder.rpartition("/")[2]
        if folder and self.site.settings.get("use_folder_as_category", True):
            return folder
        return fields.text(self.site.settings.get("default_category")) or "misc"


def _moment(value: object) -> datetime | None:
    try:
        return datetime(*value) if isinstance(value, tuple) else None  # noqa: DTZ001 - the site's zone is added
    except (TypeError, ValueError):
        return None


def _named_groups(pattern: object, text: str) -> dict[str, str]:
    """Return what FILENAME_METADATA or PATH_METADATA takes out of a name (Pelican, readers.py, path_metadata)."""
    try:
        match = re.match(pattern, text) if isinstance(pattern, str) else None
    except (re.error, RecursionError):
        return {}
    found = match.groupdict() if match else {}
    return {key.lower(): value for key, value in found.items() if value is not None}
