"""Cadences: rhythms as an author writes them, and the moments they mean."""

from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from newsletter.cadence import instant, parse_cadence

LONDON = ZoneInfo("Europe/London")

#: Zones with changes of every kind: an hour, half an hour, none, a day left out, to the other side of the year.
ZONES = [
    "Europe/London", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Apia", "Africa/Casablanca",
    "America/Santiago", "Asia/Gaza", "Antarctica/Troll",
]  # fmt: skip

#: Times on a wall.
MOMENTS = st.datetimes(datetime(2009, 1, 1), datetime(2030, 1, 1))  # noqa: DTZ001

RHYTHMS = [
    "Mon 08:00",
    "01:30",
    "02:00",
    "00:00",
    "31 02:30",
    "30 08:00",
    "29 08:00",
    "*/7 * * * *",
    "30 1 * * sun",
]


@pytest.mark.parametrize(
    ("rhythm", "after", "due"),
    [
        ("Mon 08:00", "2026-11-23T08:00:00+00:00", "2026-11-30T08:00:00+00:00"),
        ("monday 8:00", "2026-11-22T23:00:00+00:00", "2026-11-23T08:00:00+00:00"),
        ("08:00", "2026-07-01T06:59:00+00:00", "2026-07-01T07:00:00+00:00"),
        ("every day 08:00", "2026-07-01T07:00:00+00:00", "2026-07-02T07:00:00+00:00"),
        ("1 09:30", "2026-11-23T00:00:00+00:00", "2026-12-01T09:30:00+00:00"),
        ("1st 09:30", "2026-11-23T00:00:00+00:00", "2026-12-01T09:30:00+00:00"),
        ("0 8 * * 1", "2026-11-23T00:00:00+00:00", "2026-11-23T08:00:00+00:00"),
        ("*/5 * * * * *", "2026-11-23T08:00:01+00:00", "2026-11-23T08:00:05+00:00"),
        # 01:30 does not exist on 29 March: the next instant that does is 02:00 summer time
        ("01:30", "2026-03-28T12:00:00+00:00", "2026-03-29T01:00:00+00:00"),
        ("01:30", "2026-03-29T01:00:00+00:00", "2026-03-30T00:30:00+00:00"),
        # 01:30 exists twice on 25 October: the first of them, and not the second
        ("01:30", "2026-10-24T12:00:00+00:00", "2026-10-25T00:30:00+00:00"),
        ("01:30", "2026-10-25T00:30:00+00:00", "2026-10-26T01:30:00+00:00"),
        ("01:30", "2026-10-25T01:10:00+00:00", "2026-10-26T01:30:00+00:00"),
    ],
)
def test_the_next_moment_on_the_authors_clock(rhythm, after, due):
    """Words and cron mean wall time in the newsletter's zone, summer and winter, and through both changes."""
    cadence = parse_cadence("weekly", rhythm)
    assert cadence.next_due(datetime.fromisoformat(after), LONDON) == datetime.fromisoformat(due)


@pytest.mark.parametrize(
    ("rhythm", "days"),
    [
        ("31 08:00", [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]),
        ("0 8 31 * *", [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]),
        ("30 08:00", [30, 28, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30]),
        ("29 08:00", [29, 28, 29, 29, 29, 29, 29, 29, 29, 29, 29, 29]),
        ("28 08:00", [28] * 12),
    ],
)
def test_a_day_that_a_month_lacks_is_its_last(rhythm, days):
    """The 31st is the 30th in June and the 28th in February: twelve issues a year."""
    slots = parse_cadence("monthly", rhythm).slots(datetime(2026, 1, 1, tzinfo=UTC), LONDON)
    assert [slot.wall.day for slot in islice(slots, 12)] == days


def test_a_day_that_is_left_out():
    """Samoa had no 30 December 2011: what was due then is due at the first instant of the 31st."""
    zone = ZoneInfo("Pacific/Apia")
    slots = parse_cadence("daily", "08:00").slots(datetime(2011, 12, 29, 12, tzinfo=UTC), zone)
    assert [f"{slot.at.astimezone(zone):%d %H:%M}" for slot in islice(slots, 4)] == [
        "29 08:00", "31 00:00", "31 08:00", "01 08:00",
    ]  # fmt: skip


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("rhythm", RHYTHMS)
@settings(max_examples=10)
@given(start=MOMENTS, hours=st.integers(1, 24 * 40))
def test_forwards_and_backwards_are_the_same(zone, rhythm, start, hours):
    """Whoever looks back finds the times that whoever looked ahead found: each once, in order, none left out."""
    begin, where = start.replace(tzinfo=UTC), ZoneInfo(zone)
    end = begin + timedelta(hours=min(hours, 60 if rhythm.startswith("*") else hours))
    cadence = parse_cadence("c", rhythm)
    ahead = []
    for slot in cadence.slots(begin, where):
        if slot.at > end:
            break
        ahead.append(slot.at)
    back = []
    for slot in cadence.slots_before(end, where):
        if slot.at <= begin:
            break
        back.append(slot.at)
    assert ahead == back[::-1]
    assert ahead == sorted(set(ahead))
    for moment in ahead:
        assert cadence.last_slot(moment, where).at == moment


@example(datetime(2028, 9, 3, fold=1), "America/Santiago")  # noqa: DTZ001 - its clock is put forward at midnight
@given(MOMENTS, st.sampled_from(ZONES))
def test_an_instant_shows_its_time_or_is_the_next_there_is(wall, zone):
    """What a clock shows at the instant of a time is that time; where it is left out, the first later one."""
    where = ZoneInfo(zone)
    wall = wall.replace(microsecond=0)
    shown = instant(wall, where).astimezone(where).replace(tzinfo=None)
    assert shown >= wall
    if shown > wall:
        before = (instant(wall, where) - timedelta(seconds=1)).astimezone(where).replace(tzinfo=None)
        assert before < wall


def test_at_once_is_due_now():
    """A cadence without a rhythm is due whenever it is asked."""
    now = datetime(2026, 11, 23, 12, tzinfo=UTC)
    assert parse_cadence("each", "at once").next_due(now, LONDON) == now


@pytest.mark.parametrize(
    "rhythm", ["", "Moonday 08:00", "Mon 25:00", "0 8 * *", "61 8 * * 1", "0 0 31 2 *", "32 08:00"]
)
def test_what_is_no_rhythm_is_refused_with_the_accepted_forms(rhythm):
    """Nonsense, and a rhythm that never comes, are refused."""
    with pytest.raises(ValueError, match="Mon 08:00"):
        parse_cadence("weekly", rhythm)
