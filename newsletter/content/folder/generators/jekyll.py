"""Jekyll: `_posts/2024-01-31-tides.md`, settings in `_config.yml`."""

import re
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import ClassVar

from newsletter.content.folder import dates, fields
from newsletter.content.folder.generators import jekyll_addresses
from newsletter.content.folder.generators.configuration import (
    first_file,
    public_url,
    read_settings,
    zone_named,
)
from newsletter.content.folder.generators.rules import Rules
from newsletter.content.folder.generators.site import Site
from newsletter.content.folder.generators.source import Name, Source
from newsletter.content.folder.notations import Timestamp

# Jekyll, document.rb, DATE_FILENAME_MATCHER.
_POST_NAME = re.compile(r"(\d{2,4}-\d{1,2}-\d{1,2})-([^/]*)(\.[^.]+)")
_RAW = re.compile(r"\{%-?\s*raw\s*-?%\}")
_END_RAW = re.compile(r"\{%-?\s*endraw\s*-?%\}")
_SITE_VALUE = re.compile(r"\{\{-?\s*site\.(\w+)\s*-?\}\}")


class Jekyll(Rules):
    """Posts are the dated files of `_posts` folders, and nothing else is."""

    name: ClassVar[str] = "jekyll"
    extensions: ClassVar[tuple[str, ...]] = (".md", ".markdown", ".mkdown", ".mkdn", ".mkd", ".html")
    foreign: ClassVar[tuple[str, ...]] = (".textile", ".adoc", ".asciidoc", ".rst", ".org")
    named_by_file: ClassVar[bool] = True
    date_fields: ClassVar[tuple[str, ...]] = ("date",)

    def __init__(self, site: Site) -> None:
        super().__init__(site)
        self._excluded = [pattern.strip("/") for pattern in fields.words(site.settings.get("exclude"))]

    @classmethod
    def settings_of(cls, folder: Path) -> Mapping[str, object] | None:
        if path := first_file(folder, "_config.yml", "_config.yaml", "_config.toml"):
            return read_settings(path)
        return {} if (folder / "_posts").is_dir() else None

    @classmethod
    def locate(cls, folder: Path, settings: Mapping[str, object], site: Site) -> Site:
        url = public_url(settings.get("url"))
        base = (fields.text(settings.get("baseurl")) or "").strip("/")
        return replace(
            site,
            content=folder / (fields.text(settings.get("source")) or "."),
            url=site.url or (f"{url}/{base}".rstrip("/") if url else None),
            timezone=zone_named(settings.get("timezone")) or site.timezone,
            language=fields.text(settings.get("lang")) or site.language,
        )

    def belongs(self, folder: str) -> bool:
        return "_posts" in folder.split("/") or (self.site.content / folder / "_posts").is_dir()

    def enters(self, place: str, name: str, siblings: Collection[str]) -> bool:
        if any(fnmatchcase(place, pattern) for pattern in self._excluded):
            return False
        if "_posts" in place.split("/"):
            return True
        return (name == "_posts" or not name.startswith(("_", "#", "~"))) and super().enters(
            place, name, siblings
        )

    def takes(self, place: str, name: str, siblings: Collection[str]) -> bool:  # noqa: ARG002
        return _POST_NAME.fullmatch(name) is not None and "_posts" in place.split("/")[:-1]

    def is_language(self, suffix: str) -> bool:  # noqa: ARG002 - Jekyll knows no languages
        return False

    def read_name(self, place: str) -> Name:
        folder, _, file = place.rpartition("/")
        above = folder.partition("_posts")[0].strip("/")
        match = _POST_NAME.fullmatch(file)
        if match is None:
            return super().read_name(place)
        day = dates.resolve(_four_digit_year(match[1]), self.site.timezone)
        return Name(above, f"{match[1]}-{match[2]}", match[2], day.date() if day else None)

    def inherit(self, place: str, own: Mapping[str, object]) -> Mapping[str, object]:
        defaults = self.site.settings.get("defaults")
        scopes = [
            (fields.section(entry, "scope"), fields.section(entry, "values"))
            for entry in (defaults if isinstance(defaults, list) else [])
            if isinstance(entry, Mapping)
        ]
        fitting = [(scope, values) for scope, values in scopes if _in_scope(place, scope)]
        # Jekyll, frontmatter_defaults.rb, has_precedence?: the longer path wins, then the one with a type.
        fitting.sort(key=lambda pair: (len(str(pair[0].get("path") or "")), "type" in pair[0]))
        inherited = {key: value for _, values in fitting for key, value in values.items()}
        if "categories" in inherited and "categories" in own:
            # Jekyll, document.rb, merge_categories!: of all fields these alone are joined.
            joined = (*_several(inherited["categories"]), *_several(own["categories"]))
            return {**inherited, **own, "categories": list(fields.distinct(joined))}
        return {**inherited, **own} if inherited else own

    def resolve(self, value: object) -> datetime | None:
        found = dates.resolve(value, self.site.timezone, yaml_is_utc=True)
        if found is None and isinstance(value, str) and not isinstance(value, Timestamp):
            # Ruby's Time.parse takes the date and time at the beginning, and leaves the rest.
            match = re.match(r"\d{4}-\d{1,2}-\d{1,2}[ T]\d{1,2}:\d{2}(:\d{2})?(?=\s)", value.strip())
            found = dates.resolve(match[0], self.site.timezone) if match else None
        return found

    def published(self, source: Source) -> datetime | None:
        moment = super().published(source)
        value = source.fields.get("date")
        if moment and value and dates.resolve(value, self.site.timezone) is None and self.resolve(value):
            source.complain(
                "date",
                f"date: {value} is only understood in part, as {moment:%Y-%m-%d %H:%M %Z}.",
                "Write it as in date: 2024-01-31 08:30:00 +0100.",
                at="date",
            )
        return moment

    def title(self, source: Source, *, complain: bool) -> str:  # noqa: ARG002 - a post always has a name
        given = fields.text(source.fields.get("title"))
        # Jekyll, Utils.titleize_slug.
        return given or " ".join(word.capitalize() for word in source.name.bare.split("-"))

    def tags(self, source: Source) -> tuple[str, ...]:
        tag = fields.text(source.fields.get("tag"))
        given = (tag,) if tag else fields.words(source.fields.get("tags"), blanks=True)
        return fields.distinct((*given, *self._categories(source)))

    def _categories(self, source: Source) -> tuple[str, ...]:
        above = tuple(part for part in source.name.folder.split("/") if part)
        category = fields.text(source.fields.get("category"))
        several = _several(source.fields.get("categories"))
        return fields.distinct((*above, *several, *((category,) if category else ())))

    def filled(self, body: str) -> str:
        """Put in `{{ site.repository }}` and other plain values of _config.yml, but not between raw tags."""
        if "site." not in body:
            return body
        filled: list[str] = []
        at = 0
        while raw := _RAW.search(body, at):
            end = _END_RAW.search(body, raw.end())
            filled += (
                _SITE_VALUE.sub(self._site_value, body[at : raw.start()]),
                body[raw.start() : end and end.end()],
            )
            at = end.end() if end else len(body)
        return "".join([*filled, _SITE_VALUE.sub(self._site_value, body[at:])])

    def _site_value(self, match: re.Match[str]) -> str:
        value = self.site.settings.get(match[1].lower())
        # The dialect knows what to do with the address of the site.
        is_plain = isinstance(value, str) and "\n" not in value and match[1] not in ("url", "baseurl")
        return str(value) if is_plain else match[0]

    def url(self, source: Source) -> str | None:
        return self.address(jekyll_addresses.path_of(source, self.site, self._categories(source)))


def _four_digit_year(day: str) -> str:
    year, month, rest = day.split("-")
    # Ruby's Time.parse: two digits up to 68 are this century's.
    full = year if len(year) == 4 else f"{'20' if int(year) <= 68 else '19'}{year[-2:]}"
    return f"{full}-{month}-{rest}"


def _several(value: object) -> tuple[str, ...]:
    """Return a list as it is, and a text split at white space."""
    return fields.words(value, separators="", blanks=True)


def _in_scope(place: str, scope: Mapping[str, object]) -> bool:
    kind = fields.text(scope.get("type"))
    if kind not in (None, "posts", "post"):
        return False
    path = (fields.text(scope.get("path")) or "").strip("/")
    if "*" in path:
        parents = [place, *(place[:at] for at, character in enumerate(place) if character == "/")]
        return any(fnmatchcase(parent, path) for parent in parents)
    return not path or place.startswith(f"{path}/") or place == path
