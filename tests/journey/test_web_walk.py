"""A reader's whole walk in a real browser, with mail from a real relay: in English and Arabic, large and small."""

import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from newsletter.application.delivering import deliver_notices
from newsletter.issues.templating import Templates
from newsletter.outbox.messages.opened import open_mail
from newsletter.settings import read_settings
from newsletter.site import Site
from subscribers import roster
from subscribers.database import reading
from subscribers.roster import Subscriber
from tests.requirements import require
from tests.screenshots import DESKTOP, PHONE, browsing, find_chromium
from tests.sites import make_site
from tests.smtp_server import Server, smtp_server
from tests.web import HOST, Web, serving

EMAIL = "ana.maria.de-souza-e-albuquerque@a-rather-long-name.example.org"
NARROWEST = 320


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    require("chromium", find_chromium())
    require("axe-playwright-python", importlib.util.find_spec("axe_playwright_python"))
    with browsing() as browser:
        yield browser


@pytest.fixture
def relay() -> Iterator[Server]:
    with smtp_server() as server:
        yield server


@pytest.fixture
def web(sqlite_engine, tmp_path: Path, relay: Server) -> Iterator[Web]:
    made = make_site(tmp_path / "site", port=relay.port)
    for name in ("harbour", "fog"):
        made.write(f"{name}.md", "Words.", tags="[sea, islands]")
    site = Site(read_settings(made.directory), sqlite_engine, Templates(None))
    with serving(site) as web:
        yield web


@pytest.fixture(params=[(DESKTOP, False), (PHONE, True)], ids=["desktop", "phone, dark"])
def page(request: pytest.FixtureRequest, browser: Browser, language: str) -> Iterator[Page]:
    width, dark = request.param
    context = browser.new_context(
        viewport={"width": width, "height": 800},
        color_scheme="dark" if dark else "light",
        locale=language,
        java_script_enabled=True,
    )
    yield context.new_page()
    context.close()


def look(page: Page) -> None:
    """See that everybody can use the page: nothing sticks out, not at 320 pixels either, and axe finds nothing."""
    from axe_playwright_python.sync_playwright import Axe

    page.wait_for_load_state()
    size = page.viewport_size
    for width in (NARROWEST, size["width"]):
        page.set_viewport_size({**size, "width": width})
        assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    found = Axe().run(page, options={"resultTypes": ["violations"]})
    assert found.violations_count == 0, found.generate_report()
    assert page.context.cookies() == []


def fetch(web: Web, relay: Server, purpose: str) -> str:
    """Have the mail delivered, and return the place that its link leads to."""
    assert deliver_notices(web.site) is None
    mail = open_mail(relay.copies(EMAIL)[-1].data)
    return re.findall(rf"https://{HOST}(/{purpose}/[0-9a-z.]+)", mail.text)[0]


def reader(web: Web) -> Subscriber:
    with reading(web.site.engine) as connection:
        return roster.find(connection, EMAIL)


@pytest.mark.parametrize("language", ["en", "ar"])
def test_a_readers_walk(page: Page, web: Web, relay: Server, language: str) -> None:
    """Proves form, mail, confirmation, preferences, leaving by page and by one click, and undo; looks at each page."""
    web.clock.move(seconds=-5)  # a person takes as long to fill in a form
    page.goto(f"{web.url}/")
    web.clock.move(seconds=5)
    look(page)
    assert page.locator("html").get_attribute("lang") == language
    assert page.locator("html").get_attribute("dir") == ("rtl" if language == "ar" else "ltr")
    page.fill("#email", EMAIL)
    page.fill("#name", "Ana")
    page.check("input[value=daily]")
    page.click("main button")
    look(page)
    assert reader(web).status == "pending"

    page.goto(web.url + fetch(web, relay, "confirm"))
    look(page)
    page.click("main button")
    look(page)
    assert (reader(web).status, reader(web).language) == ("confirmed", language)

    page.goto(web.url + fetch(web, relay, "preferences"))
    one_click = fetch(web, relay, "unsubscribe")
    look(page)
    page.check("input[value=weekly]")
    page.check("input[value=sea]")
    page.fill("#timezone", "Africa/Cairo")
    page.click("main form button")
    look(page)
    assert (reader(web).cadence, reader(web).topics, reader(web).timezone) == (
        "weekly",
        ("sea",),
        "Africa/Cairo",
    )

    page.click("main a[href^='/unsubscribe/']")
    look(page)
    page.click("main form button")
    look(page)
    assert reader(web).status == "unsubscribed"

    page.goto(web.url + fetch(web, relay, "goodbye"))
    page.click("main form button")
    look(page)
    assert reader(web).status == "confirmed"

    answer = page.request.post(web.url + one_click, form={"List-Unsubscribe": "One-Click"}, max_redirects=0)
    assert (answer.status, reader(web).status) == (200, "unsubscribed")
    page.goto(web.url + one_click)
    page.click("main form button")
    assert reader(web).status == "confirmed"


@pytest.mark.parametrize("language", ["en"])
def test_the_form_by_keyboard_alone(page: Page, web: Web, language: str) -> None:
    """Proves that the tab key leads past the navigation and through the fields to the button, and misses the trap."""
    page.goto(f"{web.url}/")
    passed = []
    for _ in range(12):
        page.keyboard.press("Tab")
        passed.append(page.evaluate("document.activeElement.name || document.activeElement.className"))
    assert passed[0] == "skip"
    assert [name for name in passed if name in ("email", "name", "cadence", "language", "website")] == [
        "email", "name", "cadence", "language",
    ]  # fmt: skip
    page.focus("#email")
    page.keyboard.type(EMAIL)
    web.clock.move(seconds=5)
    page.keyboard.press("Enter")
    page.wait_for_url("**/check-your-mail*")


@pytest.mark.parametrize("language", ["en"])
@pytest.mark.parametrize("place", ["/archive", "/privacy", "/embed", "/no-such-page", "/unsubscribe/x"])
def test_other_pages(page: Page, web: Web, place: str, language: str) -> None:
    """Proves the same of the pages that nobody has to pass."""
    page.goto(web.url + place)
    look(page)
