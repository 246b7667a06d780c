"""The API keeps its own description, whatever is sent to it."""

import os
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import hypothesis
import pytest
import schemathesis
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance
from sqlalchemy import Engine

from newsletter.issues.templating import Templates
from newsletter.settings import read_settings
from newsletter.site import Site
from tests.sites import make_site
from tests.web import HOST, Web, serving

#: Requests of one run; REQUESTS=2000 makes a long one.
REQUESTS = int(os.environ.get("REQUESTS", "50"))


@pytest.fixture(scope="module")
def web(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    """The pages of a site, for all requests of this module."""
    from shutil import copyfile

    from subscribers.database import open_engine

    folder = tmp_path_factory.mktemp("api")
    copyfile(sqlite_template, folder / "newsletter.db")
    engine: Engine = open_engine(f"sqlite:///{folder / 'newsletter.db'}")
    make_site(folder / "site").set("[smtp]", '[web]\norigins = ["https://example.com"]\n\n[smtp]')
    site = Site(read_settings(folder / "site"), engine, Templates(None))
    with serving(site) as web:
        yield web
    engine.dispose()


def test_any_request_is_answered_as_described(web: Web) -> None:
    """Proves, by requests that schemathesis makes of the description, that none makes the server fail or surprise."""
    described = web.get("/api/openapi.json").json()
    schema = schemathesis.openapi.from_dict(described)
    (operation,) = (result.ok() for result in schema.get_all_operations())

    networks = count()

    @hypothesis.settings(
        max_examples=REQUESTS, suppress_health_check=list(hypothesis.HealthCheck), deadline=None
    )
    @hypothesis.given(case=operation.as_strategy() | operation.as_strategy(GenerationMode.NEGATIVE))
    def check(case: schemathesis.Case) -> None:
        # what is an address, and what is on offer, no schema can tell
        case.call_and_validate(
            base_url=web.url,
            headers={"Host": HOST, "X-Forwarded-For": f"10.0.{next(networks) % 250}.1"},
            excluded_checks=[positive_data_acceptance],
        )

    check()


def test_a_script_of_another_page_may_ask_where_the_settings_say_so(web: Web) -> None:
    """Proves that a named origin may send wishes and read the answers, and no other one."""
    for origin, allowed in (("https://example.com", "https://example.com"), ("https://evil.example", None)):
        asked = {
            "Origin": origin,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "content-type",
        }
        answer = web.ask("OPTIONS", "/api/subscribe", headers=asked)
        assert answer.headers.get("access-control-allow-origin") == allowed
        sent = {"Origin": origin, "Sec-Fetch-Site": "cross-site"}
        answer = web.ask("POST", "/api/subscribe", json={"email": "ana@example.org"}, headers=sent)
        assert answer.status_code == (202 if allowed else 403)
        assert answer.headers.get("access-control-allow-origin") == allowed
