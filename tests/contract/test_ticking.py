"""Ticks, on both engines: what is due is made once, whoever looks, and whenever."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, func, select

from newsletter.application.opening import opened
from newsletter.issues import calendar, freezing, register
from newsletter.issues.tables import issues
from newsletter.outbox import cancelling
from newsletter.outbox.tables import deliveries, letters
from newsletter.publishing import Published, Skipped
from newsletter.scheduling import approving
from newsletter.scheduling.ticking import Tick
from newsletter.transport.protocol import Reply
from subscribers.database import reading, writing
from tests.rhythm import World, world

#: A Tuesday; issues are due daily at 07:00 and on Mondays at 08:00, in London.
BEGIN = datetime(2026, 3, 3, 9, tzinfo=UTC)

Make = Callable[..., World]


@pytest.fixture
def make(engine: Engine, tmp_path: Path) -> Iterator[Make]:
    """Make a world on one of the engines, with these settings of its rhythm."""
    with ExitStack() as stack:

        def made(settings: str = "") -> World:
            url = engine.url.render_as_string(hide_password=False)
            newsletter = stack.enter_context(world(tmp_path / "site", url, BEGIN, settings=settings))
            newsletter.tick()
            return newsletter

        yield made


def entries(newsletter: World) -> list[tuple[str, str]]:
    """What the calendar says of the past: kinds and times."""
    with reading(newsletter.site.engine) as connection:
        skips = calendar.all_skips(connection)
    return [(skip.kind, f"{skip.scheduled_for:%d %H:%M}") for skip in reversed(skips)]


def told(newsletter: World) -> list[str]:
    """What the author was written of."""
    with reading(newsletter.site.engine) as connection:
        return list(connection.scalars(select(letters.c.kind).order_by(letters.c.id)))


def all_issues(newsletter: World) -> list[freezing.Issue]:
    """The issues, oldest first."""
    with reading(newsletter.site.engine) as connection:
        return freezing.all_issues(connection)[::-1]


class TestRhythms:
    """Each cadence at its time, and every reader every post once."""

    def test_each_reader_hears_in_their_rhythm(self, make: Make) -> None:
        """Posts go daily to the one and weekly to the other; empty days are skipped, and that is recorded."""
        here = make()
        here.subscribe("ana", "weekly")
        here.subscribe("ben", "daily")
        here.write("one", "p1")
        here.go_to("2026-03-05T12:00:00+00:00")
        here.write("two", "p2")
        here.go_to("2026-03-09T12:00:00+00:00")
        assert here.got("ben") == [("p1",), ("p2",)]
        assert here.got("ana") == [("p1", "p2")]
        assert entries(here) == [("skipped", f"{day:02} 07:00") for day in (5, 7, 8, 9)]

    def test_a_change_of_cadence_neither_drops_nor_repeats(self, make: Make) -> None:
        """Whoever changes between two runs goes on where they were."""
        here = make()
        for name, cadence in (("ana", "weekly"), ("ben", "daily")):
            here.subscribe(name, cadence)
        here.write("one", "p1")
        here.go_to("2026-03-04T12:00:00+00:00")
        here.change("ana", cadence="daily")
        here.change("ben", cadence="weekly")
        here.write("two", "p2")
        here.go_to("2026-03-09T12:00:00+00:00")
        assert here.got("ana") == [("p1", "p2")]
        assert here.got("ben") == [("p1",), ("p2",)]

    def test_a_new_reader_gets_the_running_period(self, make: Make) -> None:
        """That of their own cadence: a daily issue in between does not cut the week short, nor is it longer."""
        here = make()
        here.subscribe("ben", "daily")
        here.subscribe("ana", "weekly")
        here.write("one", "p1")
        here.go_to("2026-03-09T12:00:00+00:00")
        here.write("two", "p2")
        here.go_to("2026-03-11T12:00:00+00:00")
        here.subscribe("cy", "weekly")
        here.subscribe("dee", "daily")
        here.write("three", "p3")
        here.go_to("2026-03-16T12:00:00+00:00")
        assert here.got("cy") == [("p2", "p3")]
        assert here.got("dee") == [("p3",)]

    def test_the_first_reader_of_a_cadence(self, make: Make) -> None:
        """Where there never was an issue for such readers, the period began when one would have been due."""
        here = make('monthly = "1 08:00"\n')
        here.subscribe("ben", "daily")
        here.write("one", "p1")
        here.go_to("2026-04-03T12:00:00+00:00")
        here.write("two", "p2")
        here.go_to("2026-04-05T12:00:00+00:00")
        here.subscribe("ana", "monthly")
        here.go_to("2026-05-02T12:00:00+00:00")
        assert here.got("ana") == [("p2",)]

    def test_a_cadence_that_is_no_longer_on_offer(self, make: Make) -> None:
        """Its readers get the issues of the default one, and nobody is left behind."""
        here = make()
        here.subscribe("ana", "fortnightly")
        here.write("one", "p1")
        here.go_to("2026-03-09T12:00:00+00:00")
        assert here.got("ana") == [("p1",)]

    def test_three_posts_in_an_hour_make_one_mail(self, make: Make) -> None:
        """Posts at once go when it has been quiet; those that never rest, after four times as long."""
        here = make('each = "at once"\n')
        here.subscribe("ana", "each")
        for number in (1, 2, 3):
            here.write(f"post{number}", f"p{number}")
            here.tick()
            here.now += timedelta(minutes=20)
        here.tick()
        assert all_issues(here) == []
        here.go_to(here.now + timedelta(hours=2))
        assert here.got("ana") == [("p1", "p2", "p3")]
        for number in range(4, 12):
            here.write(f"post{number}", f"p{number}")
            here.tick()
            here.deliver()
            here.now += timedelta(minutes=50)
        assert here.got("ana")[1:] == [tuple(sorted(f"p{number}" for number in range(4, 10)))]


class TestTopics:
    """Readers may follow some tags."""

    def test_what_was_not_followed_does_not_come_later(self, make: Make) -> None:
        """An issue that passes a reader by settles its posts for them; what came since goes by the new choice."""
        here = make()
        here.subscribe("ana", "daily", "sea")
        here.subscribe("ben", "daily")
        here.write("one", "p1", tags="[land]")
        here.write("two", "p2", tags="[sea]")
        here.go_to("2026-03-04T12:00:00+00:00")
        here.write("three", "p3", tags="[land]")
        here.change("ana", topics=())
        here.go_to("2026-03-05T12:00:00+00:00")
        assert here.got("ana") == [("p2",), ("p3",)]

    def test_an_issue_for_nobody_settles_its_posts_too(self, make: Make) -> None:
        """Where no reader follows what is new, the issue is skipped, and that is the same to its readers."""
        here = make()
        here.subscribe("ana", "daily", "sea")
        here.write("one", "p1", tags="[land]")
        here.go_to("2026-03-04T12:00:00+00:00")
        here.change("ana", topics=("land",))
        here.go_to("2026-03-05T12:00:00+00:00")
        assert here.got("ana") == []
        assert entries(here) == [("skipped", "04 07:00"), ("skipped", "05 07:00")]


class TestWhatComesBack:
    """Posts that were gone, or not to be sent, when an issue was made."""

    def test_a_post_that_was_deleted_meanwhile(self, make: Make) -> None:
        """It goes to those who lack it when it is there again, and to nobody else."""
        here = make()
        here.subscribe("ana", "weekly")
        here.subscribe("ben", "daily")
        here.write("one", "p1")
        here.go_to("2026-03-04T12:00:00+00:00")
        text = here.read("one")
        here.remove("one")
        here.write("two", "p2")
        here.go_to("2026-03-09T12:00:00+00:00")
        assert here.got("ana") == [("p2",)]
        (here.files.directory / "posts" / "one.md").write_text(text)
        here.go_to("2026-03-16T12:00:00+00:00")
        assert here.got("ana") == [("p2",), ("p1",)]
        assert here.got("ben") == [("p1",), ("p2",)]

    def test_a_post_that_nobody_had(self, make: Make) -> None:
        """Set back to a draft before its first issue, it is new to everybody when it is published."""
        here = make()
        here.subscribe("ana", "daily")
        here.write("one", "p1")
        here.tick()
        here.write("one", "p1", draft="true")
        here.write("two", "p2")
        here.go_to("2026-03-04T12:00:00+00:00")
        here.write("one", "p1")
        here.go_to("2026-03-05T12:00:00+00:00")
        assert here.got("ana") == [("p2",), ("p1",)]

    def test_a_delivery_that_failed(self, make: Make) -> None:
        """Its posts come with the next issue, also when one was made in between."""
        here = make()
        here.subscribe("ana", "daily")
        here.write("one", "p1")
        here.now = datetime(2026, 3, 4, 7, tzinfo=UTC)
        here.tick()
        here.write("two", "p2")
        here.now = datetime(2026, 3, 5, 7, tzinfo=UTC)
        here.tick()
        assert len(all_issues(here)) == 2
        refusals = iter([Reply(554, "5.6.0", "no")])
        here.deliver(lambda _message: next(refusals, Reply(250, None, "kept")))
        here.write("three", "p3")
        here.go_to("2026-03-06T12:00:00+00:00")
        assert here.got("ana") == [("p2",), ("p1", "p3")]


class TestDowntime:
    """Nobody ticked for a while."""

    def test_a_run_is_made_up_while_it_is_young(self, make: Make) -> None:
        """Within the grace it is made when somebody is there again, once, under the time that it was for."""
        here = make()
        here.subscribe("ben", "daily")
        here.write("one", "p1")
        here.now = datetime(2026, 3, 4, 18, tzinfo=UTC)
        here.tick()
        here.tick()
        (made,) = all_issues(here)
        assert made.scheduled_for == datetime(2026, 3, 4, 7, tzinfo=UTC)

    def test_an_older_one_is_missed_and_told(self, make: Make) -> None:
        """After it, the run is recorded as missed, the author hears of it, and its posts go with the next."""
        here = make()
        here.subscribe("ben", "daily")
        here.write("one", "p1")
        here.now = datetime(2026, 3, 4, 20, tzinfo=UTC)
        here.tick()
        here.tick()
        assert entries(here) == [("missed", "04 07:00")]
        assert told(here) == ["missed"]
        here.go_to("2026-03-05T12:00:00+00:00")
        assert here.got("ben") == [("p1",)]

    def test_after_days_one_issue_makes_up_for_all(self, make: Make) -> None:
        """Each run that nobody made is in the calendar; the last one is made, with everything in it."""
        here = make()
        here.subscribe("ben", "daily")
        here.write("one", "p1")
        here.now = datetime(2026, 3, 7, 8, tzinfo=UTC)
        here.tick()
        here.deliver()
        assert entries(here) == [("missed", f"{day:02} 07:00") for day in (4, 5, 6)]
        assert here.got("ben") == [("p1",)]

    def test_a_rhythm_begins_when_it_is_first_kept(self, make: Make) -> None:
        """What would have been due before the scheduler knew of a rhythm is nobody's to make; so after a change."""
        here = make()
        here.now = datetime(2026, 3, 4, 8, tzinfo=UTC)
        here.files.set('weekly = "Mon 08:00"', 'weekly = "Wed 07:30"')
        with opened(here.files.directory) as site:
            Tick(site, here.now).make_what_is_due()
        assert ("missed", "02 08:00") not in entries(here)
        assert all(kind != "missed" for kind, _ in entries(here))

    def test_a_clock_that_is_put_back(self, make: Make) -> None:
        """What was made is not made again, and the next one is made when its time comes."""
        here = make()
        here.subscribe("ben", "daily")
        here.write("one", "p1")
        here.now = datetime(2026, 3, 4, 7, 30, tzinfo=UTC)
        here.tick()
        here.now = datetime(2026, 3, 4, 6, 30, tzinfo=UTC)
        here.write("two", "p2", date="2026-03-03")
        here.go_to("2026-03-04T12:00:00+00:00")
        assert [issue.scheduled_for and issue.scheduled_for.day for issue in all_issues(here)] == [4]
        here.go_to("2026-03-05T12:00:00+00:00")
        assert here.got("ben") == [("p1",), ("p2",)]


