"""Roles at work, on both engines: what fails is begun again and reported, and hinders nobody else."""

import socket
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import pytest
from sqlalchemy import Engine, select

from newsletter.application.serving import conductor
from newsletter.application.serving.board import Board, Place
from newsletter.application.serving.listening import address_of, listening
from newsletter.application.serving.patience import Pauses
from newsletter.application.serving.shift import Shift, Work
from newsletter.errors import NewsletterError
from newsletter.outbox.tables import letters
from newsletter.site import Site
from subscribers.database import reading
from subscribers.errors import DatabaseUnavailable
from tests.processes import PATIENCE, wait_until
from tests.sites import site_on


@pytest.fixture
def site(engine: Engine, tmp_path: Path) -> Site:
    """A site on each engine."""
    return site_on(engine, tmp_path / "site")


class Crew:
    """Shifts that are ended with the test."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.shifts: dict[str, Shift] = {}

    def begin(self, role: str, work: Work) -> Place:
        """Begin one, with pauses that are no pauses."""
        place = Place(role)
        self.shifts[role] = Shift(self.site, place, "shore", work, pauses=Pauses(0.001, longest=0.01))
        self.shifts[role].begin()
        return place


@pytest.fixture
def crew(site: Site) -> Iterator[Crew]:
    """Nobody is at work yet."""
    made = Crew(site)
    yield made
    for shift in made.shifts.values():
        shift.stop()
        assert shift.wait(PATIENCE)


def told(site: Site) -> list[str]:
    """What the author was written."""
    with reading(site.engine) as connection:
        return list(connection.scalars(select(letters.c.text)))


def working(place: Place, stop: Event) -> None:
    """Work as one should."""
    place.turn("working")
    stop.wait()


@pytest.mark.parametrize(
    "failure", [NewsletterError("it is so", remedy="Mend it."), KeyError("oh"), SystemExit(3)]
)
def test_a_role_that_fails_for_a_while(crew: Crew, failure: BaseException) -> None:
    """It is begun again until it works, and shows in between that it does not; its neighbour notices nothing."""
    left, seen = [failure] * 3, []

    def work(place: Place, stop: Event) -> None:
        seen.append(place.show().state)
        if left:
            raise left.pop()
        working(place, stop)

    neighbour, place = crew.begin("web", working), crew.begin("schedule", work)
    wait_until(lambda: place.show().state == "working")
    assert seen == ["starting", "failing", "failing", "failing"]
    assert neighbour.show().state == "working"
    assert told(crew.site) == []


def test_a_role_that_keeps_failing(crew: Crew) -> None:
    """After five times its author is told, once, with what it says and where it runs."""
    times = []

    def work(_place: Place, _stop: Event) -> None:
        times.append(1)
        raise NewsletterError("There is no mailbox.", remedy="Make one.")

    place = crew.begin("inbound", work)
    wait_until(lambda: len(times) > 12)
    assert place.show().reason == "There is no mailbox. Make one."
    (letter,) = told(crew.site)
    assert "inbound" in letter
    assert "shore" in letter
    assert "There is no mailbox. Make one." in letter


def test_a_role_that_ends_by_itself(crew: Crew) -> None:
    """It should not have, and is begun again."""
    times = []

    def work(place: Place, stop: Event) -> None:
        times.append(1)
        if len(times) > 2:
            working(place, stop)

    place = crew.begin("schedule", work)
    wait_until(lambda: place.show().state == "working")
    assert len(times) == 3


def test_a_database_that_was_away(crew: Crew) -> None:
    """That is nobody's failure: it is waited for, and nobody is written to about it."""
    left = [DatabaseUnavailable("The database is away.", passing=True)] * 7
    seen = []

    def work(place: Place, stop: Event) -> None:
        seen.append(place.show().state)
        if left:
            left.clear()
            raise DatabaseUnavailable("The database is away.", passing=True)
        working(place, stop)

    place = crew.begin("schedule", work)
    wait_until(lambda: place.show().state == "waiting")
    assert place.show().reason == "The database is away."
    wait_until(lambda: seen == ["starting", "working"])
    assert told(crew.site) == []


def test_sources_end_before_what_delivers(site: Site) -> None:
    """What brings us work is told to end first, and what delivers when nothing more comes."""
    ended, board = [], Board(site, conductor.ROLES)

    def work(place: Place, stop: Event) -> None:
        working(place, stop)
        ended.append(place.role)

    crew = {role: Shift(site, board.places[role], "shore", work) for role in conductor.ROLES}
    for shift in crew.values():
        shift.begin()
    assert conductor.end(crew)
    assert sorted(ended[:3]) == ["inbound", "schedule", "web"]
    assert ended[3:] == ["deliver"]


def test_where_pages_are_offered(tmp_path: Path) -> None:
    """At an address, of either kind, or at a Unix socket; a socket that a dead process left is taken over."""
    with listening("127.0.0.1:0") as opened:
        place = address_of(opened)
        assert place.startswith("127.0.0.1:")
        with pytest.raises(NewsletterError, match=f"{place}: .*in use"), listening(place):
            pass
    if socket.has_ipv6 and Path("/proc/net/if_inet6").exists():
        with listening("[::1]:0") as opened:
            assert address_of(opened).startswith("[::1]:")
    file = tmp_path / "web"
    left = socket.socket(socket.AF_UNIX)
    left.bind(str(file))
    left.close()
    with listening(f"unix:{file}") as opened:
        assert address_of(opened) == f"unix:{file}"
        assert file.stat().st_mode & 0o777 == 0o660
        with pytest.raises(NewsletterError, match="in use"), listening(f"unix:{file}"):
            pass
        assert file.exists()
    assert not file.exists()
    with pytest.raises(NewsletterError, match="Nobody can listen"), listening("no.such.host.invalid:80"):
        pass
