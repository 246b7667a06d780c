"""Read a content folder: its posts, what is wrong with them, and the text of each when it is wanted."""

from dataclasses import dataclass, replace
from pathlib import Path
from zoneinfo import ZoneInfo

from newsletter.content.folder import cache, reading, scanning
from newsletter.content.folder.assembling import assemble
from newsletter.content.folder.boundaries import inside, read_picture
from newsletter.content.folder.cache import Kept
from newsletter.content.folder.layout import Layout, find_layout
from newsletter.content.folder.library import Library
from newsletter.content.folder.lookup import FolderReferences
from newsletter.content.note import Note, read_note
from newsletter.content.post import Manuscript, Post, Problem
from newsletter.content.text.addresses import Delivery
from newsletter.content.text.manuscript import read_manuscript
from newsletter.errors import ContentError


@dataclass(frozen=True, slots=True)
class Scan:
    """What a folder holds: posts in order of their paths, and all that is wrong."""

    posts: tuple[Post, ...]
    problems: tuple[Problem, ...]
    generator: str
    files: int  # that may be posts by their place and name
    parsed: int  # of these, in this scan; the others had not changed since the last one, whoever made that
    newest_ns: int  # mtime of the file that changed last; 0 where there is none


class ContentFolder:
    """A folder of posts, or the root of a site; nothing in it is ever run, and nothing outside it is read."""

    def __init__(
        self,
        root: Path,
        *,
        url: str | None = None,
        timezone: ZoneInfo,
        language: str = "en",
        cache: Path | None = None,
        delivery: Delivery = "link",
    ) -> None:
        """Find out which generator `root` belongs to; its settings are looked for in the folders above, too.

        `url` is the public site of the posts, instead of what the generator's settings say; `timezone` and
        `language` hold where they say nothing. `cache` is a file in which scans keep what they read. `delivery` says
        how the images of the site reach the reader.
        Raises ContentError if the folder is missing or unreadable, or the generator's settings are broken.
        """
        self._named = root
        self._url = url.rstrip("/") if url else None
        self._timezone = timezone
        self._language = language
        self._cache = cache
        self._delivery: Delivery = delivery
        self._kept = Kept()
        self._posts: tuple[Post, ...] = ()
        self._fingerprint = ""
        self._library: Library | None = None
        self._layout = self._look()

    @property
    def generator(self) -> str:
        return self._layout.rules.name

    @property
    def url(self) -> str | None:
        """The public site of the posts, without a slash at the end; None where nobody tells."""
        return self._layout.rules.site.url

    def scan(self) -> Scan:
        """Return the posts and problems of the folder as it is now; only files that changed are parsed.

        Raises ContentError as the constructor does.
        """
        layout = self._layout = self._look()
        rules, zone = layout.rules, layout.rules.site.timezone
        walk = layout.walk()
        data = scanning.read_data(layout, walk.data)
        rules.with_data(data)
        kept = self._kept_under(scanning.fingerprint(layout, data))
        sweep = scanning.sweep(layout, walk.files, kept)
        if sweep.is_new:
            saved = self._cache is not None and cache.save(self._cache, self._fingerprint, sweep.kept)
            self._kept = Kept() if saved else sweep.kept
        posts, problems = assemble(
            sweep.kept.posts(zone), sweep.kept.problems(), layout, language=self._language
        )
        problems += [*walk.problems, *sweep.problems]
        problems.sort(key=lambda problem: (problem.path, problem.line or 0))
        self._posts, self._library = tuple(posts), None
        newest_ns = max((mtime_ns for _place, _size, mtime_ns in walk.files), default=0)
        return Scan(self._posts, tuple(problems), self.generator, len(walk.files), sweep.parsed, newest_ns)

    def load(self, post: Post) -> Manuscript:
        """Return a post with its text as it is now. Raises ContentError if it vanished, broke or became another."""
        rules = self._layout.rules
        place = self._layout.place(post.path)
        source = reading.open_source(self._layout.read(place), path=post.path, place=place, rules=rules)
        if isinstance(source, Problem):
            raise ContentError(f"{source.path}:{source.line or 1}: {source.message}", remedy=source.remedy)
        now = rules.describe(source)
        if now.id != post.id:
            raise ContentError(
                f"{post.path} is another post than before: its id was {post.id!r} and is {now.id!r}.",
                remedy="Start again, so that the folder is read as it is now.",
            )
        return read_manuscript(
            replace(now, held_back=post.held_back),
            rules.filled(source.matter.body),
            dialect=rules.name,
            first_line=source.matter.first_line,
            references=self.references(now),
            read_image=self._read_image,
            delivery=self._delivery,
        )

    def line_of_date(self, post: Post) -> int | None:
        """Return the line on which a post says when it goes public; None where its name or its folder says so."""
        rules, place = self._layout.rules, self._layout.place(post.path)
        source = reading.open_source(self._layout.read(place), path=post.path, place=place, rules=rules)
        if isinstance(source, Problem):
            return None
        named = (name for name in rules.date_fields if rules.first_date(source, (name,)) is not None)
        return next((source.matter.line_of(name) for name in named), None)

    def note(self) -> Note | None:
        """Return the author's words for the next issue, from `_next.md` beside the posts."""
        places = sorted(self._layout.walk().notes, key=lambda place: (place.count("/"), place))
        if not places:
            return None
        path = self._layout.path(places[0])
        note = read_note(
            self._layout.read(places[0]),
            path=path,
            dialect=self.generator,
            meta=self._layout.rules.meta,
            references=FolderReferences(self._books(), places[0], None),
            read_image=self._read_image,
            delivery=self._delivery,
        )
        if note is None or len(places) == 1:
            return note
        others = ", ".join(map(self._layout.path, places[1:]))
        second = Problem(
            path, None, "second-note", f"{others} is not used.", "Keep one note for the next issue."
        )
        return replace(note, problems=(*note.problems, second))

    def references(self, post: Post) -> FolderReferences:
        """Return what tells where the references in a post lead."""
        return FolderReferences(self._books(), self._layout.place(post.path), post.url)

    def _look(self) -> Layout:
        """Find the folder and its generator as they are now. Raises ContentError."""
        return find_layout(self._named, url=self._url, timezone=self._timezone, language=self._language)

    def _kept_under(self, fingerprint: str) -> Kept:
        """Return what an earlier scan read under the same settings, from the cache or from memory."""
        kept = cache.load(self._cache, fingerprint)
        if not kept and fingerprint == self._fingerprint:
            kept = self._kept
        self._fingerprint = fingerprint
        return kept

    def _books(self) -> Library:
        if self._library is None:
            if not self._fingerprint:
                self.scan()
            posts = ((self._layout.place(post.path), post) for post in self._posts)
            self._library = Library(self._layout.rules, posts, self._page_url)
        return self._library

    def _page_url(self, place: str) -> str | None:
        """Return the address of a page that is no post, such as about.md."""
        rules = self._layout.rules
        is_page = place.lower().endswith(rules.extensions)
        if not is_page or inside(Path(self._layout.file(place)), rules.boundaries()) is None:
            return None
        if place.rpartition("/")[2] == "_index.md":
            return rules.address(place.removesuffix("_index.md"))
        try:
            source = reading.open_source(self._layout.read(place), path=place, place=place, rules=rules)
        except ContentError:
            return None
        return None if isinstance(source, Problem) else rules.describe(source).url

    def _read_image(self, path: Path) -> bytes | None:
        return read_picture(path, self._layout.rules.boundaries())
