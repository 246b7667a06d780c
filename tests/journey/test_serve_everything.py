"""`newsletter serve` for real: posts dropped into the folder arrive in mailboxes, once, whatever becomes of it.

Issues are due every few seconds. What is checked is what the relay received.
"""

import random
import shutil
import socket
from pathlib import Path
from time import sleep

import httpx
import pytest

from tests.processes import kill, wait_until
from tests.serving import AUTHOR, Author, Mailboxes, Serving, make_busy_site, readers_of, serving
from tests.smtp_server import Server, smtp_server

READERS = 5

#: All roles but inbound, for which there is no mail here.
ROLES = "web,schedule,deliver"


def await_everything(server: Server, author: Author) -> Mailboxes:
    """Wait until every reader has every post, and for whatever else would still come; return what they have."""
    readers = readers_of(READERS)

    def have_everything() -> bool:
        found = Mailboxes.of(server.received)
        assert found.halves == 0
        return not found.missed(readers, author.written)

    wait_until(have_everything)
    return Mailboxes.of(server.received)


def check(found: Mailboxes) -> None:
    """Nothing twice, nothing half."""
    assert found.twice() == 0
    assert found.halves == 0
    assert set(found.posts) == set(readers_of(READERS))


def address(one: Serving) -> str:
    """Where its pages are."""
    return f"http://{one.await_event('listening')['where']}"


def test_killed_and_started_again(tmp_path: Path) -> None:
    """Three times at random, as long as its author writes: nothing twice, nothing missed, and no half a post."""
    chance = random.Random(20261123)
    with smtp_server() as server:
        site = make_busy_site(tmp_path / "site", server.port, readers=READERS)
        with Author(site, chance) as author:
            for _ in range(3):
                with serving(site, only=ROLES) as (one,):
                    sleep(chance.uniform(1, 3))
                    kill(one.process)
        with serving(site, only=ROLES) as (one,):
            found = await_everything(server, author)
            assert one.end() == 0
            assert one.await_event("stopped")["cleanly"] is True
    check(found)
    assert found.repeats <= 3 * 2, "one for each connection and kill"


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_two_side_by_side(engine: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """On one database, both ticking at the same times and delivering: each issue is made once, each post comes once."""
    database = "sqlite:///newsletter.db"
    if engine == "postgresql":
        database = request.getfixturevalue("empty_postgres_url")
    with smtp_server() as server:
        site = make_busy_site(tmp_path / "site", server.port, readers=READERS, database=database)
        with serving(site, only=ROLES, count=2) as both:
            with Author(site, random.Random(2)) as author:
                wait_until(lambda: len(site.data("issues")) >= 2)
            found = await_everything(server, author)
            assert [one.end() for one in both] == [0, 0]
            assert not any("role failed" in one.events() for one in both)
    check(found)
    assert found.repeats == 0
    made = [(issue["cadence"], issue["scheduled_for"]) for issue in site.data("issues")]
    assert len(set(made)) == len(made)


def test_told_to_end_with_everything_at_work(tmp_path: Path) -> None:
    """In the middle of a send, with a visitor on the pages and posts being written, it ends in order."""
    with smtp_server() as server:
        site = make_busy_site(tmp_path / "site", server.port, readers=60)
        site.set("timeout = 20", "timeout = 20\nrate = 20")
        with serving(site, only=ROLES) as (one,), Author(site, random.Random(3)) as author:
            url = address(one)
            wait_until(lambda: len(server.received) > 5)
            with httpx.Client(base_url=url, headers={"Host": "news.example.com"}) as visitor:
                assert visitor.get("/").status_code == 200  # and the connection stays open
                assert visitor.get("/readyz").json()["ready"] is True
                assert one.end() == 0
            assert one.await_event("stopped")["cleanly"] is True
        site.set("rate = 20", "rate = 0")
        with serving(site, only=ROLES) as (one,):
            readers = [f"reader{number}@example.org" for number in range(1, 61)]
            wait_until(lambda: not Mailboxes.of(server.received).missed(readers, author.written))
        found = Mailboxes.of(server.received)
    assert (found.twice(), found.halves, found.repeats) == (0, 0, 0)


def test_a_folder_that_goes_away(tmp_path: Path) -> None:
    """It is no deletion: the log says so, the author gets a letter, and when it is back only what is new goes out."""
    with smtp_server() as server:
        site = make_busy_site(tmp_path / "site", server.port, readers=READERS)
        posts, away = site.directory / "posts", tmp_path / "away"
        with serving(site, only=ROLES) as (one,):
            site.write("storm.md")
            wait_until(lambda: len(server.received) == READERS + 1)
            posts.rename(away)
            one.await_event("posts unreadable")
            wait_until(lambda: server.copies(AUTHOR))
            posts.mkdir()  # a disk that is not mounted is an empty folder
            one.await_event("posts unreadable", one.events().count("posts unreadable") + 1)
            posts.rmdir()
            shutil.copytree(away, posts)
            site.write("ferry.md")
            wait_until(lambda: len(server.received) == 2 * (READERS + 1) + 1)
            assert one.end() == 0
    (letter,) = server.copies(AUTHOR)
    assert b"There is no content folder" in letter.data
    for reader in readers_of(READERS):
        assert [b"Ferry" in mail.data for mail in server.copies(reader)] == [False, True]


def test_a_role_that_cannot_work(tmp_path: Path) -> None:
    """Its port is taken: the others go on, it is tried again, and works as soon as it can."""
    with smtp_server() as server, socket.create_server(("127.0.0.1", 0)) as somebody:
        port = somebody.getsockname()[1]
        site = make_busy_site(tmp_path / "site", server.port, readers=READERS)
        site.set("127.0.0.1:0", f"127.0.0.1:{port}")
        with serving(site, only=ROLES) as (one,):
            failure = one.await_event("role failed")
            assert failure["role"] == "web"
            assert str(port) in failure["reason"]
            assert "Is another `newsletter serve` running?" in failure["reason"]
            site.write("storm.md")
            wait_until(lambda: len(server.received) == READERS + 1)
            one.await_event("role failed", 2)
            assert one.events().count("serving") == 1
            somebody.close()
            assert httpx.get(f"{address(one)}/readyz").json()["ready"] is True
            assert one.end() == 0


def test_an_author_is_told_of_a_refusal(tmp_path: Path) -> None:
    """The relay refuses the issue for a reason that is about us: the author learns it by mail, as soon as mail goes."""
    answers = {"reader1@example.org": "550 5.7.26 not authenticated"}
    with smtp_server(lambda stage, who: answers.get(who) if stage == "data" else None) as server:
        site = make_busy_site(tmp_path / "site", server.port, readers=1)
        with serving(site, only="schedule,deliver") as (one,):
            site.write("storm.md")
            wait_until(lambda: server.copies(AUTHOR))
            assert one.end() == 0
    letter = server.copies(AUTHOR)[0].data
    assert b"550 5.7.26 not authenticated" in letter
    assert b"newsletter resume" in letter
