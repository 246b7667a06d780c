"""Cadences: rhythms as an author writes them, and the moments they mean."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from newsletter.cadence import parse_cadence

LONDON = ZoneInfo("Europe/London")


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
    ],
)
def test_the_next_moment_on_the_authors_clock(rhythm, after, due):
    """Words and cron mean wall time in the newsletter's zone, summer and winter."""
    cadence = parse_cadence("weekly", rhythm)
    assert cadence.next_due(datetime.fromisoformat(after), LONDON) == datetime.fromisoformat(due)


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
