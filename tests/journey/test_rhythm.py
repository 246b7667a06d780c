"""The rhythm as its author sees it: a year simulated, a calendar, a skip, an approval, single posts."""

import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from newsletter.application.opening import opened
from newsletter.content.reader import ContentFolder
from newsletter.demo.mailbox import open_mailbox
from newsletter.outbox.tables import letters
from newsletter.scheduling.happened import Happened
from newsletter.scheduling.scheduler import schedule
from subscribers.database import reading
from tests.corpora import at_hand
from tests.processes import wait_until
from tests.sites import TestSite, make_site

#: Zones with two changes a year, one of half an hour, one without any, and one that was on both sides of the date line.
ZONES = ["Europe/London", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Apia"]


@pytest.fixture
def site(tmp_path: Path) -> TestSite:
    """A site with two readers, of which one follows the sea."""
    made = make_site(tmp_path / "site")
    made.reader("ana@example.org")
    made.reader("ben@example.org", "--topics", "sea")
    return made


@pytest.mark.parametrize("zone", ZONES)
def test_a_year_of_mondays(tmp_path: Path, zone: str) -> None:
    """Every week one issue at 08:00 on the wall, through both changes of the clock, with the post of that week."""
    made = make_site(tmp_path / "site")
    made.set('timezone = "Europe/London"', f'timezone = "{zone}"')
    made.set('daily = "07:00"\n', "")
    made.reader("ana@example.org")
    for week in range(53):
        day = datetime(2026, 1, 1, 12, tzinfo=UTC) + timedelta(weeks=week)
        made.write(f"post-{week:02}.md", date=f"{day:%Y-%m-%dT%H:%M:%SZ}")
    found = made.data("simulate", "--from", "2026-01-01", "--to", "2026-12-31")
    times = [datetime.fromisoformat(one["at"]).astimezone(ZoneInfo(zone)) for one in found]
    assert {f"{time:%a %H:%M}" for time in times} == {"Mon 08:00"}
    assert len({time.date() for time in times}) == len(times) == 52
    assert [one["posts"] for one in found] == [[f"post-{week:02}"] for week in range(52)]
    assert {(one["cadence"], one["readers"], one["skipped"]) for one in found} == {("weekly", 1, None)}
    offsets = {time.utcoffset() for time in times}
    assert len(offsets) == (1 if zone in ("Asia/Kolkata", "Pacific/Apia") else 2)


def test_a_real_blogs_year(tmp_path: Path) -> None:
    """The Rust blog's 2023, weekly: each of its posts in one issue, within a week of its publication."""
    folder = at_hand("content/zola")
    made = make_site(tmp_path / "site")
    made.set('folder = "posts"', f'folder = "{folder}"')
    made.set('daily = "07:00"\n', "")
    made.reader("ana@example.org")
    found = made.data("simulate", "--from", "2023-01-01", "--to", "2024-01-01")
    scan = ContentFolder(folder, timezone=ZoneInfo("Europe/London")).scan()
    year = {
        post.id: post.published_at
        for post in scan.posts
        if post.held_back is None and post.published_at is not None and post.published_at.year == 2023
    }
    sent = Counter(post for one in found for post in one["posts"])
    assert sent.keys() == year.keys()
    assert set(sent.values()) == {1}
    for one in found:
        at = datetime.fromisoformat(one["at"])
        assert all(timedelta() <= at - year[post] <= timedelta(weeks=1) for post in one["posts"])
        assert bool(one["posts"]) == (one["skipped"] is None)
    assert len(found) == 53


def test_a_simulation_has_the_readers_of_today_and_writes_nothing(site: TestSite) -> None:
    """Who follows some topics counts where there is something for them; a cadence without readers says so."""
    site.write("one.md", date="2026-02-03", tags="[sea]")
    site.write("two.md", date="2026-02-10")
    site.write("draft.md", date="2026-02-10", draft="true")
    found = site.data("simulate", "--from", "2026-02-02", "--to", "2026-02-16")
    assert [(one["at"][:10], one["posts"], one["readers"]) for one in found if one["cadence"] == "weekly"] == [
        ("2026-02-02", [], 0), ("2026-02-09", ["one"], 2), ("2026-02-16", ["two"], 1),
    ]  # fmt: skip
    daily = [one for one in found if one["cadence"] == "daily" and one["posts"]]
    assert [(one["posts"], one["readers"], one["skipped"]) for one in daily] == [
        (["one"], 0, "no confirmed reader to send to"), (["two"], 0, "no confirmed reader to send to"),
    ]  # fmt: skip
    assert site.data("issues") == []
    assert "ten years" in site.run("simulate", "--from", "1999-01-01", "--to", "2026-01-01").err


def test_the_calendar_and_what_is_skipped(site: TestSite) -> None:
    """The author lets the next issue be left out, sees that, and takes it back."""
    due = site.data("next")[0]["due_at"]
    assert "left out" in site.done("skip").out
    assert site.data("next")[0]["due_at"] > due
    shown = [entry for entry in site.data("calendar") if entry["cadence"] == "weekly"]
    assert (shown[0]["kind"], shown[0]["at"]) == ("ordered", due)
    assert [entry["kind"] for entry in shown[1:]] == ["coming"] * 3
    assert "you did not want it" in site.done("calendar").out.replace("\n", " ")
    site.done("skip", "--undo")
    assert site.data("next")[0]["due_at"] == due
    assert site.run("skip", "--undo").status == 1


def test_what_a_send_would_do(site: TestSite) -> None:
    """A dry run names subject, posts and readers, and writes nothing."""
    site.write("storm.md", tags="[sea]")
    ran = site.done("send", "--dry-run")
    assert "Storm" in ran.out
    assert "2 readers" in ran.out
    would = site.data("send", "--dry-run")
    assert (would["issue"], would["skipped"]) == (None, "dry run")
    assert would["would"] == {"subject": "Storm", "posts": ["Storm"], "readers": 2}
    assert site.data("issues") == []


def test_single_posts(tmp_path: Path) -> None:
    """A named post goes alone, and the others with the next issue; what cannot be sent is refused with the reason."""
    with open_mailbox(tmp_path / "mail") as (mailbox, port):
        made = make_site(tmp_path / "site", port=port)
        made.reader("ana@example.org")
        for name in ("one", "two", "three"):
            made.write(f"{name}.md")
        made.write("draft.md", draft="true")
        assert made.send("--post", "two")["deliveries"]["sent"] == 1
        assert made.data("issues")[0]["posts"] == ["two"]
        assert made.send("--post", "two.md")["skipped"] == "everybody who follows these posts has them"
        assert "draft may not be sent: draft" in made.run("send", "--post", "draft", "--yes").err
        assert "Did you mean three" in made.run("send", "--post", "thre", "--yes").err
        assert made.send()["deliveries"]["sent"] == 1
        assert sorted(made.data("issues")[0]["posts"]) == ["one", "three"]
        assert made.send()["issue"] is None
        assert len(mailbox.arrived) == 2


def test_an_issue_that_is_held(tmp_path: Path) -> None:
    """It is mailed to its author, waits, says so everywhere, and goes when approved."""
    with open_mailbox(tmp_path / "mail") as (mailbox, port):
        made = make_site(tmp_path / "site", port=port)
        made.reader("ana@example.org")
        made.write("storm.md")
        assert made.send("--hold")["deliveries"]["queued"] == 1
        assert [issue["status"] for issue in made.data("issues")] == ["held"]
        for command in (("send", "--yes"), ("pause", 1), ("resume", 1)):
            assert "waits for approval" in made.run(*command).err
        assert [mail.recipient for mail in mailbox.arrived if mail.recipient.startswith("ana")] == []
        with opened(made.directory) as opened_, reading(opened_.engine) as connection:
            letter = connection.execute(select(letters)).one()
        assert "newsletter approve 1" in letter.text
        assert re.search(r"https://news\.example\.com/approve/1\.\w+", letter.text)
        assert "The text of storm." in letter.html
        assert "may go now" in made.done("approve", 1).out
        made.send()
        assert [mail.recipient for mail in mailbox.arrived if mail.recipient.startswith("ana")] != []


def test_the_scheduler_at_work(tmp_path: Path) -> None:
    """It ticks at once and at each time that is due, hears of new posts, and stops when it is told to."""
    made = make_site(tmp_path / "site")
    made.set('weekly = "Mon 08:00"', 'weekly = "* * * * * *"')
    made.reader("ana@example.org")
    heard: list[Happened] = []
    stop, wake = Event(), Event()
    with opened(made.directory) as site_:
        role = Thread(
            target=schedule,
            args=(site_, lambda: datetime.now(UTC), stop),
            kwargs={"tell": heard.append, "wake": wake},
        )
        role.start()
        wait_until(lambda: any(one.event == "skipped" for one in heard))
        made.write("storm.md")
        wake.set()
        wait_until(lambda: any(one.event == "issue frozen" for one in heard))
        stop.set()
        role.join(10)
        assert not role.is_alive()
    assert [one.facts["issue"] for one in heard if one.event == "issue frozen"] == [1]
