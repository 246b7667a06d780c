"""What holds in every content folder; each generator's own file says where it differs.

The order of fields and the reasons to hold a post back are one rule set over all generators, so that a folder
needs no configuration: a field that one generator knows has the same meaning in the others.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import ClassVar
from urllib.parse import quote, urlsplit
from zoneinfo import ZoneInfo

from newsletter.content.folder import dates, fields
from newsletter.content.folder.generators import headlines, pictures
from newsletter.content.folder.generators.languages import COMMON_LANGUAGES
from newsletter.content.folder.generators.source import Name, Source, read_name
from newsletter.content.post import Post

#: What may stand in the path of an address as it is (RFC 3986, section 3.3).
_PATH_CHARACTERS = "/%:@!$&'()*+,;=~"
#: Files that tell about a folder, rather than being a post in it.
_COMPANIONS = frozenset(
    f"{name}.md" for name in ("readme", "changelog", "contributing", "license", "code_of_conduct", "security")
)


@dataclass(frozen=True, slots=True)
class Site:
    """The site that a content folder belongs to, as its generator's settings tell."""

    generator: str
    root: Path  # where the generator's settings are
    content: Path  # the folder from which addresses and identities are counted
    url: str | None  # where `content` is published, without a slash at the end
    timezone: ZoneInfo
    language: str
    settings: Mapping[str, object]


class Rules:
    """The rules of a plain folder: every Markdown file with a date is a post."""

    name: ClassVar[str] = "plain"
    extensions: ClassVar[tuple[str, ...]] = (".md", ".markdown")
    #: Posts for the generator that we cannot read: reported, rather than silently missed.
    foreign: ClassVar[tuple[str, ...]] = ()
    #: Files whose fields other files inherit.
    data_files: ClassVar[tuple[str, ...]] = ()
    needs_front_matter: ClassVar[bool] = False
    named_by_file: ClassVar[bool] = False  # the generator takes the title from the file name
    meta: ClassVar[bool] = False  # Pelican's front matter
    #: Whether files without date may be pages (about, contact), to be passed over without a word.
    has_pages: ClassVar[bool] = False
    translations_share_slug: ClassVar[bool] = False
    date_fields: ClassVar[tuple[str, ...]] = ("publishdate", "pubdate", "published", "date", "created")
    updated_fields: ClassVar[tuple[str, ...]] = (
        "lastmod",
        "modified",
        "updated",
        "last_modified_at",
        "updateddate",
    )
    day_first: ClassVar[bool | None] = None

    def __init__(self, site: Site) -> None:
        self.site = site
        self.inherited: Mapping[str, Mapping[str, object]] = {}

    @classmethod
    def settings_of(cls, folder: Path) -> Mapping[str, object] | None:
        """Return the settings of the site whose root a folder is; None where it is none of this generator's."""
        raise NotImplementedError

    @classmethod
    def locate(cls, folder: Path, settings: Mapping[str, object], site: Site) -> Site:
        """Complete what is known of a site: its content folder, address, time zone and language."""
        raise NotImplementedError

    # Which files

    def belongs(self, folder: str) -> bool:  # noqa: ARG002 - for those who know better
        """Tell whether a folder (relative to the content folder) that an author named is this generator's."""
        return True

    def enters(self, place: str, name: str, siblings: Collection[str]) -> bool:  # noqa: ARG002
        """Tell whether posts may be in a folder."""
        return name not in ("node_modules", "vendor", "__pycache__")

    def takes(self, place: str, name: str, siblings: Collection[str]) -> bool:  # noqa: ARG002
        """Tell whether a file is a post by its name and place; `siblings` are the names beside it."""
        return name.lower() not in _COMPANIONS

    def hands_down(self, place: str, name: str) -> bool:  # noqa: ARG002
        """Tell whether other files inherit from a file, whose name ends with one of `data_files`."""
        return True

    def with_data(self, texts: Mapping[str, str]) -> None:
        """Take in what the data files (place → text) hand down to the files below them."""

    # What a file says

    def is_language(self, suffix: str) -> bool:
        """Tell whether `fr` in `name.fr.md` is a language."""
        return suffix in COMMON_LANGUAGES

    def read_name(self, place: str) -> Name:
        return read_name(place, self.is_language)

    def inherit(self, place: str, own: Mapping[str, object]) -> Mapping[str, object]:  # noqa: ARG002
        """Return a file's fields with those that it inherits."""
        return own

    def is_page(self, source: Source) -> bool:  # noqa: ARG002
        """Tell whether a file is a page of the site and no post, whatever its date."""
        return False

    def describe(self, source: Source) -> Post:
        """Make a post of a file; what is wrong with it is noted at the source."""
        held_back = self.held_back(source)
        source.title = self.title(source, complain=held_back is None)
        if not source.title:
            source.title = headlines.titled(source.name.bare or source.name.stem)
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
            cover_alt=pictures.cover_alt(source.fields),
            held_back=held_back,
        )

    def identity(self, source: Source) -> str:
        own = source.matter.fields
        given = (fields.text(own.get(key)) for key in ("id", "guid", "uuid"))
        return next((identity for identity in given if identity), source.name.identity)

    def title(self, source: Source, *, complain: bool) -> str:
        """Return the title, or "" (and complain) where nothing gives one."""
        title = fields.text(source.fields.get("title"))
        if not title and self.named_by_file:
            title = headlines.titled(source.name.bare or source.name.stem)
        if not title:
            title = headlines.first_heading(source.matter.body)
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
        given = (fields.text(source.fields.get(name)) for name in ("lang", "language", "locale"))
        return next((language for language in given if language), source.name.language or self.site.language)

    def summary(self, source: Source) -> str | None:
        given = (fields.text(source.fields.get(name)) for name in ("summary", "excerpt", "description"))
        return next((summary for summary in given if summary), None)

    def cover(self, source: Source) -> str | None:
        """Return the image of the post itself; one that all posts inherit is the site's card, not a cover."""
        return pictures.cover(source.matter.fields) or pictures.cover(
            fields.section(source.matter.fields, "params")
        )

    def filled(self, body: str) -> str:
        """Return a post's text with the values that the site's settings give; no line is added or taken away."""
        return body

    # Where a post's references lead

    def image_folders(self) -> tuple[Path, ...]:
        """Return the folders in which `/picture.png` may be."""
        return (self.site.content,)

    def boundaries(self) -> tuple[Path, ...]:
        """Return the folders outside of which nothing is read: the site, and its content if a link leads there."""
        return (self.site.root.resolve(), self.site.content)

    def publishes_beside(self) -> bool:
        """Tell whether a picture beside a post is published beside its page, under its own name."""
        return True
