"""Dates as authors write them."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.content.folder import dates
from newsletter.content.folder.notations import Timestamp

CENTURIES = {"min_value": datetime(1900, 1, 1), "max_value": datetime(2200, 1, 1)}  # noqa: DTZ001 - zones follow
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("written", "utc"),
    [
        ("2024-01-31", "2024-01-30 23:00"),
        ("2024/01/31", "2024-01-30 23:00"),
        ("2024-1-5", "2024-01-04 23:00"),
        (20240131, "2024-01-30 23:00"),
        (date(2024, 1, 31), "2024-01-30 23:00"),
        ("2024-07-01 10:00", "2024-07-01 08:00"),
        ("2024-07-01_10:00", "2024-07-01 08:00"),
        ("2024-07-01T10:00:00.25", "2024-07-01 08:00"),
        (datetime(2024, 7, 1, 10), "2024-07-01 08:00"),  # noqa: DTZ001 - that is the case
        ("2024-07-01T10:00:00Z", "2024-07-01 10:00"),
        ("2024-07-01 10:00:00 -0700", "2024-07-01 17:00"),
        ("2024-07-01 10:00:00 -07:00", "2024-07-01 17:00"),
        ("2024-07-01 10:00:00 +5:30", "2024-07-01 04:30"),
        ("2024-07-01 10:00 UTC", "2024-07-01 10:00"),
        ("15 Oct 2023", "2023-10-14 22:00"),
        ("October 15, 2023", "2023-10-14 22:00"),
        ("Mon, 02 Jan 2006 15:04:05 -0700", "2006-01-02 22:04"),
        ("Mon, 02 Jan 2006 15:04:05 MST", "2006-01-02 22:04"),
        ("Mon Jan  2 15:04:05 2006", "2006-01-02 14:04"),
        ("2024-03-31 02:30", "2024-03-31 01:30"),  # left out when the clocks changed: half an hour after
    ],
)
def test_a_date_names_one_instant(written: object, utc: str) -> None:
    """Hugo's six forms, Jekyll's, ISO's: naive times and bare dates are in the site's zone."""
    found = dates.resolve(written, BERLIN)
    assert found is not None
    assert f"{found.astimezone(UTC):%Y-%m-%d %H:%M}" == utc
    assert found.tzinfo is BERLIN


@pytest.mark.parametrize(
    "written",
    ["", "soon", "May", "May 2024", "15 Oct", "Monday", "10:00", "01/02/2024", "1-2-24", "2024-02-30", "2024-13-01",
     "2024-01-31 25:00", "0001-01-01", "Oct 15, 2023 5pm CEST", "Last Modified", True, None, 5, 1.5, [], {}, 10**30],
)  # fmt: skip
def test_what_is_no_date_is_not_guessed(written: object) -> None:
    """Halves of dates, ambiguous days, unknown zones and days that do not exist name nothing."""
    assert dates.resolve(written, BERLIN) is None


def test_pelican_reads_ambiguous_days_as_dateutil_does() -> None:
    """With the month first, which is Pelican's own reading."""
    assert dates.resolve("01/02/2024", UTC, day_first=False) == datetime(2024, 1, 2, tzinfo=UTC)


def test_an_unquoted_yaml_time_is_utc_for_jekyll_alone() -> None:
    """A bare date, or a time in quotes, is in the site's zone there, too."""
    unquoted, quoted = Timestamp("2024-07-01 10:00:00"), "2024-07-01 10:00:00"
    assert dates.resolve(unquoted, BERLIN, yaml_is_utc=True) == datetime(2024, 7, 1, 10, tzinfo=UTC)
    assert dates.resolve(quoted, BERLIN, yaml_is_utc=True) == datetime(2024, 7, 1, 8, tzinfo=UTC)
    assert dates.resolve(Timestamp("2024-07-01"), BERLIN, yaml_is_utc=True) == datetime(
        2024, 7, 1, tzinfo=BERLIN
    )
    assert dates.resolve(unquoted, BERLIN) == datetime(2024, 7, 1, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("stem", "found"),
    [
        ("2024-01-31-tides", (date(2024, 1, 31), "tides")),
        ("2024-01-31 A walk", (date(2024, 1, 31), "A walk")),
        ("2024-01-31_tides", (date(2024, 1, 31), "tides")),
        ("2024-01-31", (date(2024, 1, 31), "")),
        ("2024-01-311", None),
        ("2024-13-31-tides", None),
        ("tides-2024-01-31", None),
    ],
)
def test_a_file_name_begins_with_its_date(stem: str, found: object) -> None:
    """And what follows is the name without it."""
    assert dates.in_name(stem) == found


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("2024/01/31/tides", date(2024, 1, 31)),
        ("inside/2024/01/31/tides", date(2024, 1, 31)),
        ("/posts/2024-01-31/tides", date(2024, 1, 31)),
        ("2024/01/tides", None),
        ("v2024/01/31/x", None),
        ("2024/99/31/x", None),
    ],
)
def test_a_path_may_hold_the_date(path: str, found: date | None) -> None:
    """Only whole dates count, and only where a component begins."""
    assert dates.in_path(path) == found


@given(
    st.one_of(
        st.text(max_size=40),
        st.integers(),
        st.datetimes(),
        st.dates(),
        st.from_regex(r"\d{1,5}[-/ ]\w{1,9}[-/ ]\d{1,5}.{0,12}"),
    )
)
def test_no_value_breaks_the_reader_of_dates(value: object) -> None:
    """What comes out is None, or an instant in the site's zone to the second."""
    found = dates.resolve(value, BERLIN)
    assert found is None or (found.tzinfo is BERLIN and found.microsecond == 0)


@given(st.datetimes(**CENTURIES), st.integers(-14 * 4, 14 * 4))
def test_an_offset_is_kept_to_the_minute(moment: datetime, quarters: int) -> None:
    """Whatever the offset, the instant is the one that was written."""
    offset = timedelta(minutes=15 * quarters)
    sign, minutes = ("-", -offset) if offset < timedelta() else ("+", offset)
    hours, rest = divmod(int(minutes.total_seconds()) // 60, 60)
    written = f"{moment:%Y-%m-%d %H:%M:%S} {sign}{hours:02}{rest:02}"
    found = dates.resolve(written, BERLIN)
    # Compared in UTC, since an hour that occurs twice in Berlin equals nothing elsewhere (PEP 495).
    assert found is not None
    assert found.astimezone(UTC) == moment.replace(microsecond=0, tzinfo=UTC) - offset
