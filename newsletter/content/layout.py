"""The same file under three names: the path that the author knows, the generator's place, the name on the disk."""

from dataclasses import dataclass
from pathlib import Path

from newsletter.content.generators import Rules
from newsletter.content.walking import Walk, Walker


@dataclass(frozen=True, slots=True)
class Layout:
    """How the folder that the author named and the generator's content folder stand to each other.

    The author may have named the root of a site (`site`), its content folder, or a folder in it
    (`site/content/posts`): one of the two always contains the other.
    """

    root: Path  # that the author named, absolute and without links
    rules: Rules

    @property
    def content(self) -> Path:
        return self.rules.site.content

    @property
    def below(self) -> str:
        """What the places of all files begin with, where the author named a folder in the content folder."""
        return _prefix(self.root.relative_to(self.content)) if self.root.is_relative_to(self.content) else ""

    @property
    def above(self) -> str:
        """What the paths of all files begin with, where the author named a folder around the content folder."""
        return "" if self.root.is_relative_to(self.content) else _prefix(self.content.relative_to(self.root))

    def path(self, place: str) -> str:
        return self.above + place.removeprefix(self.below)

    def place(self, path: str) -> str:
        return self.below + path.removeprefix(self.above)

    def file(self, place: str) -> str:
        """Return the name of a file on the disk."""
        return f"{self.content}/{place}"

    def walk(self) -> Walk:
        """Find the files; see `Walk`."""
        start = self.root if self.below else self.content
        return Walker(
            self.rules,
            start=str(start),
            prefix=self.below,
            boundaries=tuple(f"{folder}/" for folder in self.rules.boundaries()),
            shown=(self.above, len(self.below)),
        ).run()


def _prefix(path: Path) -> str:
    text = path.as_posix()
    return "" if text == "." else f"{text}/"
