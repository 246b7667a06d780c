"""What stands against abuse of the form: limits, of which strangers learn nothing, and where a wish may come from."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from newsletter import membership
from newsletter.issues.templating import Templates
from newsletter.membership import Choices
from newsletter.outbox.tables import deliveries, letters
from newsletter.settings import read_settings
from newsletter.site import Site
from newsletter.web.evenness import remaining
from newsletter.web.limits import Limits, Verdict
from subscribers import keys, roster
from subscribers.address import parse
from subscribers.database import reading, writing
from subscribers.errors import UnknownSubscriber
from tests.sites import make_site, site_on
from tests.web import Clock, Web, serving

HERE, ELSEWHERE = "127.0.0.0/24", "203.0.113.0/24"


@pytest.fixture
def web(engine: Engine, tmp_path: Path) -> Iterator[Web]:
    """The pages of a site without posts and readers."""
    with serving(site_on(engine, tmp_path / "site")) as web:
        yield web


def names(verdicts: list[Verdict]) -> str:
    """Write verdicts down in short: T taken, Q quietly refused, L later, F flood."""
    return "".join(verdict.name[0] for verdict in verdicts)


def is_written_down(web: Web, email: str) -> bool:
    """Say whether the database has a reader."""
    with reading(web.site.engine) as connection:
        try:
            return bool(roster.find(connection, email))
        except UnknownSubscriber:
            return False


def test_every_limit(engine: Engine) -> None:
    """Proves the limits of an address, a network, a domain and all, on both engines, and that each passes."""
    clock = Clock()
    limits = Limits(engine, clock, hourly=230)

    def ask(count: int, email: str, network: str) -> str:
        judged = [limits.judge(parse(email.format(n)), network.format(n % 250)) for n in range(count)]
        return names(judged)

    assert ask(7, "ana@example.org", "198.51.{}.0/24") == "TTTTTQQ"
    assert ask(22, "a{}@example.com", "192.0.2.0/24") == "T" * 20 + "LL"
    assert ask(202, "b{}@example.net", "10.1.{}.0/24") == "T" * 200 + "LL"
    assert ask(7, "c@c{}.example.org", "10.2.{}.0/24") == "TTTTTFF"
    clock.move(hours=1, minutes=1)
    assert ask(2, "d{}@example.net", "192.0.2.0/24") == "TT"
    assert ask(1, "ana@example.org", "198.51.100.0/24") == "Q"
    clock.move(hours=24)
    assert ask(1, "ana@example.org", "198.51.100.0/24") == "T"


def test_two_processes_count_together(engine: Engine) -> None:
    """Proves that a limit is one for all who serve, since it stands in the database."""
    clock = Clock()
    first, second = Limits(engine, clock, hourly=3), Limits(engine, clock, hourly=3)
    judged = [
        one.judge(parse(f"a{n}@a{n}.example.org"), f"10.0.{n}.0/24")
        for n, one in enumerate([first, second] * 2)
    ]
    assert names(judged) == "TTTF"


def test_one_network_cannot_ask_without_end(web: Web) -> None:
    """Proves that the page says that one has to wait, writes nobody down, and works again after an hour."""
    limits = Limits(web.site.engine, web.clock, hourly=500)
    for number in range(20):
        limits.judge(parse(f"a{number}@example.org"), HERE)
    assert web.subscribe("late@example.org").status_code == 429
    assert not is_written_down(web, "late@example.org")
    web.clock.move(hours=1, minutes=1)
    assert web.subscribe("late@example.org").status_code == 303
    assert is_written_down(web, "late@example.org")


def test_the_author_hears_of_a_list_bomb(engine: Engine, tmp_path: Path) -> None:
    """Proves that more wishes than an hour may have are turned away, and that the author has one letter about it."""
    make_site(tmp_path).set("[smtp]", "[web]\nrequests_per_hour = 2\n\n[smtp]")
    with serving(Site(read_settings(tmp_path), engine, Templates(None))) as web:
        answers = [web.subscribe(f"a@a{number}.example.org").status_code for number in range(4)]
    assert answers == [303, 303, 429, 429]
    with reading(engine) as connection:
        found = connection.execute(select(letters.c.kind, letters.c.text)).all()
    assert [row.kind for row in found] == ["list-bomb"]
    assert "60 minutes" in found[0].text
    assert not is_written_down(web, "a@a2.example.org")


def test_asking_again_and_again_writes_one_mail(web: Web) -> None:
    """Proves that nobody can have a stranger flooded: one question a day, and the same answer to all who ask."""
    answers = {web.subscribe("ana@example.org").status_code for _ in range(7)}
    assert answers == {303}
    with reading(web.site.engine) as connection:
        assert len(connection.execute(select(deliveries.c.id)).all()) == 1


@pytest.mark.parametrize(
    "said",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "https://news.example.com.evil.example"},
        {"Origin": "http://["},
        {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "null", "Sec-Fetch-Site": "same-site"},
    ],
)
def test_a_form_on_a_page_of_somebody_else(web: Web, said: dict[str, str]) -> None:
    """Proves that no foreign page can have a visitor's browser confirm or choose, even with the link at hand."""
    with writing(web.site.engine) as connection:
        ana = parse("ana@example.org")
        one = membership.join(connection, web.site, ana, Choices(), vouched=None, now=web.clock())
        token = keys.tokens(connection).sign("confirm", one.id, 1)
    assert web.post(f"/confirm/{token}", headers=said).status_code == 403
    assert web.ask("POST", "/api/subscribe", json={"email": "b@example.org"}, headers=said).status_code == 403
    assert not is_written_down(web, "b@example.org")
    # what is open to all stays so: the form asks for one press more, and a mail program needs the token alone
    assert web.post("/subscribe", {"email": "b@example.org"}, headers=said).status_code == 200
    with reading(web.site.engine) as connection:
        token = keys.tokens(connection).sign("unsubscribe", one.id)
    answer = web.post(f"/unsubscribe/{token}", {"List-Unsubscribe": "One-Click"}, headers=said)
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "said", [{}, {"Origin": "https://news.example.com"}, {"Origin": "null", "Sec-Fetch-Site": "same-origin"}]
)
def test_our_own_form(web: Web, said: dict[str, str]) -> None:
    """Proves that what browsers and programs say of a form of our own passes."""
    with writing(web.site.engine) as connection:
        ana = parse("ana@example.org")
        one = membership.join(connection, web.site, ana, Choices(), vouched=None, now=web.clock())
        token = keys.tokens(connection).sign("confirm", one.id, 1)
    assert web.post(f"/confirm/{token}", headers=said).status_code == 303


def test_an_answer_takes_whole_steps() -> None:
    """Proves that whatever was done within a step, its end is the same."""
    assert [round(spent + remaining(spent, 0.25), 6) for spent in (0, 0.01, 0.249, 0.25, 0.3)] == [
        0.25, 0.25, 0.25, 0.5, 0.5,
    ]  # fmt: skip
