"""Contact sheets: every mail in every theme and mode, side by side, to be looked at.

python -m tests.corpus.sheets FOLDER
"""

import sys
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageDraw
from playwright.sync_api import Browser

from newsletter.issues.rendering import Rendering
from newsletter.languages import OFFERED
from tests.manuscripts import MASTHEAD
from tests.screenshots import DESKTOP, PHONE, browsing, opened
from tests.showpieces import NOTICES, THEMES, demo_posts, designs, issue, letter, notice, seen, torture_post

#: The ways to look: width, dark, images.
MODES = {
    "desktop": (DESKTOP - 280, False, True),
    "dark": (DESKTOP - 280, True, True),
    "phone": (PHONE, False, True),
    "phone, dark": (PHONE, True, True),
    "images off": (PHONE, False, False),
}

#: Pixels of a mail that stand on a sheet, and between two mails.
_TALLEST, _GAP = 1600, 24

Sheet = tuple[str, dict[str, Rendering]]


def main(folder: Path) -> None:
    """Draw them all."""
    folder.mkdir(parents=True, exist_ok=True)
    with browsing() as browser:
        for name, mails in _sheets():
            for place, (title, rendering) in enumerate(mails.items()):
                _sheet(browser, f"{name}: {title}", rendering).save(folder / f"{name}-{place}.png")


def _sheets() -> Iterator[Sheet]:
    posts, worst = demo_posts(), torture_post(lines=12)
    for theme in THEMES:
        mails = {
            "digest": issue(posts, body="summary", theme=theme),
            "one post": issue(posts[:1], theme=theme),
            "worst post": issue([worst], theme=theme),
            "letter": letter(theme=theme),
        }
        yield theme, mails | {kind: notice(kind, theme=theme) for kind in NOTICES}
    yield (
        "design",
        {name: issue(posts[:3], body="summary", design=design) for name, design in designs().items()},
    )
    spoken = {tag: replace(MASTHEAD, language=tag, own_language="en") for tag in OFFERED}
    yield "language", {tag: issue(posts[:3], body="summary", masthead=one) for tag, one in spoken.items()}
    yield (
        "notice",
        {f"{kind}, {tag}": notice(kind, masthead=one) for tag, one in spoken.items() for kind in NOTICES},
    )


def _sheet(browser: Browser, title: str, rendering: Rendering) -> Image.Image:
    drawn = []
    for width, dark, images in MODES.values():
        html = seen(rendering) if images else rendering.html  # where `cid:` leads nowhere
        with opened(browser, html, width=width, dark=dark) as page:
            shot = Image.open(BytesIO(page.screenshot(full_page=True)))
            drawn.append(shot.crop((0, 0, shot.width, min(shot.height, _TALLEST))))
    width = sum(shot.width + _GAP for shot in drawn) + _GAP
    sheet = Image.new("RGB", (width, max(shot.height for shot in drawn) + 2 * _GAP), "#888")
    ImageDraw.Draw(sheet).text((_GAP, 6), title, fill="white")
    left = _GAP
    for shot in drawn:
        sheet.paste(shot, (left, _GAP))
        left += shot.width + _GAP
    return sheet


if __name__ == "__main__":
    main(Path(sys.argv[1]))
