"""A reader's whole walk in a real browser, with mail from a real relay: in English and Arabic, large and small."""

import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from newsletter.application.delivering import deliver_notices
from newsletter.issues.templating import Templates
from newsletter.outbox.opened import open_mail
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

EMAIL = "ana@example.org"


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


@pytest.fixture(params=[(DESKTOP, False), (PHONE, False), (PHONE, True)], ids=str)
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
    """See that everybody can use the page: nothing sticks out, and axe finds nothing."""
    from axe_playwright_python.sync_playwright import Axe

    page.wait_for_load_state()
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
    """Proves form, mail, confirmation, preferences, leaving and its undo, each page looked at as it comes."""
    page.goto(f"{web.url}/")
    look(page)
    assert page.locator("html").get_attribute("lang") == language
    assert page.locator("html").get_attribute("dir") == ("rtl" if language == "ar" else "ltr")
    page.fill("#email", EMAIL)
    page.fill("#name", "Ana")
    page.check("input[value=daily]")
    page.wait_for_timeout(2_100)  # a person takes as long at least
    page.click("main button")
    look(page)
    assert reader(web).status == "pending"

    page.goto(web.url + fetch(web, relay, "confirm"))
    look(page)
    page.click("main button")
    look(page)
    assert (reader(web).status, reader(web).language) == ("confirmed", language)

    page.goto(web.url + fetch(web, relay, "preferences"))
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


@pytest.mark.parametrize("language", ["en"])
@pytest.mark.parametrize("place", ["/archive", "/privacy", "/embed", "/no-such-page", "/unsubscribe/x"])
def test_other_pages(page: Page, web: Web, place: str, language: str) -> None:
    """Proves the same of the pages that nobody has to pass."""
    page.goto(web.url + place)
    look(page)