class TestTogether:
    """Several at once."""

    def test_many_schedulers_make_one_issue(self, make: Make) -> None:
        """Eight ticks at one moment, while somebody sends by hand: one issue for each time, and no post twice."""
        here = make()
        for name in ("ana", "ben"):
            here.subscribe(name, "daily")
        here.write("one", "p1")
        here.now = datetime(2026, 3, 4, 7, tzinfo=UTC)

        def act(number: int) -> Any:
            with opened(here.files.directory) as site:
                if number % 4 == 3:
                    return World(here.files, site, here.now).send()
                return Tick(site, here.now).make_what_is_due()

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(act, range(8)))
        with reading(here.site.engine) as connection:
            assert connection.scalar(select(func.count()).select_from(issues)) == 1
            assert connection.scalar(select(func.count()).select_from(deliveries)) == 2
            assert calendar.is_settled(connection, "daily", here.now)
        here.deliver()
        assert here.got("ana") == here.got("ben") == [("p1",)]

    def test_a_manual_send_just_before(self, make: Make) -> None:
        """The scheduled issue finds nothing new then, and says so."""
        here = make()
        here.subscribe("ana", "weekly")
        here.write("one", "p1")
        here.now = datetime(2026, 3, 9, 7, 59, tzinfo=UTC)
        assert isinstance(here.send("weekly"), Published)
        here.go_to("2026-03-09T12:00:00+00:00")
        assert here.got("ana") == [("p1",)]
        assert ("skipped", "09 08:00") in entries(here)

    def test_named_posts(self, make: Make) -> None:
        """They go to whoever lacks them, and the others come when they would have come."""
        here = make()
        here.subscribe("ana", "weekly")
        here.subscribe("ben", "daily")
        here.write("one", "p1")
        here.go_to("2026-03-04T12:00:00+00:00")
        here.write("two", "p2")
        here.write("three", "p3")
        assert isinstance(here.send(None, "three"), Published)
        here.deliver()
        assert isinstance(here.send(None, "three"), Skipped)
        here.go_to("2026-03-09T12:00:00+00:00")
        assert here.got("ana") == [("p3",), ("p1", "p2")]
        assert here.got("ben") == [("p1",), ("p3",), ("p2",)]


