"""Cadences: the rhythms that readers choose from, and when each is due. Pure.

A rhythm is a time on the wall, so an issue at 08:00 stays one at 08:00 through summer and winter. A time that a clock
leaves out is the next instant that there is; one that a clock shows twice is its first.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from heapq import merge
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

#: What a rhythm may look like; shown with every refusal.
ACCEPTED = (
    '"Mon 08:00" (weekly), "08:00" (daily), "1 08:00" (monthly, on the 1st), "0 8 * * 1" (cron), or "at once"'
)

_CLOCK = r"(?P<hour>[01]?\d|2[0-3]):(?P<minute>[0-5]\d)"
_DAILY = re.compile(rf"(?:daily |every day )?{_CLOCK}", re.IGNORECASE)
_WEEKLY = re.compile(rf"(?P<day>[a-z]{{3,9}}) {_CLOCK}", re.IGNORECASE)
_MONTHLY = re.compile(rf"(?P<day>[1-9]|[12]\d|3[01])(?:st|nd|rd|th)? {_CLOCK}", re.IGNORECASE)

#: A cron expression for one late day of every month.
_LATE_DAY = re.compile(r"(?P<time>\S+(?: \S+){1,2}) (?P<day>29|30|31) \* \*")

#: The longest time that a clock is put back by, nowadays; and the shortest step in which it is looked for.
_PUT_BACK, _SECOND = timedelta(hours=3), timedelta(seconds=1)


@dataclass(frozen=True, slots=True, order=True)
class Slot:
    """A time at which an issue is due: the instant on the author's clock, and what every clock shows then."""

    at: datetime  # in UTC
    wall: datetime  # without a zone

    def on_clock_of(self, zone: ZoneInfo) -> datetime:
        """Return the instant, in UTC, at which a clock elsewhere shows this time."""
        return instant(self.wall, zone)


@dataclass(frozen=True, slots=True)
class Cadence:
    """A rhythm under a name: the times of all its cron expressions. It has none where posts go at once."""

    name: str
    crons: tuple[str, ...]

    @property
    def at_once(self) -> bool:
        """Whether a post is due as soon as it is published (and it has been quiet for a while)."""
        return not self.crons

    def slots(self, after: datetime, zone: ZoneInfo) -> Iterator[Slot]:
        """Yield the times after a moment, without end; `zone` is where the author's clock stands."""
        wall = after.astimezone(zone).replace(tzinfo=None, fold=0)
        latest = after
        for time in merge(*(CronSim(cron, wall) for cron in self.crons)):
            slot = Slot(instant(time, zone), time)
            if (
                slot.at > latest
            ):  # not twice where the clock skips several, nor what was before it was put back
                latest = slot.at
                yield slot

    def next_slot(self, after: datetime, zone: ZoneInfo) -> Slot:
        """Return the first time after a moment. Not for a cadence at once."""
        return next(self.slots(after, zone))

    def next_due(self, after: datetime, zone: ZoneInfo) -> datetime:
        """Return the first moment after `after` at which an issue is due; `after` itself where posts go at once."""
        return after.astimezone(UTC) if self.at_once else self.next_slot(after, zone).at

    def slots_before(self, until: datetime, zone: ZoneInfo) -> Iterator[Slot]:
        """Yield the times up to and with a moment, the last one first."""
        wall = until.astimezone(zone).replace(tzinfo=None, fold=0)
        if until.astimezone(zone).utcoffset() != (until - _PUT_BACK).astimezone(zone).utcoffset():
            wall += _PUT_BACK  # it may have shown later times already, before it was put back
        earliest = until + _SECOND
        past = (CronSim(cron, wall + _SECOND, reverse=True) for cron in self.crons)
        for time in merge(*past, reverse=True):
            slot = Slot(instant(time, zone), time)
            if slot.at <= until and slot.at < earliest:
                earliest = slot.at
                yield slot

    def last_slot(self, until: datetime, zone: ZoneInfo) -> Slot:
        """Return the last time up to and with a moment. Not for a cadence at once."""
        return next(self.slots_before(until, zone))


def instant(wall: datetime, zone: ZoneInfo) -> datetime:
    """Return the moment, in UTC, at which a clock shows a time: the first of two, or the next one that there is."""
    shown = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if shown.astimezone(zone).replace(tzinfo=None, fold=0) == wall:
        return shown
    # The clock is put forward over it: with the offset of before it comes after that, with the new one before it.
    early, late = wall.replace(tzinfo=zone, fold=1).astimezone(UTC), shown
    offset = late.astimezone(zone).utcoffset()
    while late - early > _SECOND:
        middle = early + (late - early) // 2
        if middle.astimezone(zone).utcoffset() == offset:
            late = middle
        else:
            early = middle
    return late.replace(microsecond=0)


def parse_cadence(name: str, rhythm: str) -> Cadence:
    """Read a rhythm as an author writes it. Raises ValueError with the accepted forms."""
    words = " ".join(rhythm.split())
    if words.lower() in ("at once", "now", "immediately"):
        return Cadence(name, ())
    crons = _to_the_last_day(_cron(words))
    try:
        for cron in crons:
            next(CronSim(cron, datetime(2024, 1, 1)))  # noqa: DTZ001 - a time on the wall
    except (CronSimError, StopIteration):
        raise ValueError(f"{rhythm!r} is no rhythm; write {ACCEPTED}") from None
    return Cadence(name, crons)


def _cron(words: str) -> str:
    if match := _DAILY.fullmatch(words):
        return f"{int(match['minute'])} {int(match['hour'])} * * *"
    if (match := _WEEKLY.fullmatch(words)) and match["day"][:3].lower() in DAYS:
        return f"{int(match['minute'])} {int(match['hour'])} * * {match['day'][:3].lower()}"
    if match := _MONTHLY.fullmatch(words):
        return f"{int(match['minute'])} {int(match['hour'])} {match['day']} * *"
    return words


def _to_the_last_day(cron: str) -> tuple[str, ...]:
    """Let what is due on the 29th, 30th or 31st of every month be due on the last day of a month without one."""
    match = _LATE_DAY.fullmatch(cron)
    if match is None:
        return (cron,)
    time, day = match["time"], match["day"]
    if day == "31":
        return (f"{time} L * *",)
    return (f"{time} {day} 1,3-12 *", f"{time} L 2 *")
