"""Zola: `content/**/*.md`, settings in `zola.toml` or a `config.toml` with `base_url`."""

import re
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import ClassVar

from newsletter.content.folder import fields
from newsletter.content.folder.generators import slugs
from newsletter.content.folder.generators.configuration import first_file, public_url, read_settings
from newsletter.content.folder.generators.rules import Rules
from newsletter.content.folder.generators.site import Site
from newsletter.content.folder.generators.source import Source

# Zola, content/src/page.rs, RFC3339_DATE.
_DATED_NAME = re.compile(
    r"(?P<date>\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2}))?)(?:\s?[_-](?P<slug>.+))?"
)


class Zola(Rules):
    """A page is a post when it has a date; `_index.md` is the page of a section."""

    name: ClassVar[str] = "zola"
    extensions: ClassVar[tuple[str, ...]] = (".md",)
    needs_front_matter: ClassVar[bool] = True
    has_pages: ClassVar[bool] = True
    date_fields: ClassVar[tuple[str, ...]] = ("date",)

    def __init__(self, site: Site) -> None:
        super().__init__(site)
        self._ignored = fields.words(site.settings.get("ignored_content"))

    @classmethod
    def settings_of(cls, folder: Path) -> Mapping[str, object] | None:
        if (folder / "zola.toml").is_file():
            return read_settings(folder / "zola.toml")
        if path := first_file(folder, "config.toml"):
            settings = read_settings(path)
            return settings if "base_url" in settings else None
        return None

    @classmethod
    def locate(cls, folder: Path, settings: Mapping[str, object], site: Site) -> Site:
        return replace(
            site,
            content=folder / "content",
            url=site.url or public_url(settings.get("base_url")),
            language=fields.text(settings.get("default_language")) or site.language,
        )

    def takes(self, place: str, name: str, siblings: Collection[str]) -> bool:  # noqa: ARG002
        return not name.startswith("_index.") and not any(
            fnmatchcase(place, pattern) for pattern in self._ignored
        )

    def is_language(self, suffix: str) -> bool:
        return suffix in fields.section(self.site.settings, "languages")

    def published(self, source: Source) -> datetime | None:
        match = _DATED_NAME.fullmatch(source.name.stem)
        if match and "T" in match["date"] and not source.fields.get("date"):
            source.moment = self.resolve(match["date"])
            return source.moment
        return super().published(source)

    def held_back(self, source: Source) -> str | None:
        if fields.flag(source.fields.get("render")) is False:
            return "render: false"
        return super().held_back(source)

    def tags(self, source: Source) -> tuple[str, ...]:
        taxonomies = fields.section(source.fields, "taxonomies")
        return fields.distinct(
            word for name in ("tags", "categories") for word in fields.words(taxonomies.get(name))
        ) or super().tags(source)

    def cover(self, source: Source) -> str | None:
        extra = fields.section(source.matter.fields, "extra")
        return super().cover(replace(source, matter=replace(source.matter, fields=extra)))

    def slug(self, source: Source) -> str:
        return self._slugify(self._slug_text(source)) or source.name.bare or source.name.stem

    def _slug_text(self, source: Source) -> str:
        if given := fields.text(source.fields.get("slug")):
            return given
        match = _DATED_NAME.fullmatch(source.name.stem)
        keeps_dates = fields.flag(fields.section(self.site.settings, "slugify").get("paths_keep_dates"))
        return match["slug"] if match and match["slug"] and not keeps_dates else source.name.stem

    def _slugify(self, text: str) -> str | None:
        strategy = fields.section(self.site.settings, "slugify").get("paths", "on")
        if strategy == "off":
            return text
        return slugs.zola_safe(text) if strategy == "safe" else slugs.zola(text)

    def url(self, source: Source) -> str | None:
        """Return the permalink as page.rs makes it; folders above a page stand in it as they are."""
        path = fields.text(source.fields.get("path"))
        if path is None:
            slug = self._slugify(self._slug_text(source))
            if not slug:
                return None
            path = f"{source.name.folder}/{slug}"
            if source.name.language and source.name.language != self.site.language:
                path = f"{source.name.language}/{path}"
        return self.address(f"{path.strip('/')}/")

    def image_folders(self) -> tuple[Path, ...]:
        return (self.site.root / "static", self.site.content)
