"""What readers do on our pages, on a real server: join, choose, leave and come back; and what nobody can do there."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, delete, func, select

from newsletter import membership
from newsletter.membership import Choices
from newsletter.outbox.tables import deliveries
from subscribers import consent, keys, roster, suppression
from subscribers.address import parse
from subscribers.database import reading, writing
from subscribers.errors import UnknownSubscriber
from subscribers.roster import Subscriber
from subscribers.tables import keys as keys_
from subscribers.tables import subscribers
from tests.sites import site_on
from tests.web import HOST, Web, serving

ANA = "ana@example.org"
ONE_CLICK = {"List-Unsubscribe": "One-Click"}
URLENCODED = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture
def web(engine: Engine, tmp_path: Path) -> Iterator[Web]:
    """The pages of a site with a few posts and no reader."""
    site = site_on(engine, tmp_path / "site")
    for name in ("harbour", "fog"):
        (site.settings.content_folder / f"{name}.md").write_text(
            f"---\ntitle: {name}\ndate: 2026-01-05\ntags: [sea, islands]\n---\nWords.\n", "utf-8"
        )
    with serving(site) as web:
        yield web


def reader(web: Web, email: str = ANA) -> Subscriber | None:
    """Return a reader as the database has them."""
    with reading(web.site.engine) as connection:
        try:
            return roster.find(connection, email)
        except UnknownSubscriber:
            return None


def join(web: Web, email: str = ANA, **choices: str) -> Subscriber:
    """Have a confirmed reader."""
    with writing(web.site.engine) as connection:
        return membership.join(
            connection, web.site, parse(email), Choices(**choices), vouched="a test", now=web.clock()
        )


def link(web: Web, purpose: str, *numbers: int) -> str:
    """Return the place of a link that a mail would hold."""
    with reading(web.site.engine) as connection:
        return f"/{purpose}/{keys.tokens(connection).sign(purpose, *numbers)}"


def everything(web: Web) -> tuple[object, ...]:
    """Return all that a visit could change."""
    with reading(web.site.engine) as connection:
        rows = connection.execute(select(subscribers).order_by(subscribers.c.id)).all()
        queued = connection.scalar(select(func.count()).select_from(deliveries))
        return (*rows, queued)


def test_a_reader_joins_by_the_form(web: Web) -> None:
    """Proves the whole way in: form, question, page with a button, welcome; with consent and network on record."""
    answer = web.subscribe(ANA, name="Ana", cadence="daily", topics="sea", language="pt")
    assert (answer.status_code, answer.headers["location"]) == (303, "/check-your-mail?language=en")
    asked = reader(web)
    assert asked is not None
    assert (asked.status, asked.name, asked.cadence, asked.topics, asked.language) == (
        "pending", "Ana", "daily", ("sea",), "pt",
    )  # fmt: skip
    place = link(web, "confirm", asked.id, 1)
    assert "<button>" in web.get(place).text
    assert reader(web) == asked
    assert web.post(place).headers["location"] == "/welcome?language=pt"
    confirmed = reader(web)
    assert confirmed is not None
    assert confirmed.status == "confirmed"
    with reading(web.site.engine) as connection:
        record = [(one.act, one.how, one.source) for one in consent.history(connection, asked.id)]
    assert record == [("asked", "form", "127.0.0.0/24"), ("confirmed", "link", "127.0.0.0/24")]


def test_the_answer_tells_nothing_about_an_address(web: Web) -> None:
    """Proves that new, pending, confirmed, left and suppressed addresses get the same answer, to the byte."""
    join(web, "confirmed@example.org")
    left = join(web, "left@example.org")
    web.post(link(web, "unsubscribe", left.id), ONE_CLICK)
    with writing(web.site.engine) as connection:
        suppression.suppress(connection, parse("never@example.org"), reason="complaint", now=web.clock())
    web.subscribe("pending@example.org")
    answers = set()
    for name in ("new", "pending", "confirmed", "left", "never"):
        answer = web.subscribe(f"{name}@example.org")
        headers = {key: value for key, value in answer.headers.items() if key != "date"}
        answers.add((answer.status_code, answer.content, tuple(sorted(headers.items()))))
    assert len(answers) == 1


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"email": "ana"}, "email"),
        ({"email": "ana@example.org\r\nBcc: x@example.org"}, "email"),
        ({"cadence": "hourly"}, "cadence"),
        ({"topics": "spam"}, "topics"),
        ({"language": "tlh"}, "language"),
        ({"name": "A" * 101}, "name"),
    ],
)
def test_a_wrong_field_is_told_where_it_stands(web: Web, fields: dict[str, str], fault: str) -> None:
    """Proves that the form comes back with what was typed, what is wrong with it, and nobody written down."""
    answer = web.subscribe(**{"email": ANA, **fields})
    assert answer.status_code == 422
    assert 'class="fault"' in answer.text
    assert reader(web) is None
    assert "Bcc" not in answer.headers


def test_a_robot_is_thanked_and_forgotten(web: Web) -> None:
    """Proves that who fills in the hidden field is answered as all are, and not written down."""
    assert web.subscribe(ANA, website="https://spam.example").status_code == 303
    assert reader(web) is None


def test_a_form_without_a_seal_asks_for_one_press_more(web: Web) -> None:
    """Proves that a form of another page, one filled in within a blink and one of yesterday have to be sent again."""
    assert web.post("/subscribe", {"email": ANA}).status_code == 200
    seal = re.search(r'name="seal" value="([^"]+)"', web.get("/").text)[1]  # type: ignore[index]
    assert web.post("/subscribe", {"email": ANA, "seal": seal}).status_code == 200
    web.clock.move(hours=25)
    again = web.post("/subscribe", {"email": ANA, "seal": seal})
    assert f'value="{ANA}"' in again.text
    assert reader(web) is None


def test_a_scanner_changes_nothing(web: Web) -> None:
    """Proves that following every link of a mail, by GET and by HEAD, and every link behind it, changes nothing."""
    one, two = join(web), join(web, "bea@example.org")
    web.subscribe("cleo@example.org")
    three = reader(web, "cleo@example.org")
    assert three is not None
    before = everything(web)
    places = [
        link(web, purpose, number.id, *more)
        for number in (one, two, three)
        for purpose, more in (("unsubscribe", ()), ("preferences", ()), ("goodbye", ()), ("confirm", (1,)))
    ]
    seen = set()
    while places:
        place = places.pop()
        seen.add(place)
        for method in ("GET", "HEAD"):
            answer = web.ask(method, place)
            assert answer.status_code in (200, 404, 405)
        found = re.findall(r'(?:href|action)="(/[^"]*)"', web.get(place).text)
        places += [new for new in found if new not in seen and new not in places]
    assert len(seen) > 15
    assert everything(web) == before


@pytest.mark.parametrize("encoding", ["urlencoded", "multipart"])
def test_one_click(web: Web, encoding: str) -> None:
    """Proves RFC 8058: at once, 200, no cookie, no redirect, in both encodings, and as often as a program likes."""
    place = link(web, "unsubscribe", join(web).id)
    sent = (
        {"data": ONE_CLICK}
        if encoding == "urlencoded"
        else {"files": {"List-Unsubscribe": (None, "One-Click")}}
    )
    for _ in range(3):
        answer = web.ask("POST", place, **sent)
        assert answer.status_code == 200
        assert "set-cookie" not in answer.headers
        assert "location" not in answer.headers
        gone = reader(web)
        assert gone is not None
        assert gone.status == "unsubscribed"
    with reading(web.site.engine) as connection:
        acts = [one.how for one in consent.history(connection, gone.id) if one.act == "withdrawn"]
    assert acts == ["one-click"]


def test_one_click_with_a_wrong_token(web: Web) -> None:
    """Proves that a token which was tampered with, or made for something else, ends nothing."""
    one = join(web)
    place = link(web, "unsubscribe", one.id)
    other = link(web, "preferences", one.id).replace("preferences", "unsubscribe")
    for wrong in (place[:-1] + ("a" if place[-1] != "a" else "b"), other, "/unsubscribe/x", f"{place}.x"):
        assert web.post(wrong, ONE_CLICK).status_code == 404
    assert reader(web) == one


def test_tokens_outlive_a_new_key(web: Web) -> None:
    """Proves that links of mails from before a change of keys still work, as those of years ago must."""
    place = link(web, "unsubscribe", join(web).id)
    with writing(web.site.engine) as connection:
        keys.rotate(connection, web.clock())
    assert web.post(place, ONE_CLICK).status_code == 200


def test_a_key_that_is_gone_ends_nothing(web: Web) -> None:
    """Proves that a link whose key was taken out of use, as after a theft, is answered calmly and changes nothing."""
    one = join(web)
    place = link(web, "unsubscribe", one.id)
    with writing(web.site.engine) as connection:
        oldest = connection.scalar(select(func.min(keys_.c.id)).where(keys_.c.purpose == "tokens"))
        keys.rotate(connection, web.clock())
        connection.execute(delete(keys_).where(keys_.c.id == oldest))
    answer = web.post(place, ONE_CLICK)
    assert (answer.status_code, "location" in answer.headers) == (404, False)
    assert "This link does not work" in web.get(place).text
    assert reader(web) == one


def test_leaving_by_page_and_coming_back(web: Web) -> None:
    """Proves the way out with a button, and its undo."""
    one = join(web)
    place = link(web, "unsubscribe", one.id)
    goodbye = web.post(place).headers["location"]
    gone = reader(web)
    assert gone is not None
    assert gone.status == "unsubscribed"
    assert "Take it back" in web.get(goodbye).text
    assert web.post(goodbye).headers["location"].startswith("/welcome")
    back = reader(web)
    assert back is not None
    assert back.status == "confirmed"


def test_less_often_instead(web: Web) -> None:
    """Proves that a reader of a daily may stay for the weekly, and that nobody is offered more."""
    one = join(web, cadence="daily")
    place = link(web, "unsubscribe", one.id)
    assert 'value="weekly"' in web.get(place).text
    assert web.post(place, {"instead": "weekly"}).headers["location"].startswith("/preferences/")
    now = reader(web)
    assert now is not None
    assert (now.status, now.cadence) == ("confirmed", "weekly")
    assert 'name="instead"' not in web.get(place).text


def test_choosing(web: Web) -> None:
    """Proves that what is chosen is saved and shown, and that a pause ends on the day where the reader lives."""
    one = join(web)
    place = link(web, "preferences", one.id)
    day = (web.clock() + timedelta(days=30)).date().isoformat()
    chosen = {
        "name": "Ana", "cadence": "daily", "with_topics": "1", "topics": ["sea", "islands"],
        "timezone": "Asia/Tokyo", "language": "ja", "paused_until": day,
    }  # fmt: skip
    assert web.post(place, chosen).headers["location"] == f"{place}?saved"
    now = reader(web)
    assert now is not None
    assert (now.name, now.cadence, now.topics, now.timezone, now.language) == (
        "Ana", "daily", ("islands", "sea"), "Asia/Tokyo", "ja",
    )  # fmt: skip
    assert now.paused_until is not None
    assert now.paused_until.isoformat().startswith(
        f"{(web.clock() + timedelta(days=29)).date().isoformat()}T15:00"
    )
    assert f'value="{day}"' in web.get(place).text
    web.post(place, {**chosen, "topics": [], "paused_until": ""})
    freed = reader(web)
    assert freed is not None
    assert (freed.topics, freed.paused_until) == ((), None)


def test_a_reader_downloads_their_data(web: Web) -> None:
    """Proves that the link on the page gives a file with what we have, and to nobody else."""
    place = link(web, "preferences", join(web).id)
    answer = web.get(f"{place}/data")
    assert answer.json()["subscription"]["email"] == ANA
    assert "attachment" in answer.headers["content-disposition"]
    assert answer.headers["cache-control"] == "no-store"
    assert web.get("/preferences/x/data").status_code == 404


def test_fences(web: Web) -> None:
    """Proves what stands in front of every page: hosts, sizes, files, and what browsers are told."""
    assert web.get("/", headers={"Host": "evil.example"}).status_code == 400
    assert web.post("/subscribe", {"email": "a" * 70_000}).status_code == 413
    assert (
        web.ask("POST", "/subscribe", content=iter([b"a" * 40_000] * 3), headers=URLENCODED).status_code
        == 413
    )
    assert web.ask("POST", "/subscribe", files={"email": ("a.txt", b"x")}).status_code == 400
    assert web.ask("DELETE", "/").status_code == 405
    page = web.get("/")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert page.headers["x-content-type-options"] == "nosniff"
    assert page.headers["referrer-policy"] == "no-referrer"
    assert "strict-transport-security" in page.headers
    assert not re.search(r"<script|style=|https?://(?!www\.w3\.org)", page.text)
    assert HOST not in page.text


def test_the_network_is_that_of_the_visitor(web: Web) -> None:
    """Proves that the proxy on this machine is believed, and that no visitor can add an address of their own."""
    seal = web.seal()
    forwarded = {"X-Forwarded-For": "203.0.113.99, 198.51.100.77"}
    web.ask("POST", "/subscribe", data={"email": ANA, "seal": seal}, headers=forwarded)
    one = reader(web)
    assert one is not None
    with reading(web.site.engine) as connection:
        assert [record.source for record in consent.history(connection, one.id)] == ["198.51.100.0/24"]


def test_languages(web: Web) -> None:
    """Proves that the browser's language is spoken, and Arabic runs from right to left."""
    assert '<html lang="ar" dir="rtl">' in web.get("/", headers={"Accept-Language": "ar-EG,en;q=0.5"}).text
    assert '<html lang="en" dir="ltr">' in web.get("/", headers={"Accept-Language": "tlh"}).text
    assert '<html lang="de" dir="ltr">' in web.get("/?language=de").text