class TestLocalHours:
    """The hour is that of each reader's own clock."""

    def test_each_delivery_waits_for_its_hour(self, make: Make) -> None:
        """The issue is frozen before the first zone's hour, and each reader gets it at theirs."""
        here = make("local_hours = true\n")
        zones = {"ana": "Pacific/Kiritimati", "ben": "Europe/London", "cy": "America/Los_Angeles"}
        for name, zone in zones.items():
            here.subscribe(name, "weekly", timezone=zone)
        here.write("one", "p1")
        here.go_to("2026-03-08T17:00:00+00:00")
        assert all_issues(here) == []
        arrived: dict[str, str] = {}
        while here.now < datetime(2026, 3, 10, tzinfo=UTC):
            here.tick()
            here.deliver()
            for mail in here.received:
                arrived.setdefault(mail.email.partition("@")[0], f"{mail.at:%d %H}")
            here.now += timedelta(hours=1)
        assert arrived == {"ana": "08 18", "ben": "09 08", "cy": "09 15"}
        (made,) = all_issues(here)
        assert made.scheduled_for == datetime(2026, 3, 9, 8, tzinfo=UTC)

    def test_whoever_moves_leaves_or_changes_while_it_waits(self, make: Make) -> None:
        """The issue that is frozen keeps its hour; who leaves does not get it, and nobody gets anything twice."""
        here = make("local_hours = true\n")
        for name in ("ana", "ben", "cy", "dee"):
            here.subscribe(name, "weekly", timezone="America/Los_Angeles")
        here.subscribe("eve", "weekly", timezone="Pacific/Kiritimati")
        here.write("one", "p1")
        here.go_to("2026-03-08T19:00:00+00:00")
        assert here.got("eve") == [("p1",)]
        here.change("ana", timezone="Pacific/Kiritimati")
        here.change("ben", cadence="daily")
        here.leave("cy")
        here.go_to("2026-03-09T14:00:00+00:00")
        assert here.got("ana") == here.got("ben") == []
        here.write("two", "p2")
        here.go_to("2026-03-17T14:00:00+00:00")
        assert here.got("ana") == [("p1",), ("p2",)]
        assert here.got("ben") == [("p1",), ("p2",)]
        assert here.got("cy") == []
        assert here.got("dee") == [("p1",), ("p2",)]


