"""Eleventy: templates anywhere, settings in a JavaScript file that is looked at but never run."""

import re
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from newsletter.content.folder import fields
from newsletter.content.folder.generators.configuration import (
    first_file,
    public_url,
    read_settings,
    string_in_program,
    text_of,
)
from newsletter.content.folder.generators.rules import Rules
from newsletter.content.folder.generators.site import Site
from newsletter.content.folder.generators.source import Source
from newsletter.content.folder.notations import NotationError, read_json

_SETTINGS = (
    "eleventy.config.js",
    "eleventy.config.mjs",
    "eleventy.config.cjs",
    "eleventy.config.ts",
    ".eleventy.js",
)
#: Tags that only gather pages into a collection.
_MARKERS = frozenset({"all", "blog", "nav", "post", "posts"})
#: Folders whose files are posts.
_POST_FOLDERS = frozenset({"_posts", "article", "articles", "blog", "news", "post", "posts", "writing"})
_BY_ELEVENTY = frozenset({"last modified", "created", "git last modified", "git created"})


class Eleventy(Rules):
    """A Markdown file is a post when it has a date, and a post's tag or folder."""

    name: ClassVar[str] = "eleventy"
    extensions: ClassVar[tuple[str, ...]] = (".md", ".markdown")
    data_files: ClassVar[tuple[str, ...]] = (".json",)
    has_pages: ClassVar[bool] = True
    date_fields: ClassVar[tuple[str, ...]] = ("date", "publishdate", "pubdate", "published")

    def __init__(self, site: Site) -> None:
        super().__init__(site)
        self._data: dict[str, dict[str, object]] = {}

    @classmethod
    def settings_of(cls, folder: Path) -> Mapping[str, object] | None:
        path = first_file(folder, *_SETTINGS)
        return None if path is None else {"program": text_of(path)}

    @classmethod
    def locate(cls, folder: Path, settings: Mapping[str, object], site: Site) -> Site:
        program = str(settings["program"])
        named = string_in_program(program, "input")
        content = folder / named if named and (folder / named).is_dir() else folder
        output = string_in_program(program, "output") or "_site"
        return replace(
            site,
            content=content,
            url=site.url or _url(content),
            settings={**settings, "output": output.strip("./")},
        )

    def enters(self, place: str, name: str, siblings: Collection[str]) -> bool:
        if name in ("_includes", "_data", "_layouts") or place == self.site.settings.get("output"):
            return False
        return super().enters(place, name, siblings)

    def hands_down(self, place: str, name: str) -> bool:
        """`blog/blog.json` and `blog/blog.11tydata.json` hold for all files in `blog`."""
        folder = place.rpartition("/")[0].rpartition("/")[2]
        return name in (f"{folder}.json", f"{folder}.11tydata.json")

    def with_data(self, texts: Mapping[str, str]) -> None:
        self._data = {}
        for place, text in sorted(texts.items(), reverse=True):  # so that blog.json comes last, and wins
            try:
                self._data.setdefault(place.rpartition("/")[0], {}).update(read_json(text))
            except NotationError:
                continue  # Eleventy itself stops at such a file

    def inherit(self, place: str, own: Mapping[str, object]) -> Mapping[str, object]:
        folders = place.split("/")[:-1]
        inherited: dict[str, object] = {}
        for depth in range(1, len(folders) + 1):
            layer = self._data.get("/".join(folders[:depth]), {})
            inherited = {**inherited, **layer, "tags": _joined(inherited.get("tags"), layer.get("tags"))}
        if not inherited:
            return own
        # Eleventy merges the tags of all layers; of all other fields the nearest wins.
        return {**inherited, **own, "tags": _joined(inherited.get("tags"), own.get("tags"))}

    def is_page(self, source: Source) -> bool:
        """A post is marked by its folder or a tag; all other templates are pages."""
        folders = {folder.lower() for folder in source.place.split("/")[:-1]}
        return not folders & _POST_FOLDERS and not _MARKERS & set(_one_tag(source.fields.get("tags")))

    def complain_of_date(self, source: Source, name: str, value: object) -> None:
        shown = fields.text(value) or ""
        if shown.lower() in _BY_ELEVENTY:
            source.complain(
                "date",
                f"{name}: {shown} is a date that only Eleventy finds out, while it builds.",
                f"Write the date itself, as in {name}: 2024-01-31.",
                at=name,
            )
        else:
            super().complain_of_date(source, name, value)

    def held_back(self, source: Source) -> str | None:
        if fields.flag(source.fields.get("eleventyexcludefromcollections")):
            return "eleventyExcludeFromCollections"
        return super().held_back(source)

    def tags(self, source: Source) -> tuple[str, ...]:
        return tuple(tag for tag in _one_tag(source.fields.get("tags")) if tag.lower() not in _MARKERS)

    def url(self, source: Source) -> str | None:
        """Return the address; by default the path, with its date (which only `page.fileSlug` leaves out)."""
        value = source.fields.get("permalink")
        if value is not None:
            given = fields.text(value) if fields.flag(value) is None else None
            path = re.sub(
                r"\{\{-?\s*page\.fileSlug\s*-?\}\}", source.name.bare or source.name.stem, given or "{"
            )
            return None if "{" in path else self.address(path.removesuffix("index.html"))
        folder, stem = source.name.folder, source.name.stem
        if folder.rpartition("/")[2] == stem and not source.name.is_index:
            return self.address(f"{folder}/")  # `tides/tides.md` is /tides/
        return self.address(f"{folder}/{stem}/")

    def publishes_beside(self) -> bool:
        return False  # only what a pass-through copy names, which the program says

    def image_folders(self) -> tuple[Path, ...]:
        return (self.site.content, self.site.root / "public", self.site.root)


def _one_tag(value: object) -> tuple[str, ...]:
    return fields.words(value, separators="")  # a text is one tag, whatever it holds


def _joined(one: object, other: object) -> list[str]:
    return list(fields.distinct((*_one_tag(one), *_one_tag(other))))


def _url(content: Path) -> str | None:
    """Return the address in the site's global data, where starters keep it."""
    path = first_file(content / "_data", "metadata.json", "site.json", "meta.json")
    return public_url(read_settings(path).get("url")) if path else None
