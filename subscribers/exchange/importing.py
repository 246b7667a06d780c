"""Taking readers in from a file: who is new is written down with what is known of them, and nobody else is touched.

Nobody who is known here is changed, whatever the file says: who has left stays away, who is suppressed is never mailed.
Nobody is confirmed without a reason that stands in the file, or that the author gives and answers for.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from hmac import new as hmac
from itertools import islice
from typing import Any, Literal

from sqlalchemy import Connection, insert, select

from subscribers import keys, suppression
from subscribers.address import Address, parse
from subscribers.database import insert_unless_there
from subscribers.errors import InvalidAddress
from subscribers.exchange.entry import Entry
from subscribers.exchange.files import Unread
from subscribers.tables import consents, subscribers, suppressions

#: Rows of one transaction. A crash leaves whole ones behind, whose readers are known when the file comes again.
PAGE = 500

#: What becomes of a row.
Outcome = Literal[
    "confirmed",
    "pending",
    "unsubscribed",
    "suppressed",
    "known",
    "never mailed",
    "no basis",
    "twice",
    "invalid",
]

_STATUS = {"subscribed": "confirmed", "pending": "pending"}
_SUPPRESSED = {"bounced": "bounce", "complained": "complaint"}


@dataclass(frozen=True, slots=True)
class Defaults:
    """What holds for those of whom the file says nothing; `cadences` are those on offer."""

    cadence: str
    cadences: frozenset[str]
    timezone: str
    language: str
    served: int


@dataclass(frozen=True, slots=True)
class Result:
    """What becomes of a row, and why where it is not taken."""

    line: int
    email: str
    outcome: Outcome
    reason: str = ""


@dataclass(frozen=True, slots=True)
class _New:
    """A person to be written down."""

    entry: Entry
    address: Address
    hashed: str
    outcome: Outcome
    result: Result


class Importer:
    """Takes in the rows of one file. `basis` is the author's word that those without evidence agreed."""

    def __init__(self, defaults: Defaults, *, basis: str, source: str) -> None:
        self._defaults = defaults
        self._basis = basis
        self._source = source
        self._seen: set[str] = set()

    def take(self, connection: Connection, rows: Sequence[Entry | Unread], now: datetime) -> list[Result]:
        """Take in some rows, in the caller's transaction; return what becomes of each, in their order."""
        results, new = self._sorted(connection, rows)
        written = self._write(connection, new, now) if new else set()
        for one in new:
            gone = one.address.key not in written
            results.append(Result(one.entry.line, one.entry.email, "known") if gone else one.result)
        return sorted(results, key=lambda result: result.line)

    def foresee(self, connection: Connection, rows: Sequence[Entry | Unread]) -> list[Result]:
        """Say what would become of rows, and change nothing."""
        results, new = self._sorted(connection, rows)
        return sorted([*results, *(one.result for one in new)], key=lambda result: result.line)

    def _sorted(
        self, connection: Connection, rows: Sequence[Entry | Unread]
    ) -> tuple[list[Result], list[_New]]:
        """Tell who is new from everybody else."""
        results: list[Result] = []
        valid: list[tuple[Entry, Address]] = []
        for row in rows:
            if isinstance(row, Unread):
                results.append(Result(row.line, "", "invalid", row.reason))
                continue
            try:
                address = parse(row.email)
            except InvalidAddress as error:
                results.append(Result(row.line, row.email, "invalid", error.message))
                continue
            if address.key in self._seen:
                results.append(Result(row.line, row.email, "twice"))
                continue
            self._seen.add(address.key)
            valid.append((row, address))
        known = _keys(connection, [address.key for _, address in valid])
        secret = keys.suppression_key(connection)
        hashed = [hmac(secret, address.key.encode(), sha256).hexdigest() for _, address in valid]
        never = _suppressed(connection, hashed)
        new = []
        for (entry, address), digest in zip(valid, hashed, strict=True):
            if address.key in known:
                results.append(Result(entry.line, entry.email, "known"))
            elif digest in never:
                results.append(Result(entry.line, entry.email, "never mailed"))
            elif one := self._new(entry, address, digest, results):
                new.append(one)
        return results, new

    def _new(self, entry: Entry, address: Address, hashed: str, results: list[Result]) -> _New | None:
        outcome: Outcome = "unsubscribed"
        if entry.suppressed or entry.standing in _SUPPRESSED:
            outcome = "suppressed"
        elif entry.standing == "subscribed":
            outcome = "confirmed" if entry.evidence or self._basis else "no basis"
        elif entry.standing == "pending":
            # who never answered there is not asked by us: they did not ask us for anything
            outcome = "pending" if entry.acts else "no basis"
        result = Result(entry.line, entry.email, outcome)
        if outcome == "no basis":
            results.append(result)
            return None
        return _New(entry, address, hashed, outcome, result)

    def _write(self, connection: Connection, new: list[_New], now: datetime) -> set[str]:
        """Write people down; return who of them was not there after all."""
        inserting = insert_unless_there(connection.dialect, subscribers)
        # one by one would take ten times as long; in order, so that they are listed in the order of the file
        added = connection.execute(
            inserting.returning(subscribers.c.email_key, subscribers.c.id),
            [self._values(one, now) for one in new],
        )
        ids: dict[str, int] = dict(added.all())
        record = [
            values for one in new if (id_ := ids.get(one.address.key)) for values in self._acts(one, id_, now)
        ]
        if record:
            connection.execute(insert(consents), record)
        for one in new:
            if one.address.key in ids and one.outcome == "suppressed":
                reason = one.entry.suppressed or _SUPPRESSED[one.entry.standing]
                suppression.suppress(connection, one.address, reason=reason, note=self._source, now=now)
        return set(ids)

    def _values(self, one: _New, now: datetime) -> dict[str, Any]:
        entry, defaults = one.entry, self._defaults
        is_offered = entry.cadence in defaults.cadences
        status = _STATUS.get(entry.standing, "unsubscribed")
        return {
            "email": one.address.email,
            "email_key": one.address.key,
            "address_hash": one.hashed,
            "name": " ".join(entry.name.split()),
            "status": status,
            "cadence": entry.cadence if is_offered else defaults.cadence,
            "topics": entry.topics,
            "timezone": entry.timezone or defaults.timezone,
            "language": entry.language or defaults.language,
            "served": defaults.served,
            "created_at": entry.created_at or now,
            "confirmed_at": entry.confirmed_at or (now if status == "confirmed" else None),
            "unsubscribed_at": entry.unsubscribed_at or (now if status == "unsubscribed" else None),
            "paused_until": entry.paused_until,
        }

    def _acts(self, one: _New, subscriber_id: int, now: datetime) -> Iterator[dict[str, Any]]:
        """Yield the record of consent: what the file brings where it is ours, else who vouches for it and why."""
        for act in one.entry.acts:
            yield {
                "subscriber_id": subscriber_id,
                "happened_at": act.happened_at,
                "act": act.act,
                "how": act.how,
                "source": act.source,
                "wording": act.wording,
            }
        if not one.entry.acts:
            wording = "; ".join(filter(None, (self._basis, one.entry.evidence)))
            yield {
                "subscriber_id": subscriber_id,
                "happened_at": now,
                "act": "confirmed" if one.outcome == "confirmed" else "withdrawn",
                "how": "import",
                "source": f"{self._source}:{one.entry.line}",
                "wording": wording
                if one.outcome == "confirmed"
                else "they were not subscribed there any more",
            }


def pages(entries: Iterable[Entry | Unread]) -> Iterator[list[Entry | Unread]]:
    """Cut a file into what one transaction takes."""
    rows = iter(entries)
    while page := list(islice(rows, PAGE)):
        yield page


def _keys(connection: Connection, wanted: list[str]) -> set[str]:
    query = select(subscribers.c.email_key).where(subscribers.c.email_key.in_(wanted))
    return set(connection.scalars(query))


def _suppressed(connection: Connection, wanted: list[str]) -> set[str]:
    query = select(suppressions.c.address_hash).where(suppressions.c.address_hash.in_(wanted))
    return set(connection.scalars(query))
