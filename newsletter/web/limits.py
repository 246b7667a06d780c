"""How much may be asked for: of each address, from each network, for each domain, and in all.

The counting is that of the library `limits`; what it counts stands in our own database, so that all processes count
together and a restart forgets nothing. Mail addresses and
networks are counted by their keyed hashes.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum

from limits import RateLimitItem, RateLimitItemPerDay, RateLimitItemPerHour
from limits.storage import Storage
from limits.strategies import FixedWindowRateLimiter
from sqlalchemy import Engine, case, delete, select, update
from sqlalchemy.exc import SQLAlchemyError

from newsletter.web.tables import limits as table
from subscribers import suppression
from subscribers.address import Address
from subscribers.database import insert_unless_there, reading, writing


class Verdict(Enum):
    """Whether a wish is taken. QUIETLY: it is not, and nobody can see that from the answer."""

    TAKEN = "taken"
    QUIETLY = "refused quietly"
    LATER = "refused"
    FLOOD = "refused, and the author should know"


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one site."""

    engine: Engine
    clock: Callable[[], datetime]
    hourly: int  # wishes of everybody in an hour

    def judge(self, address: Address, network: str) -> Verdict:
        """Count a wish to subscribe, and say whether it may be taken."""
        counted = FixedWindowRateLimiter(_Table(self.engine, self.clock))
        with reading(self.engine) as connection:
            hashed = suppression.address_hash(connection, address)
            whence = suppression.keyed_hash(connection, network)
        if not counted.hit(_PER_NETWORK, "network", whence):
            return Verdict.LATER
        if not counted.hit(_PER_ADDRESS, "address", hashed):
            return Verdict.QUIETLY  # else a stranger could learn that somebody has asked before
        if not counted.hit(_PER_DOMAIN, "domain", address.key.rpartition("@")[2]):
            return Verdict.LATER
        return Verdict.TAKEN if counted.hit(RateLimitItemPerHour(self.hourly), "all") else Verdict.FLOOD


_PER_ADDRESS: RateLimitItem = RateLimitItemPerDay(5)
_PER_NETWORK: RateLimitItem = RateLimitItemPerHour(20)
_PER_DOMAIN: RateLimitItem = RateLimitItemPerHour(200)


class _Table(Storage):
    """What `limits` counts, as rows of our own."""

    STORAGE_SCHEME = ["newsletter"]  # noqa: RUF012 - the library wants a list

    def __init__(self, engine: Engine, clock: Callable[[], datetime]) -> None:
        super().__init__()
        self._engine = engine
        self._clock = clock

    @property
    def base_exceptions(self) -> type[Exception] | tuple[type[Exception], ...]:
        return SQLAlchemyError

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        """Count `amount` more in a window of `expiry` seconds, and return how many there are."""
        now = self._clock()
        is_over = table.c.expires_at <= now
        window = now + timedelta(seconds=expiry)
        empty = {"key": key, "count": 0, "expires_at": window}
        counting = update(table).where(table.c.key == key)
        counting = counting.values(
            count=case((is_over, amount), else_=table.c.count + amount),
            expires_at=case((is_over, window), else_=table.c.expires_at),
        )
        with writing(self._engine) as connection:
            connection.execute(delete(table).where(is_over, table.c.key != key))
            connection.execute(insert_unless_there(connection.dialect, table).values(empty))
            return int(connection.scalar(counting.returning(table.c.count)) or 0)

    def get(self, key: str) -> int:
        """Return how many were counted."""
        row = self._row(key)
        return row[0] if row else 0

    def get_expiry(self, key: str) -> float:
        """Return when a window ends, in seconds since 1970."""
        row = self._row(key)
        return (row[1] if row else self._clock()).astimezone(UTC).timestamp()

    def check(self) -> bool:
        """Say that the database answers; whoever asks for a row hears if it does not."""
        return True

    def reset(self) -> int | None:
        """Forget everything."""
        with writing(self._engine) as connection:
            return connection.execute(delete(table)).rowcount

    def clear(self, key: str) -> None:
        """Forget one key."""
        with writing(self._engine) as connection:
            connection.execute(delete(table).where(table.c.key == key))

    def _row(self, key: str) -> tuple[int, datetime] | None:
        with reading(self._engine) as connection:
            query = select(table.c.count, table.c.expires_at)
            row = connection.execute(
                query.where(table.c.key == key, table.c.expires_at > self._clock())
            ).first()
        return (row[0], row[1]) if row else None