class TestApproval:
    """An issue waits for its author's word."""

    def test_it_is_announced_and_goes_when_approved(self, make: Make) -> None:
        """It is frozen some hours ahead; what changes since goes with the next; approved, it goes at its time."""
        here = make('approve = true\napprove_ahead = "6h"\n')
        here.subscribe("ana", "weekly")
        here.write("one", "p1")
        here.go_to("2026-03-09T03:00:00+00:00")
        (issue,) = [issue for issue in all_issues(here) if issue.cadence == "weekly"]
        assert issue.state == "held"
        assert told(here) == ["approval"]
        here.write("two", "p2")
        here.write("one", "p1", body="Another text.")
        with writing(here.site.engine) as connection:
            approving.approve(connection, issue.number)
        here.deliver()
        assert here.got("ana") == []
        here.now = datetime(2026, 3, 9, 8, tzinfo=UTC)
        here.deliver()
        assert here.got("ana") == [("p1",)]

    def test_without_a_word_it_waits(self, make: Make) -> None:
        """However long; and a cancelled one gives its posts to the next."""
        here = make("approve = true\n")
        here.subscribe("ana", "weekly")
        here.write("one", "p1")
        here.go_to("2026-03-12T03:00:00+00:00")
        assert here.got("ana") == []
        cancelling.cancel(here.site.engine, 1, now=here.now, reason="not good")
        here.go_to("2026-03-16T06:00:00+00:00")
        with writing(here.site.engine) as connection:
            approving.approve(connection, 2)
        here.go_to("2026-03-16T09:00:00+00:00")
        assert here.got("ana") == [("p1",)]


