"""The author's desk and the signs of health, on both engines: what the proxy, the monitor and the author see."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families as families
from sqlalchemy import Engine, event, update

from newsletter.application import calendar
from newsletter.issues.tables import issues
from newsletter.outbox import duties, to_author
from newsletter.outbox.duties import Duty
from newsletter.site import Site
from newsletter.web import desk, health
from subscribers import keys
from subscribers.database import reading, writing
from tests.issues import queue_issue
from tests.sites import site_on
from tests.web import Web, serving

#: Labels of metrics, those that matter most first.
_LABELS = ("what", "status", "state", "cadence", "role", "host")


class Bench:
    """Pages of a site, and the duties that its process shows."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.own = [Duty("web", "working", "", datetime(2026, 1, 1, tzinfo=UTC))]
        self.web: Web

    def link(self, number: int, purpose: str = "approve") -> str:
        """The page of an issue."""
        with reading(self.site.engine) as connection:
            return f"/approve/{keys.tokens(connection).sign(purpose, number)}"

    def issue(self, state: str = "held") -> int:
        """Have an issue for three readers."""
        queue_issue(self.site.engine, datetime.now(UTC), readers=3)
        with writing(self.site.engine) as connection:
            connection.execute(update(issues).values(state=state, reason="it waits"))
        return 1

    def state(self) -> str:
        """How the issue stands."""
        with reading(self.site.engine) as connection:
            return str(connection.scalar(issues.select().with_only_columns(issues.c.state)))

    def metrics(self) -> dict[tuple[str, str], float]:
        """What Prometheus reads: by name, and the value of the label that matters most."""
        text = self.web.get("/metrics").text
        return {
            (one.name, next((one.labels[name] for name in _LABELS if name in one.labels), "")): one.value
            for family in families(text)
            for one in family.samples
        }


@pytest.fixture
def bench(engine: Engine, tmp_path: Path) -> Iterator[Bench]:
    """The pages, served."""
    site = site_on(engine, tmp_path / "site")
    made = Bench(site)
    now = lambda: datetime.now(UTC)  # noqa: E731
    routers = [
        desk.router(site, now, partial(calendar.approve, site)),
        health.router(site, now, lambda: made.own),
    ]
    with serving(site, routers) as made.web:
        yield made


def test_looking_changes_nothing(bench: Bench) -> None:
    """A scanner that follows the link of the letter, in any way, sees a page; the issue waits on."""
    link = bench.link(bench.issue())
    assert bench.web.get(link).status_code == 200
    assert bench.web.ask("HEAD", link).status_code == 200
    assert bench.web.ask("OPTIONS", link).status_code == 405
    assert bench.state() == "held"


def test_the_button_lets_it_go(bench: Bench) -> None:
    """One press approves; a second one changes nothing, and both lead to a page that says so."""
    link = bench.link(bench.issue())
    page = bench.web.get(link)
    assert "Approve issue 1" in page.text
    assert "for 3 readers" in page.text
    for _ in range(2):
        pressed = bench.web.post(link)
        assert (pressed.status_code, pressed.headers["location"]) == (303, link)
        assert bench.state() == "open"
    assert "Approved" in bench.web.get(link).text
    assert "Approve issue" not in bench.web.get(link).text


def test_nobody_keeps_the_page(bench: Bench) -> None:
    """Its address holds a token: no cache, no search engine and no linked page may learn it."""
    headers = bench.web.get(bench.link(bench.issue())).headers
    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-robots-tag"] == "noindex"


def test_a_cancelled_issue_stays_cancelled(bench: Bench) -> None:
    """The page says so, before and after somebody presses an old page's button."""
    link = bench.link(bench.issue("cancelled"))
    assert "cancelled" in bench.web.get(link).text
    assert bench.web.post(link).status_code == 409
    assert bench.state() == "cancelled"


