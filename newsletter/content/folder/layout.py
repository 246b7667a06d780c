"""The same file under three names: the path that the author knows, the generator's place, the name on the disk."""

from pathlib import Path

from newsletter.content.folder.generators import Rules
from newsletter.content.folder.walking import Walk, Walker


class Layout:
    """How the folder that the author named and the generator's content folder stand to each other.

    The author may have named the root of a site (`site`), its content folder, or a folder in it
    (`site/content/posts`): one of the two always contains the other.
    """

    def __init__(self, root: Path, rules: Rules) -> None:
        """`root` is what the author named, absolute and without links."""
        content = rules.site.content
        is_below = root.is_relative_to(content)
        self.root = root
        self.rules = rules
        self.content = str(content)
        #: What the places of all files begin with, where the author named a folder in the content folder.
        self.below = _prefix(root.relative_to(content)) if is_below else ""
        #: What the paths of all files begin with, where the author named a folder around the content folder.
        self.above = "" if is_below else _prefix(content.relative_to(root))

    def path(self, place: str) -> str:
        return self.above + place.removeprefix(self.below)

    def place(self, path: str) -> str:
        return self.below + path.removeprefix(self.above)

    def file(self, place: str) -> str:
        """Return the name of a file on the disk."""
        return f"{self.content}/{place}"

    def walk(self) -> Walk:
        """Find the files; see `Walk`."""
        start = str(self.root) if self.below else self.content
        return Walker(
            self.rules,
            start=start,
            prefix=self.below,
            boundaries=tuple(f"{folder}/" for folder in self.rules.boundaries()),
            shown=(self.above, len(self.below)),
        ).run()


def _prefix(path: Path) -> str:
    text = path.as_posix()
    return "" if text == "." else f"{text}/"
