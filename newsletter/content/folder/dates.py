"""Dates as authors write them, resolved to an instant.

A time without zone is a time in the site's zone, and a date without time is midnight there. Nothing is
guessed: `01/02/2024` is one day in Bristol and another in Boston, so it is refused.
"""

import re
from datetime import UTC, date, datetime, time, tzinfo

from dateutil import parser
from dateutil.tz import tzoffset

from newsletter.content.folder.notations import Timestamp

_ISO = re.compile(
    r"(\d{4})([-/._])(\d{1,2})\2(\d{1,2})"
    r"(?:(?:[Tt]|[ _]+)(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?"
    r"(?:\s*(?:(Z|z|UTC|GMT)|([+-])(\d{1,2})(?::?(\d{2}))?))?)?"
)
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_AMBIGUOUS = re.compile(r"\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}")
_WORDS = re.compile(r"(?=.*[A-Za-z]{3})(?=.*\d)[\w\s,.:/+()-]{6,60}")
_IN_NAME = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:[-_ ]+|$)")
_IN_PATH = re.compile(r"(?:^|/)(\d{4})[-/](\d{2})[-/](\d{2})(?=[/_ -]|$)")
#: The zones that RFC 5322, section 4.3, gives a meaning; other abbreviations mean several zones, or none.
_ABBREVIATIONS = {
    name: tzoffset(name, hours * 3600)
    for name, hours in {
        "UT": 0, "GMT": 0, "UTC": 0, "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6,
        "PST": -8, "PDT": -7,
    }.items()
}  # fmt: skip
#: In English, whatever the locale of the machine: they stand in addresses.
MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
          "November", "December")  # fmt: skip
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
# What dateutil fills in where a text leaves something out: if the two results differ, it left something out.
_FILLINGS = (datetime(2001, 1, 1), datetime(2002, 2, 2))  # noqa: DTZ001


def resolve(
    value: object, zone: tzinfo, *, yaml_is_utc: bool = False, day_first: bool | None = None
) -> datetime | None:
    """Return the instant that a front matter value names, expressed in `zone`; None if it names none.

    `yaml_is_utc`: an unquoted YAML time without zone is UTC (Jekyll). `day_first`: how to read 01/02/2024;
    None refuses it.
    """
    moment = as_written(value, zone, yaml_is_utc=yaml_is_utc, day_first=day_first)
    try:
        # By way of UTC, so that a time which a change of clocks left out becomes one that exists.
        return None if moment is None else moment.astimezone(UTC).replace(microsecond=0).astimezone(zone)
    except (ValueError, OverflowError):
        return None


def as_written(
    value: object, zone: tzinfo, *, yaml_is_utc: bool = False, day_first: bool | None = None
) -> datetime | None:
    """Return the instant as `resolve` does, but expressed in the zone that the author wrote."""
    try:
        moment = _read(value, day_first)
    except (ValueError, OverflowError):
        return None
    if moment is None or moment.year <= 1:  # Hugo's year 1 means: no date
        return None
    if moment.tzinfo is None:
        utc = yaml_is_utc and isinstance(value, Timestamp) and ":" in value
        moment = moment.replace(tzinfo=UTC if utc else zone)
    return moment


def _read(value: object, day_first: bool | None) -> datetime | None:
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime.combine(value, time.min)
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        return None
    text = value.strip()
    if match := _ISO.fullmatch(text):
        return _from_iso(match)
    if match := _COMPACT.fullmatch(text):
        return datetime(int(match[1]), int(match[2]), int(match[3]))  # noqa: DTZ001
    return _from_words(text.replace("_", " "), day_first)


def _from_iso(match: re.Match[str]) -> datetime:
    year, _, month, day, hour, minute, second, zulu, sign, hours, minutes = match.groups()
    zone: tzinfo | None = UTC if zulu else None
    if sign:
        offset = int(hours) * 3600 + int(minutes or 0) * 60
        zone = tzoffset(None, -offset if sign == "-" else offset)
    return datetime(
        int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0), tzinfo=zone
    )


def _from_words(text: str, day_first: bool | None) -> datetime | None:
    """Read forms such as `15 Oct 2023` or an RFC 5322 date: Hugo takes six such, Pelican all of dateutil's."""
    ambiguous = _AMBIGUOUS.match(text)
    if (ambiguous and day_first is None) or not (ambiguous or _WORDS.fullmatch(text)):
        return None
    read = [
        parser.parse(text, default=filling, dayfirst=bool(day_first), tzinfos=_zone) for filling in _FILLINGS
    ]
    return read[0] if read[0] == read[1] else None


def _zone(name: str | None, offset: int | None) -> tzinfo | None:
    if name is None and offset is None:
        return None
    if offset is not None:
        return tzoffset(name, offset)
    if name in _ABBREVIATIONS:
        return _ABBREVIATIONS[name]
    raise ValueError(f"unknown time zone {name}")


def in_name(stem: str) -> tuple[date, str] | None:
    """Return the date at the beginning of a file's name, and the name without it."""
    match = _IN_NAME.match(stem)
    if match is None:
        return None
    day = _day(match)
    return None if day is None else (day, stem[match.end() :])


def in_path(path: str) -> date | None:
    """Return the date that stands in a path or URL as YYYY/MM/DD or YYYY-MM-DD, beginning a component."""
    match = _IN_PATH.search(path)
    return None if match is None else _day(match)


def _day(match: re.Match[str]) -> date | None:
    try:
        return date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        return None
