"""Astro: collections in `src/content`, settings in a program that is looked at but never run."""

import re
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from newsletter.content.folder import fields
from newsletter.content.folder.generators import slugs
from newsletter.content.folder.generators.configuration import (
    first_file,
    public_url,
    string_in_program,
    text_of,
)
from newsletter.content.folder.generators.rules import Rules
from newsletter.content.folder.generators.site import Site
from newsletter.content.folder.generators.source import Name, Source

_ROOTS = ("content", "blog", "data", "pages")
_LOCALES = re.compile(r"\blocales\s*:\s*\[([^\]]*)\]")


class Astro(Rules):
    """Entries of collections, and Markdown pages, are posts when they have a date."""

    name: ClassVar[str] = "astro"
    extensions: ClassVar[tuple[str, ...]] = (".md", ".mdx", ".mdoc")
    has_pages: ClassVar[bool] = True
    date_fields: ClassVar[tuple[str, ...]] = ("pubdate", "date", "publishdate", "pubdatetime", "published")

    @classmethod
    def settings_of(cls, folder: Path) -> Mapping[str, object] | None:
        path = first_file(folder, *(f"astro.config.{kind}" for kind in ("mjs", "js", "ts", "mts", "cjs")))
        return None if path is None else {"program": text_of(path)}

    @classmethod
    def locate(cls, folder: Path, settings: Mapping[str, object], site: Site) -> Site:
        program = str(settings["program"])
        url = public_url(string_in_program(program, "site"))
        base = (string_in_program(program, "base") or "").strip("/")
        locales = _LOCALES.search(program)
        codes = re.findall(r"""["']([A-Za-z-]+)["']""", locales[1]) if locales else []
        return replace(
            site,
            content=folder / "src",
            url=site.url or (f"{url}/{base}".rstrip("/") if url else None),
            language=string_in_program(program, "defaultLocale") or site.language,
            settings={**settings, "locales": codes, "routes": _routes(folder / "src" / "pages")},
        )

    def belongs(self, folder: str) -> bool:
        return folder.partition("/")[0] in _ROOTS

    def enters(self, place: str, name: str, siblings: Collection[str]) -> bool:
        return place.partition("/")[0] in _ROOTS and super().enters(place, name, siblings)

    def takes(self, place: str, name: str, siblings: Collection[str]) -> bool:
        return "/" in place and super().takes(place, name, siblings)

    def read_name(self, place: str) -> Name:
        name = super().read_name(place)
        parts = name.folder.split("/")
        codes = fields.words(self.site.settings.get("locales"))
        language = next((part for part in parts if part in codes), None)
        if language is None:
            return name
        parts.remove(language)
        return replace(name, folder="/".join(parts), language=language)

    def slug(self, source: Source) -> str:
        return fields.text(source.fields.get("slug")) or slugs.astro(source.name.stem)

    def url(self, source: Source) -> str | None:
        """Return the address of a page, or of an entry whose collection has one route of the same name."""
        if self.site.url is None:
            return None
        root, _, rest = source.place.rpartition(".")[0].partition("/")
        if root == "pages":
            return self.address(f"{rest.removesuffix('index').strip('/')}/")
        collection, _, entry = rest.partition("/") if root == "content" else (root, "", rest)
        if not entry or collection not in fields.words(self.site.settings.get("routes")):
            return None
        slug = fields.text(source.fields.get("slug"))
        made = "/".join(slugs.astro(part) for part in entry.removesuffix("/index").split("/"))
        return self.address(f"{collection}/{slug or made}/")

    def publishes_beside(self) -> bool:
        return False  # pictures in src/ get a hashed name while Astro builds

    def image_folders(self) -> tuple[Path, ...]:
        return (self.site.root / "public",)


def _routes(pages: Path) -> list[str]:
    """Return the folders of src/pages with a route for each entry of a collection, `blog/[...slug].astro`."""
    try:
        return sorted(
            folder.name
            for folder in pages.iterdir()
            if folder.is_dir()
            and any(re.match(r"\[(\.\.\.)?\w+\]\.astro$", file.name) for file in folder.iterdir())
        )
    except OSError:
        return []
