"""Warm-up: a new sender hands over so many messages on its first day, twice as many on the next, and so on.

Providers distrust who comes out of nowhere with 50,000 messages. What a day has left is shared by all workers: each
draws on it when it claims, and gives back what it did not use.
"""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, func, select, update

from newsletter.outbox.tables import tallies
from subscribers.database import insert_unless_there

#: Days after which nobody needs to be warmed up any more.
_WARM = 30


@dataclass(frozen=True, slots=True)
class WarmUp:
    """`first`: messages on the first day that anything is sent; 0: no limit. Days are those of `zone`."""

    first: int
    zone: ZoneInfo

    def draw(self, connection: Connection, wanted: int, now: datetime) -> int:
        """Take up to so many messages out of what today has left; return how many."""
        if not self.first:
            return wanted
        today = now.astimezone(self.zone).date()
        connection.execute(insert_unless_there(connection.dialect, tallies).values(day=today, sent=0))
        sent = connection.scalar(select(tallies.c.sent).where(tallies.c.day == today).with_for_update()) or 0
        day = self._day(connection, today)
        drawn = wanted if day > _WARM else max(0, min(wanted, (self.first << day) - sent))
        _add(connection, today, drawn)
        return drawn

    def give_back(self, connection: Connection, unused: int, now: datetime) -> None:
        """Return what was drawn and not sent."""
        if self.first and unused:
            _add(connection, now.astimezone(self.zone).date(), -unused)

    def _day(self, connection: Connection, today: date) -> int:
        first = connection.scalar(select(func.min(tallies.c.day))) or today
        return (today - first).days


def _add(connection: Connection, day: date, messages: int) -> None:
    connection.execute(update(tallies).where(tallies.c.day == day).values(sent=tallies.c.sent + messages))