def test_links_that_we_have_not_made(bench: Bench) -> None:
    """Tampered, of another purpose, for an issue that is not there: nothing is approved."""
    bench.issue()
    good = bench.link(1)
    tampered = good[:-6] + ("a" if good[-6] != "a" else "b") + good[-5:]
    for link in (tampered, bench.link(1, "unsubscribe"), bench.link(2)):
        assert bench.web.get(link).status_code == 404
        assert bench.web.post(link).status_code == 404
    assert bench.state() == "held"


def test_a_page_of_somebody_else_cannot_press_the_button(bench: Bench) -> None:
    """Who knows the link only by luring the author's browser there gets nowhere."""
    link = bench.link(bench.issue())
    assert bench.web.post(link, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert bench.state() == "held"


def test_ready_or_not(bench: Bench) -> None:
    """Ready while every role works or waits for the relay; a role that fails is named, with its reason."""
    assert bench.web.get("/healthz").text == "ok\n"
    bench.own.append(Duty("deliver", "waiting", "no relay", datetime.now(UTC)))
    assert bench.web.get("/readyz").status_code == 200
    bench.own.append(Duty("inbound", "failing", "port taken", datetime.now(UTC)))
    answer = bench.web.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["ready"] is False
    assert answer.json()["roles"]["inbound"]["reason"] == "port taken"
    assert answer.json()["roles"]["deliver"]["reason"] == "no relay"
    assert bench.web.get("/healthz").status_code == 200, "who restarts us for that makes nothing better"


def test_metrics(bench: Bench) -> None:
    """What waits, who reads, what is due, and how the roles of all processes fare, in Prometheus' own format."""
    now = datetime.now(UTC)
    bench.issue("open")
    with writing(bench.site.engine) as connection:
        to_author.tell(connection, kind="role", key="role:web", subject="s", text="t", now=now)
        own = [
            Duty("deliver", "waiting", "no relay", now, {"sent": 41, "rate": 7.5}),
            Duty("web", "working", "", now - timedelta(hours=1)),
        ]
        duties.write_down(connection, "a:b:c:d:e:beef", "shore", own, now)
        duties.write_down(connection, "a:b:c:d:e:dead", "sunk", own, now - timedelta(minutes=2))
    found = bench.metrics()
    assert found["newsletter_queue", "due"] == 3
    assert found["newsletter_subscribers", "confirmed"] == 3
    assert found["newsletter_issues", "open"] == 1
    assert found["newsletter_letters", "queued"] == 1
    assert found["newsletter_cadence_next_due_timestamp_seconds", "daily"] > now.timestamp()
    assert found["newsletter_relay_up", "shore"] == 0
    assert found["newsletter_deliveries_per_second", "shore"] == 7.5
    assert found["newsletter_done_total", "sent"] == 41
    assert found["newsletter_role_state_seconds", "web"] >= 3600
    assert "sunk" not in bench.web.get("/metrics").text, "a process that is gone is no more"


def test_a_scrape_is_cheap(bench: Bench) -> None:
    """Whoever scrapes every second has the rows counted once in half a minute."""
    counted = []
    bench.metrics()
    event.listen(
        bench.site.engine,
        "before_cursor_execute",
        lambda _connection, _cursor, statement, *_: counted.append(statement),
    )
    for _ in range(5):
        bench.metrics()
    assert not any("count(" in statement for statement in counted)


def test_duties_of_processes(engine: Engine, now: datetime) -> None:
    """Each process writes its own down, again and again; one that ends takes them off, one that dies is forgotten."""
    own = [Duty("web", "working", "", now, {"pages": 3})]
    with writing(engine) as connection:
        for _ in range(2):
            duties.write_down(connection, "one", "shore", own, now)
        duties.write_down(connection, "two", "sea", own, now)
        assert [(duty.process, duty.host, duty.counts) for duty in duties.seen(connection, now)] == [
            ("one", "shore", {"pages": 3}),
            ("two", "sea", {"pages": 3}),
        ]
        duties.leave(connection, "one")
        assert [duty.process for duty in duties.seen(connection, now)] == ["two"]
        assert duties.seen(connection, now + 2 * duties.GONE) == []
