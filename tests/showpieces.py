"""Mails that are shown, measured and judged: every kind there is, with the demo's posts and with the worst post."""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Literal

from newsletter.content.post import InlineImage, Manuscript, Picture
from newsletter.content.reader import ContentFolder
from newsletter.issues.design import Design, with_accent
from newsletter.issues.lettering import letter_html
from newsletter.issues.rendering import Masthead, Rendering, render_issue, render_notice
from newsletter.issues.templating import Templates
from tests import torture
from tests.issues import LETTERHEAD
from tests.manuscripts import LISBON, MASTHEAD, manuscript, note
from tests.pictures import drawn
from tests.texts import FakeReferences
from tests.texts import manuscript as read

DEMO = Path(__file__).parents[1] / "newsletter/demo/site/posts"
BOAT = DEMO / "images/harbour-at-five.jpg"
THEMES = ("harbour", "paper", "signal")
NOTICES = ("confirm", "welcome", "goodbye", "help", "leave")

TEMPLATES = Templates(None)


@cache
def torture_post(lines: int = 200) -> Manuscript:
    """Return the worst post, with pictures that travel along, and so many lines of code."""
    files = {
        Path("boat.jpg"): BOAT.read_bytes(),
        Path("small.png"): drawn(40, 30),
        Path("wide.webp"): drawn(1600, 500, "WEBP"),
    }
    return read(
        torture.text(lines),
        references=FakeReferences(images={str(path): path for path in files}),
        files=files,
        title=f"The worst of all posts, with a word of 300 letters: {torture.LONG_WORD}",
        url="https://example.com/worst/",
        path="worst.md",
        id="worst",
        summary="What the post says in short. " * 4,
        cover="boat.jpg",
        cover_alt="Three boats",
        authors=("Marin Hale",),
        published_at=MASTHEAD.date,
    )


@cache
def demo_posts() -> tuple[Manuscript, ...]:
    """Return what `newsletter demo` sends, but the post that is broken on purpose."""
    folder = ContentFolder(DEMO, timezone=LISBON)
    posts = (post for post in folder.scan().posts if post.why_not_sendable(MASTHEAD.date) is None)
    return tuple(folder.load(post) for post in posts)


def issue(
    posts: Sequence[Manuscript],
    *,
    body: Literal["summary", "full"] = "full",
    theme: str = "harbour",
    masthead: Masthead = MASTHEAD,
    intro: str = "Dear all, the fog has gone.",
    design: Design | None = None,
) -> Rendering:
    """Render posts as an issue."""
    words = note(intro=intro) if intro else None
    themed = replace(masthead, design=design or Design(theme=theme))
    return render_issue(posts, themed, TEMPLATES, body=body, note=words)


def designs() -> dict[str, Design]:
    """Return designs that an author may well choose."""
    logo = InlineImage("logo@images.newsletter", "image/png", "logo.png", drawn(360, 90))
    designs = {
        name: Design("harbour", *with_accent(accent))
        for name, accent in (("red", (176, 32, 37)), ("green", (30, 110, 60)), ("navy", (16, 32, 80)))
    }
    designs["narrow, with a logo"] = Design(
        "signal",
        faces={"headings": "Rockwell, serif", "text": "Verdana, sans-serif"},
        width=480,
        logo=Picture(f"cid:{logo.cid}", MASTHEAD.title, 180, 45),
        logo_file=logo,
    )
    return designs


def notice(kind: str, *, theme: str = "harbour", masthead: Masthead = MASTHEAD) -> Rendering:
    """Render a notice."""
    themed = replace(masthead, design=Design(theme=theme))
    asked = {"command": LETTERHEAD.command, "inbox": LETTERHEAD.inbox} if kind == "help" else {}
    return render_notice(kind, themed, TEMPLATES, cadence="weekly", **asked)


#: What an author may be told by a machine; see newsletter.alarms.
LETTER = """
The relay does not take our mail, for a reason that is about us and not about any reader. It says:

    550 5.7.26 This mail is not authenticated, see https://example.com/why

Issue 12 is paused. Nobody is struck off for this, and nothing is lost.

What to do: ask whoever runs the relay. `newsletter check` looks at it, too. Two posts have a fault:

  posts/fog.md:3 no title
  posts/mud.md no date

-- \nTide Notes writes this to its author, about one thing once a day at the most.
"""


def letter(*, theme: str = "harbour") -> Rendering:
    """Render a letter to the author."""
    subject = "Issue 12 is paused: the relay refuses our mail"
    html = letter_html(subject, LETTER, replace(MASTHEAD, design=Design(theme=theme)), TEMPLATES)
    return Rendering(f"[Tide Notes] {subject}", "", html, LETTER.lstrip())


def seen(rendering: Rendering) -> str:
    """Return the HTML of a mail as a browser can show it, with the images that travel along."""
    html = rendering.html
    for image in rendering.images:
        html = html.replace(
            f"cid:{image.cid}", f"data:{image.content_type};base64,{b64encode(image.data).decode()}"
        )
    return html


@cache
def showpiece(name: str) -> Rendering:
    """Return one of the mails that the suite looks at: everything, but not so long that a browser is slow."""
    few = [torture_post(lines=20), manuscript("São Jorge & the yams"), manuscript("Bréhat, twice a day")]
    match name:
        case "digest":
            return issue(few, body="summary")
        case "digest-full":
            return issue(few)
        case "single":
            return issue(few[:1])
        case "demo":
            return issue(demo_posts(), body="summary")
        case "paper" | "signal":
            return issue(few, theme=name)
        case "letter":
            return letter()
        case _:
            return notice(name)


#: The names of these.
SHOWPIECES = (
    "digest",
    "digest-full",
    "single",
    "demo",
    "paper",
    "signal",
    "confirm",
    "welcome",
    "goodbye",
    "letter",
)
