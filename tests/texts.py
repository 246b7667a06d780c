"""Stands in for a content folder: a few pages, images and files, and all other names lead nowhere."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from newsletter.content.post import Manuscript, Post
from newsletter.content.text.addresses import Delivery
from newsletter.content.text.manuscript import read_manuscript


@dataclass(frozen=True, slots=True)
class FakeReferences:
    """References of a site at `url`; without one, links lead nowhere and images are the files of `images`."""

    url: str | None = "https://site.example"
    pages: Mapping[str, str] = field(default_factory=dict)
    images: Mapping[str, str | Path] = field(default_factory=dict)
    files: Mapping[str, Path] = field(default_factory=dict)  # of images that have a public address, too

    def page(self, name: str) -> str | None:
        return self.pages.get(name)

    def link(self, href: str) -> str | None:
        return f"{self.url}/{href.lstrip('./')}" if self.url else None

    def image(self, src: str) -> str | Path | None:
        if src in self.images:
            return self.images[src]
        return f"{self.url}/{src.lstrip('./')}" if self.url else None

    def picture(self, src: str) -> Path | None:
        found = self.images.get(src)
        return found if isinstance(found, Path) else self.files.get(src)


def post(**facts: object) -> Post:
    """Return a post of which only these facts matter."""
    known = {
        "id": "a",
        "path": "a.md",
        "title": "A title",
        "slug": "a",
        "published_at": None,
        "body_hash": "0",
    }
    return Post(**{**known, **facts})  # type: ignore[arg-type]


def manuscript(
    body: str,
    dialect: str = "plain",
    *,
    references: FakeReferences | None = None,
    first_line: int = 1,
    files: Mapping[Path, bytes] | None = None,
    delivery: Delivery = "link",
    **facts: object,
) -> Manuscript:
    """Read a text as the content folder would."""
    return read_manuscript(
        post(**facts),
        body,
        dialect=dialect,
        first_line=first_line,
        references=references or FakeReferences(),
        read_image=(files or {}).get,
        delivery=delivery,
    )
