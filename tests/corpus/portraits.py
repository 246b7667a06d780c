"""Draw the pictures of the README anew: an issue of the demo's posts, on a desk, and in the dark on a phone.

python -m tests.corpus.portraits
"""

from dataclasses import replace
from datetime import datetime
from io import BytesIO
from pathlib import Path

from PIL import Image

from tests.manuscripts import LISBON, MASTHEAD
from tests.screenshots import PHONE, browsing, opened
from tests.showpieces import demo_posts, issue, seen

IMAGES = Path(__file__).parents[2] / "docs/images"

#: The width of each window, and whether it is dark.
PORTRAITS = {"issue": (760, False), "issue-phone-dark": (PHONE, True)}

#: The day of the issue: the newest post has a picture then.
_DAY = datetime(2026, 11, 3, 18, tzinfo=LISBON)

#: Pixels that are shown; and colours, of which so few keep a file small that none is missed.
_HEIGHT, _COLOURS = 1180, 255


def main() -> None:
    """Draw them."""
    newest_first = [post for post in reversed(demo_posts()) if post.post.why_not_sendable(_DAY) is None]
    mail = issue(newest_first, body="summary", masthead=replace(MASTHEAD, date=_DAY), intro="")
    with browsing() as browser:
        for name, (width, dark) in PORTRAITS.items():
            with opened(browser, seen(mail), width=width, dark=dark) as page:
                shot = Image.open(BytesIO(page.screenshot(full_page=True)))
            picture = shot.convert("RGB").crop((0, 0, width, _HEIGHT)).quantize(_COLOURS)
            picture.save(IMAGES / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main()
