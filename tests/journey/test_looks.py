"""Every mail can be read by everybody: in light and in dark, on a desk and on a phone, by eye and by ear."""

import importlib.util
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from newsletter.content.post import Picture
from newsletter.content.reader import ContentFolder
from newsletter.content.text.highlighting import COLOURS, highlight
from newsletter.issues.design import Design
from newsletter.issues.rendering import Rendering, render_issue, render_notice
from newsletter.issues.templating import Templates
from tests.manuscripts import LISBON, MASTHEAD, manuscript, note
from tests.requirements import require
from tests.screenshots import DESKTOP, PHONE, browsing, find_chromium, opened

TEMPLATES = Templates(None)
DEMO = Path(__file__).parents[2] / "newsletter/demo/site/posts"
BOAT = DEMO / "images/harbour-at-five.jpg"

# A mail stands inside a mail client's own page, which has the landmarks; it has none to give itself.
WITHOUT_LANDMARKS = {"landmark-one-main": {"enabled": False}, "region": {"enabled": False}}

CODE = '''\
@decorated(answer=42, text=f"{name!r} and \\n")
class Tide(Sea):  # the comment
    """Documentation."""
    def height(self, now: datetime) -> float | None:
        return None if not now else 3.1 + math.cos(now) ** 2 / 1e3
'''

#: Everything that a post may hold, and some of it larger than is good for anybody.
EVERYTHING = f"""
<p>Words with <a href="https://example.com/a">a link</a>, <em>stress</em>, <strong>more stress</strong>,
<code>code</code>, <kbd>Ctrl</kbd>, <mark>marked</mark>, <del>gone</del>, H<sub>2</sub>O, note<sup>[1]</sup>.
{"Extraordinary" * 20}</p>
<h2>Part one <code>with code</code></h2>
<p><img src="{BOAT.as_uri()}" alt="A harbour" width="1200" height="675"><br>
<small>The harbour, at five.</small></p>
<h3>Deeper</h3><h4>And deeper</h4>
<ul><li>one<ul><li>nested <a href="https://example.com/b">link</a></li></ul></li>
<li><p>two</p><pre><code>in a list</code></pre></li></ul>
<ol start="3"><li>three</li><li>☑ four</li></ol>
<blockquote><p>Quoted.</p><blockquote><p>Quoted again.</p></blockquote></blockquote>
<pre><code>{highlight(CODE, "python")}{"x" * 300}</code></pre>
<table><caption>Tides</caption>
<thead><tr><th>Port</th><th style="text-align:right">High</th><th>Low</th><th>Notes</th></tr></thead>
<tbody><tr><td>Saint-Malo</td><td style="text-align:right">12.2 m</td><td>0.4 m</td>
<td>https://example.com/a/very/long/address/that/goes/on</td></tr>
</tbody></table>
<dl><dt>Ebb</dt><dd>Going.</dd></dl>
<hr>
<p lang="ja">潮の満ち引きは月と太陽の引力によって起こります。</p>
<p dir="rtl" lang="ar">البحر يعود كل يوم.</p>
<div><hr><ol><li><p>The note.</p></li></ol></div>
"""

TORTURE = manuscript(
    "The harbour wakes at five, and a word of 300 characters: " + "long" * 75,
    html=EVERYTHING,
    summary="What the post says in short. " * 4,
    cover=Picture(BOAT.as_uri() + "?cover", "Three boats", 1200, 675),
)
OTHERS = [manuscript(title) for title in ("São Jorge & the yams", "Bréhat, twice a day")]


def make(name: str) -> Rendering:
    match name:
        case "digest" | "digest-full":
            body = "full" if name == "digest-full" else "summary"
            return render_issue([TORTURE, *OTHERS], MASTHEAD, TEMPLATES, body=body, note=note())
        case "demo":
            folder = ContentFolder(DEMO, timezone=LISBON)
            posts = [
                folder.load(post)
                for post in folder.scan().posts
                if post.why_not_sendable(MASTHEAD.date) is None
            ]
            return render_issue(posts, MASTHEAD, TEMPLATES, body="summary", note=folder.note())
        case "single":
            return render_issue([TORTURE], MASTHEAD, TEMPLATES, body="full", note=note())
        case "paper" | "signal":
            themed = replace(MASTHEAD, design=Design(theme=name))
            return render_issue([TORTURE, *OTHERS], themed, TEMPLATES, body="full", note=note())
        case _:
            return render_notice(name, MASTHEAD, TEMPLATES, cadence="weekly")


MAILS = ["digest", "digest-full", "single", "demo", "paper", "signal", "confirm", "welcome", "goodbye"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    require("chromium", find_chromium())
    require("axe-playwright-python", importlib.util.find_spec("axe_playwright_python"))
    with browsing() as browser:
        yield browser


@pytest.fixture(params=[(DESKTOP, False), (DESKTOP, True), (PHONE, False), (PHONE, True)], ids=str)
def page(request: pytest.FixtureRequest, browser: Browser, tmp_path: Path, mail: str) -> Iterator[Page]:
    width, dark = request.param
    file = tmp_path / "mail.html"
    file.write_text(make(mail).html, encoding="utf-8")
    with opened(browser, file, width=width, dark=dark) as page:
        yield page


@pytest.mark.parametrize("mail", MAILS)
def test_axe_finds_nothing(page: Page, mail: str) -> None:
    """Proves contrast, names, order and language of every mail, with every element that a post may hold."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page, options={"resultTypes": ["violations"], "rules": WITHOUT_LANDMARKS})
    assert found.violations_count == 0, found.generate_report()


def test_every_colour_of_code_has_a_sister_for_the_dark() -> None:
    """Proves that no token of a block of code is left to the plain colour when a client shows the mail dark."""
    colours = {style.partition("color:")[2][:7] for style in COLOURS.values() if "color:" in style}
    assert len(colours) > 5
    assert {colour for colour in colours if f'[style*="{colour}"]' not in make("single").html} == set()


@pytest.mark.parametrize("mail", MAILS)
def test_nothing_is_wider_than_the_window(page: Page, mail: str) -> None:
    """Proves that long words, wide tables, code and large pictures make no reader scroll sideways."""
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0


@pytest.mark.parametrize("mail", MAILS)
def test_text_is_large_enough(page: Page, mail: str) -> None:
    """Proves that what is read has 16 pixels and room between its lines, and that nothing shown is tiny."""
    sizes = page.evaluate(
        """() => [...document.querySelectorAll("p, li, td, h1, h2, h3, h4, a, code, div")]
        .filter(element => element.offsetHeight)
        .filter(element => [...element.childNodes].some(node => node.nodeType == 3 && node.data.trim()))
        .map(element => [parseFloat(getComputedStyle(element).fontSize), element.closest(".prose") !== null,
                         element.closest(".caption, .data, .footnotes, .code, sup, code") !== null])"""
    )
    assert sizes
    assert min(size for size, *_ in sizes) >= 14
    assert min((size for size, prose, small in sizes if prose and not small), default=16) >= 16
