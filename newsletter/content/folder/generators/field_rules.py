"""What the fields of a file say, where its generator has no rule of its own.

The order of fields and the reasons to hold a post back are one rule set over all generators, so that a folder
needs no configuration: a field that one generator knows has the same meaning in the others.
"""

from datetime import datetime
from typing import ClassVar
from urllib.parse import quote, urlsplit

from newsletter.content.folder import dates, fields
from newsletter.content.folder.generators import covers, titles
from newsletter.content.folder.generators.site import Site
from newsletter.content.folder.generators.source import Source
from newsletter.content.post import Post

#: What may stand in the path of an address as it is (RFC 3986, section 3.3).
_PATH_CHARACTERS = "/%:@!$&'()*+,;=~"


class FieldRules:
    """From a file that is open to the post that it makes."""

    name: ClassVar[str] = "plain"
    needs_front_matter: ClassVar[bool] = False
    named_by_file: ClassVar[bool] = False  # the generator takes the title from the file name
    date_fields: ClassVar[tuple[str, ...]] = ("publishdate", "pubdate", "published", "date", "created")
    updated_fields: ClassVar[tuple[str, ...]] = (
        "lastmod",
        "modified",
        "updated",
        "last_modified_at",
        "updateddate",
    )
    day_first: ClassVar[bool | None] = None  # how 01/02/2024 is read; None refuses it

    def __init__(self, site: Site) -> None:
        self.site = site

    def describe(self, source: Source) -> Post:
        """Make a post of a file; what is wrong with it is noted at the source."""
        held_back = self.held_back(source)
        source.title = self.title(source, complain=held_back is None)
        if not source.title:
            source.title = titles.titled(source.name.bare or source.name.stem)
            held_back = held_back or "no title"
        published_at = self.published(source)
        source.slug = self.slug(source)
        return Post(
            id=self.identity(source),
            path=source.path,
            title=source.title,
            slug=source.slug,
            published_at=published_at,
            body_hash=source.body_hash,
            url=self.url(source),
            updated_at=self.first_date(source, self.updated_fields),
            expires_at=self.first_date(source, ("expirydate", "unpublishdate")),
            tags=self.tags(source),
            authors=self.authors(source),
            language=self.language(source),
            summary=self.summary(source),
            cover=self.cover(source),
            cover_alt=covers.cover_alt(source.fields),
            silenced=fields.words(source.fields.get("newsletter_silence"), blanks=True),
            held_back=held_back,
        )

    def identity(self, source: Source) -> str:
        return fields.first_text(source.matter.fields, "id", "guid", "uuid") or source.name.identity

    def title(self, source: Source, *, complain: bool) -> str:
        """Return the title, or "" (and complain) where nothing gives one."""
        title = fields.text(source.fields.get("title"))
        if not title and self.named_by_file:
            title = titles.titled(source.name.bare or source.name.stem)
        if not title:
            title = titles.first_heading(source.matter.body)
        if not title and complain:
            source.complain(
                "no-title",
                "This post has no title.",
                "Write one at its top, such as title: A title.",
                at="title",
                severity="error",
            )
        return title or ""

    def published(self, source: Source) -> datetime | None:
        """Return when the post goes public, and leave the date that makes its address at the source."""
        found = self.first_date(source, self.date_fields, complain=True)
        day = source.name.day or dates.in_path(self.date_path(source))
        source.moment = found or dates.resolve(day, self.site.timezone)
        return source.moment

    def date_path(self, source: Source) -> str:
        """Return the path that may hold a date, where neither a field nor the file's name does."""
        own = source.matter.fields
        given = next((fields.text(own[key]) for key in ("path", "url", "permalink") if own.get(key)), None)
        return f"{given or ''} /{source.name.folder}/"

    def first_date(
        self, source: Source, names: tuple[str, ...], *, complain: bool = False
    ) -> datetime | None:
        """Return the first date among some fields; a field that holds something else is passed over."""
        for name in names:
            value = source.fields.get(name)
            if value is None or value == "" or fields.flag(value) is not None:
                continue  # such as `published: true`, which is a mark and no date
            found = self.resolve(value)
            if found is not None:
                return found
            if complain:
                self.complain_of_date(source, name, value)
        return None

    def resolve(self, value: object) -> datetime | None:
        return dates.resolve(value, self.site.timezone, day_first=self.day_first)

    def complain_of_date(self, source: Source, name: str, value: object) -> None:
        shown = fields.text(value) or "this"
        source.complain(
            "date", f"{name}: {shown[:60]} is no date.", f"Write it as in {name}: 2024-01-31 08:30.", at=name
        )

    def held_back(self, source: Source) -> str | None:
        """Say why a post may not be sent at any time."""
        values = source.fields
        folders = f"/{source.place}".split("/")[:-1]
        if any(folder in ("_drafts", "drafts") for folder in folders):
            return "in a folder of drafts"
        if fields.is_set(values.get("draft")):
            return "draft"
        for name in ("published", "publish", "newsletter", "email", "permalink"):
            if fields.flag(values.get(name)) is False:
                return f"{name}: false"
        status = fields.text(values.get("status"))
        if status and status.lower() in ("draft", "hidden", "skip"):
            return f"status: {status.lower()}"
        if self.needs_front_matter and source.matter.kind == "none":
            source.complain(
                "front-matter",
                f"This file has no front matter, so that {self.name.capitalize()} does not publish it.",
                "Begin it with a title and a date between two lines of ---.",
                severity="error",
            )
            return "no front matter"
        return None

    def slug(self, source: Source) -> str:
        return fields.text(source.fields.get("slug")) or source.name.bare or source.name.stem

    def url(self, source: Source) -> str | None:
        """Return the public address; without a generator only the author can tell it."""
        return self.address(self.own_path(source))

    def own_path(self, source: Source) -> str | None:
        """Return the path or address that the author gave the post."""
        own = source.fields
        given = (fields.text(own.get(name)) for name in ("url", "permalink", "path"))
        return next((path for path in given if path and fields.flag(path) is None), None)

    def address(self, path: str | None) -> str | None:
        """Return the address of a path of the site."""
        if path is None:
            return None
        if urlsplit(path).scheme in ("http", "https"):
            return path
        if self.site.url is None:
            return None
        return f"{self.site.url}/{quote(path.lstrip('/'), safe=_PATH_CHARACTERS)}"

    def tags(self, source: Source) -> tuple[str, ...]:
        """Return tags and categories: what a reader can follow."""
        values = source.fields
        return fields.distinct(
            word
            for name in ("tags", "tag", "categories", "category")
            for word in fields.words(values.get(name))
        )

    def authors(self, source: Source) -> tuple[str, ...]:
        return fields.names(source.fields.get("authors")) or fields.names(source.fields.get("author"))

    def language(self, source: Source) -> str:
        given = fields.first_text(source.fields, "lang", "language", "locale")
        return given or source.name.language or self.site.language

    def summary(self, source: Source) -> str | None:
        return fields.first_text(source.fields, "summary", "excerpt", "description")

    def cover(self, source: Source) -> str | None:
        """Return the image of the post itself; one that all posts inherit is the site's card, not a cover."""
        return covers.cover(source.matter.fields) or covers.cover(
            fields.section(source.matter.fields, "params")
        )
