"""Every mail can be read by everybody: in light and in dark, on a desk and on a phone, by eye and by ear."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from newsletter.content.text.highlighting import COLOURS
from tests.judges import axe
from tests.requirements import require
from tests.screenshots import browsing, find_chromium, opened
from tests.showpieces import SHOWPIECES, seen, showpiece


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    require("chromium", find_chromium())
    with browsing() as browser:
        yield browser


@pytest.fixture(scope="module", params=SHOWPIECES)
def mail(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module", params=axe.WINDOWS)
def page(
    request: pytest.FixtureRequest, browser: Browser, tmp_path_factory: pytest.TempPathFactory, mail: str
) -> Iterator[Page]:
    """A mail in a window: opened once, since looking at it changes nothing."""
    width, dark = axe.WINDOWS[request.param]
    file: Path = tmp_path_factory.mktemp("looks") / "mail.html"
    file.write_text(seen(showpiece(mail)), encoding="utf-8")
    with opened(browser, file, width=width, dark=dark) as page:
        yield page


def test_axe_finds_nothing(page: Page) -> None:
    """Proves contrast, names, order and language of every mail, with every element that a post may hold."""
    assert axe.violations(page) == []


def test_every_colour_of_code_has_a_sister_for_the_dark() -> None:
    """Proves that no token of a block of code is left to the plain colour when a client shows the mail dark."""
    colours = {style.partition("color:")[2][:7] for style in COLOURS.values() if "color:" in style}
    assert len(colours) > 5
    assert {colour for colour in colours if f'[style*="{colour}"]' not in showpiece("single").html} == set()


def test_nothing_is_wider_than_the_window(page: Page) -> None:
    """Proves that long words, wide tables, code and large pictures make no reader scroll sideways."""
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0


def test_text_is_large_enough(page: Page) -> None:
    """Proves that what is read has 16 pixels and room between its lines, and that nothing shown is tiny."""
    sizes = page.evaluate(
        """() => [...document.querySelectorAll("p, li, td, h1, h2, h3, h4, a, code, div")]
        .filter(element => element.offsetHeight)
        .filter(element => [...element.childNodes].some(node => node.nodeType == 3 && node.data.trim()))
        .map(element => [parseFloat(getComputedStyle(element).fontSize), element.closest(".prose") !== null,
                         element.closest(".caption, .data, .footnotes, .code, sup, sub, code") !== null])"""
    )
    assert sizes
    assert min(size for size, *_ in sizes) >= 14
    assert min((size for size, prose, small in sizes if prose and not small), default=16) >= 16
