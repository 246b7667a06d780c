"""What holds in every content folder; each generator's own file says where it differs."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import ClassVar

from newsletter.content.folder.generators.field_rules import FieldRules
from newsletter.content.folder.generators.site import Site
from newsletter.content.folder.generators.source import COMMON_LANGUAGES, Name, Source, read_name

#: Files that tell about a folder, rather than being a post in it.
_COMPANIONS = frozenset(
    f"{name}.md" for name in ("readme", "changelog", "contributing", "license", "code_of_conduct", "security")
)


class Rules(FieldRules):
    """The rules of a plain folder: every Markdown file with a date is a post."""

    extensions: ClassVar[tuple[str, ...]] = (".md", ".markdown")
    #: Posts for the generator that we cannot read: reported, rather than silently missed.
    foreign: ClassVar[tuple[str, ...]] = ()
    #: Files whose fields other files inherit.
    data_files: ClassVar[tuple[str, ...]] = ()
    meta: ClassVar[bool] = False  # Pelican's front matter
    #: Whether files without date may be pages (about, contact), to be passed over without a word.
    has_pages: ClassVar[bool] = False
    translations_share_slug: ClassVar[bool] = False

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
