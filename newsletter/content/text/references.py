"""What a post's text points at: the questions that a dialect and the Markdown renderer ask of a folder."""

from pathlib import Path
from typing import Protocol

#: The ends of the names of pictures, in small letters.
PICTURES = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".svg", ".avif", ".bmp")


class References(Protocol):
    """Answers for one post; every answer is None when nothing fitting is known."""

    def page(self, name: str) -> str | None:
        """Return the public URL of the page or post that the generator's own reference `name` means.

        Hugo `ref`, Jekyll `post_url`/`link`, Zola `@/path.md#anchor`, Pelican `{filename}path`, Obsidian note name.
        """

    def link(self, href: str) -> str | None:
        """Return the absolute URL for a relative or root-relative link as written in the post."""

    def image(self, src: str) -> str | Path | None:
        """Return where an image is: its absolute URL, or the local file when no site is known."""

    def picture(self, src: str) -> Path | None:
        """Return the file of an image of the site, also where a public address is known."""
