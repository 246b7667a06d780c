"""axe-core: what keeps people from reading a page, of what a machine can find."""

import importlib.util
from typing import Any

from playwright.sync_api import Page

from tests.requirements import require
from tests.screenshots import DESKTOP, PHONE

# A mail stands inside a mail client's own page, which has the landmarks; it has none to give itself.
_WITHOUT_LANDMARKS = {"landmark-one-main": {"enabled": False}, "region": {"enabled": False}}

#: In which windows a mail is looked at: by daylight and in the dark, each as wide as a desktop's and as a phone's.
WINDOWS = {
    "light": (DESKTOP, False),
    "dark": (DESKTOP, True),
    "phone": (PHONE, False),
    "dark phone": (PHONE, True),
}


def violations(page: Page) -> list[str]:
    """Return what axe-core finds in a page that is open: the rule, and the first places."""
    require("axe-playwright-python", importlib.util.find_spec("axe_playwright_python"))
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page, options={"resultTypes": ["violations"], "rules": _WITHOUT_LANDMARKS})
    return [_said(violation) for violation in found.response["violations"]]


def _said(violation: dict[str, Any]) -> str:
    places = [node["html"][:160] for node in violation["nodes"][:3]]
    return f"{violation['id']} ({len(violation['nodes'])} times): {violation['help']}: {' | '.join(places)}"
