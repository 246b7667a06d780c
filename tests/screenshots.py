"""Draw a mail as a client with a modern engine would: for looking at it, and for tests that measure it.

python -m tests.screenshots issue.html issue.png --width 390 --dark
"""

import argparse
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

DESKTOP, PHONE = 1000, 390


def find_chromium() -> str | None:
    """Return the path of a Chromium, or None where there is none."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@contextmanager
def browsing() -> Iterator[Browser]:
    """Run a browser; it has no network to speak of, since a mail needs none."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find_chromium(), args=["--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
        )
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def opened(
    browser: Browser, html: str | Path, *, width: int, dark: bool = False, images: bool = True
) -> Iterator[Page]:
    """Open a mail, given as text or as a file, in a window of `width` pixels."""
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme="dark" if dark else "light"
    )
    try:
        page = context.new_page()
        page.route(
            "**/*", lambda route: route.abort() if _is_remote(route.request.url) else route.continue_()
        )
        if not images:
            page.route(
                "**/*",
                lambda route: route.abort() if route.request.resource_type == "image" else route.fallback(),
            )
        if isinstance(html, Path):
            page.goto(html.resolve().as_uri())
        else:
            page.set_content(html)
        yield page
    finally:
        context.close()


def screenshot(
    html: str | Path, out: Path, width: int = DESKTOP, dark: bool = False, images: bool = True
) -> None:
    """Draw the whole mail into the PNG file `out`."""
    with browsing() as browser, opened(browser, html, width=width, dark=dark, images=images) as page:
        page.screenshot(path=out, full_page=True)


def _is_remote(url: str) -> bool:
    return url.startswith(("http://", "https://"))


def main() -> None:
    parser = argparse.ArgumentParser(description="Draw a mail into a PNG file.")
    parser.add_argument("html", type=Path)
    parser.add_argument("png", type=Path)
    parser.add_argument("--width", type=int, default=DESKTOP)
    parser.add_argument("--dark", action="store_true")
    parser.add_argument("--no-images", action="store_true")
    wanted = parser.parse_args()
    screenshot(wanted.html, wanted.png, wanted.width, wanted.dark, not wanted.no_images)


if __name__ == "__main__":
    main()
