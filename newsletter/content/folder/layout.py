"""Where a content folder is, and the three names of a file: the author's path, the generator's place, the disk's."""

import os
from pathlib import Path
from zoneinfo import ZoneInfo

from newsletter.content.folder import reading
from newsletter.content.folder.generators import Rules, detect
from newsletter.content.folder.walking import Walk, Walker
from newsletter.errors import ContentError


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

    def read(self, place: str) -> bytes:
        """Return the bytes of a file, as far as they are read. Raises ContentError."""
        try:
            with open(self.file(place), "rb") as file:  # noqa: PTH123
                return file.read(reading.SIZE_LIMIT + 1)
        except (OSError, ValueError) as error:
            raise ContentError(
                f"{self.path(place)} cannot be read: {_reason(error)}.",
                remedy="Put it back, or leave it out of the issue.",
            ) from None

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


def find_layout(named: Path, *, url: str | None, timezone: ZoneInfo, language: str) -> Layout:
    """Look at the folder that the author named, and whose it is, as they are now. Raises ContentError."""
    root = _existing(named)
    return Layout(root, detect(root, url=url, timezone=timezone, language=language))


def _existing(root: Path) -> Path:
    """Return the absolute path of a folder that can be read. Raises ContentError."""
    try:
        real = root.expanduser().resolve(strict=True)
        with os.scandir(real):
            return real
    except FileNotFoundError:
        raise ContentError(
            f"There is no content folder {root}.",
            remedy="Make it, or name the folder of your posts in [content] folder.",
        ) from None
    except NotADirectoryError:
        raise ContentError(
            f"The content folder {root} is a file.",
            remedy="Name the folder that it is in, in [content] folder.",
        ) from None
    except (OSError, RuntimeError, ValueError) as error:
        raise ContentError(
            f"The content folder {root} cannot be read: {_reason(error)}.",
            remedy="Let the user who runs newsletter read it.",
        ) from None


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)


def _prefix(path: Path) -> str:
    text = path.as_posix()
    return "" if text == "." else f"{text}/"
