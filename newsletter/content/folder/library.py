"""All posts of a folder, found by the names that references use."""

import os
from collections.abc import Callable, Iterable
from pathlib import Path

from newsletter.content.folder.generators import Rules
from newsletter.content.post import Post
from newsletter.content.text.references import PICTURES


class Library:
    """The posts of a folder, and the pictures that lie beside them."""

    def __init__(
        self, rules: Rules, posts: Iterable[tuple[str, Post]], url_of: Callable[[str], str | None]
    ) -> None:
        """`posts` are places and posts; `url_of` reads the address of a file that is no post."""
        self.rules = rules
        self._posts = dict(posts)
        self._url_of = url_of
        self._names: dict[str, list[str]] | None = None
        self._pictures: dict[str, list[str]] | None = None

    def url(self, place: str) -> str | None:
        """Return the address of the page that a file becomes."""
        post = self._posts.get(place)
        return post.url if post is not None else self._url_of(place)

    def named(self, name: str) -> str | None:
        """Return the place of the one file of this name, with or without extension and date, whatever its folder."""
        if self._names is None:
            self._names = {}
            for place in self._posts:
                known = self.rules.read_name(place)
                file = place.rpartition("/")[2]
                for key in {file, file.rpartition(".")[0], known.stem, known.bare}:
                    self._names.setdefault(key.lower(), []).append(place)
        found = self._names.get(name.lower(), [])
        return min(found, key=lambda place: (place.count("/"), place)) if found else None

    def picture(self, name: str) -> Path | None:
        """Return the picture of this name, wherever in the content folder it is; the nearest to the top wins."""
        if self._pictures is None:
            self._pictures = {}
            content = str(self.rules.site.content)
            for folder, folders, files in os.walk(content):
                folders[:] = sorted(name for name in folders if not name.startswith("."))
                for file in sorted(files):
                    if file.lower().endswith(PICTURES):
                        self._pictures.setdefault(file.lower(), []).append(f"{folder}/{file}")
        wanted = f"/{name.lower()}"
        found = self._pictures.get(name.rpartition("/")[2].lower(), [])
        fitting = [path for path in found if path.lower().endswith(wanted)]
        return Path(min(fitting, key=lambda path: (path.count("/"), path))) if fitting else None
