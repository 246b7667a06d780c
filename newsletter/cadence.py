"""Cadences: the rhythms that readers choose from, and when each is due. Pure."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
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


@dataclass(frozen=True, slots=True)
class Cadence:
    """A rhythm under a name. `cron` is None where a post is due as soon as it is published."""

    name: str
    cron: str | None

    def next_due(self, after: datetime, timezone: ZoneInfo) -> datetime:
        """Return the first moment after `after` at which an issue is due, in UTC; `after` itself for "at once"."""
        if self.cron is None:
            return after.astimezone(UTC)
        return next(CronSim(self.cron, after.astimezone(timezone))).astimezone(UTC)


def parse_cadence(name: str, rhythm: str) -> Cadence:
    """Read a rhythm as an author writes it. Raises ValueError with the accepted forms."""
    words = " ".join(rhythm.split())
    if words.lower() in ("at once", "now", "immediately"):
        return Cadence(name, None)
    cron = _cron(words)
    try:
        next(CronSim(cron, datetime(2024, 1, 1, tzinfo=UTC)))
    except (CronSimError, StopIteration):
        raise ValueError(f"{rhythm!r} is no rhythm; write {ACCEPTED}") from None
    return Cadence(name, cron)


def _cron(words: str) -> str:
    if match := _DAILY.fullmatch(words):
        return f"{int(match['minute'])} {int(match['hour'])} * * *"
    if (match := _WEEKLY.fullmatch(words)) and match["day"][:3].lower() in DAYS:
        return f"{int(match['minute'])} {int(match['hour'])} * * {match['day'][:3].lower()}"
    if match := _MONTHLY.fullmatch(words):
        return f"{int(match['minute'])} {int(match['hour'])} {match['day']} * *"
    return words