class TestTrouble:
    """What keeps an issue from being made."""

    def test_a_bad_post_blocks_the_issue_until_it_is_mended(self, make: Make) -> None:
        """The author is told once, nothing is half done, and the next tick after the mending makes it."""
        here = make()
        here.subscribe("ben", "daily")
        here.write("one", "p1", body="![](picture.png) TODO")
        template = here.files.directory / "templates" / "email" / "issue" / "subject.txt"
        template.parent.mkdir(parents=True)
        template.write_text("{{ nonsense }}")
        here.now = datetime(2026, 3, 4, 7, tzinfo=UTC)
        here.tick()
        here.now += timedelta(minutes=5)
        here.tick()
        assert (all_issues(here), entries(here), told(here)) == ([], [], ["blocked"])
        template.unlink()
        with opened(here.files.directory) as site:
            Tick(site, here.now).make_what_is_due()
        assert len(all_issues(here)) == 1

    def test_an_empty_folder_is_no_folder_without_posts(self, make: Make) -> None:
        """A disk that is not mounted: nothing is skipped and nothing forgotten; when it is back, the issue is made."""
        here = make()
        here.subscribe("ben", "daily")
        here.write("one", "p1")
        here.tick()
        text = here.read("one")
        here.remove("one")
        here.now = datetime(2026, 3, 4, 7, tzinfo=UTC)
        here.tick()
        assert (all_issues(here), entries(here), told(here)) == ([], [], ["folder"])
        here.write("one", "p1", date="2026-03-03")
        (here.files.directory / "posts" / "one.md").write_text(text)
        here.now += timedelta(hours=1)
        here.tick()
        here.deliver()
        assert here.got("ben") == [("p1",)]


def test_what_is_known_of_a_post_is_written_down_by_a_tick(make: Make) -> None:
    """A number is given when a post is first seen, so that whoever comes later finds it of the running period."""
    here = make()
    here.write("one", "p1")
    here.tick()
    here.tick()
    with reading(here.site.engine) as connection:
        assert [post.identity for post in register.known_posts(connection)] == ["one"]
