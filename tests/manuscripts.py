"""Posts with their text, made by hand: what the content room would hand to the renderer."""

from datetime import datetime
from zoneinfo import ZoneInfo

from newsletter.content.note import Note
from newsletter.content.post import InlineImage, Manuscript, Picture, Post, Problem
from newsletter.issues.rendering import Masthead

LISBON = ZoneInfo("Europe/Lisbon")

MASTHEAD = Masthead(
    title="Tide Notes",
    sender="Tide Notes",
    date=datetime(2026, 11, 23, 8, tzinfo=LISBON),
    url="https://news.example.com",
    postal_address="1 Harbour Street, Bristol BS1 4AA, UK",
    archive_url="https://news.example.com/archive",
    number=12,
)


def manuscript(
    title: str = "The harbour wakes at five",
    *,
    url: str | None = "https://example.com/{slug}/",
    html: str = "<p>Nobody rings a bell.</p><h2>The quiet part</h2><p>It is an ordinary Tuesday.</p>",
    summary: str = "Nobody rings a bell.",
    day: int = 9,
    language: str | None = None,
    cover: Picture | None = None,
    images: tuple[InlineImage, ...] = (),
    problems: tuple[Problem, ...] = (),
) -> Manuscript:
    """Return a post called `title`, whose path, address and identity follow from its title."""
    slug = "-".join("".join(c if c.isascii() and c.isalnum() else " " for c in title.lower()).split())
    post = Post(
        id=slug,
        path=f"{slug}.md",
        title=title,
        slug=slug,
        published_at=datetime(2026, 11, day, 8, tzinfo=LISBON),
        body_hash="0" * 64,
        url=None if url is None else url.format(slug=slug),
        authors=("Marin Hale",),
        language=language,
    )
    return Manuscript(
        post=post,
        html=html,
        text=f"All of {title}, in plain text.",
        summary_html=f"<p>{summary}</p>",
        summary_text=summary,
        words=600,
        cover=cover,
        images=images,
        problems=problems,
    )


def note(subject: str | None = None, intro: str = "Dear all, the fog has gone.") -> Note:
    """Return an author's words for the next issue."""
    return Note("_next.md", subject, f"<p>{intro}</p>", intro, "1" * 64, ())
