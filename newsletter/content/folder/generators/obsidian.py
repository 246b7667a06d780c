"""Obsidian: the notes of a vault, which is a folder with `.obsidian` in it."""

import re
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from newsletter.content.folder import fields
from newsletter.content.folder.generators.configuration import read_settings
from newsletter.content.folder.generators.rules import Rules
from newsletter.content.folder.generators.site import Site
from newsletter.content.folder.generators.source import Source

_INLINE_TAG = re.compile(r"(?<![\w/#&\[(])#([^\W\d_][\w/-]*|\d[\w/-]*[^\W\d][\w/-]*)")
_CODE = re.compile(r"^(```|~~~).*?^\1|`[^`\n]*`|\]\([^()\n]*\)", re.MULTILINE | re.DOTALL)


class Obsidian(Rules):
    """Every note with a date is a post, but templates and notes that are marked otherwise."""

    name: ClassVar[str] = "obsidian"
    extensions: ClassVar[tuple[str, ...]] = (".md",)
    has_pages: ClassVar[bool] = True
    named_by_file: ClassVar[bool] = True

    @classmethod
    def settings_of(cls, folder: Path) -> Mapping[str, object] | None:
        if not (folder / ".obsidian").is_dir():
            return None
        path = folder / ".obsidian" / "templates.json"
        return read_settings(path) if path.is_file() else {}

    @classmethod
    def locate(cls, folder: Path, settings: Mapping[str, object], site: Site) -> Site:  # noqa: ARG003
        return replace(site, content=folder)

    def enters(self, place: str, name: str, siblings: Collection[str]) -> bool:
        templates = (fields.text(self.site.settings.get("folder")) or "").strip("/")
        if place == templates or name.lower() in ("templates", "_templates"):
            return False
        return super().enters(place, name, siblings)

    def title(self, source: Source, *, complain: bool) -> str:  # noqa: ARG002 - a note always has a name
        stem = source.name.bare or source.name.stem
        return fields.text(source.fields.get("title")) or stem

    def held_back(self, source: Source) -> str | None:
        reason = super().held_back(source)
        nameless = source.name.day is not None and not source.name.bare and not source.fields.get("title")
        if reason is None and nameless and not fields.flag(source.fields.get("publish")):
            return "a daily note"  # a diary is private, unless its author says otherwise
        return reason

    def tags(self, source: Source) -> tuple[str, ...]:
        inline = _INLINE_TAG.findall(_CODE.sub(" ", source.matter.body)) if "#" in source.matter.body else ()
        return fields.distinct((*(tag.removeprefix("#") for tag in super().tags(source)), *inline))

    def url(self, source: Source) -> str | None:
        """Return the address on Obsidian Publish: the path in the vault, blanks as plus signs."""
        path = self.own_path(source)
        return self.address(path or source.place.removesuffix(".md").replace(" ", "+"))

    def publishes_beside(self) -> bool:
        return False  # Publish serves attachments from a place of its own
