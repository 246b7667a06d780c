"""What a worker does with the queue: claim, mark, settle, give back.

Every change of a delivery is one conditional statement, the same on SQLite and PostgreSQL; a server is given at once
what nearly every turn is. Who may be mailed is part of the statements that claim and mark (law 4). They run for every
message, so they are prepared once.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import ARRAY, ColumnElement, Integer, any_, bindparam

from newsletter.outbox.delivery import statements
from newsletter.outbox.delivery.retry import SENT, Outcome
from newsletter.outbox.tables import deliveries
from newsletter.transport.protocol import Reply
from subscribers.standing import Prepared, Standing, Transaction

#: How many deliveries one statement names at the most.
_LONGEST = 512


class Claimed(NamedTuple):
    """A delivery that a worker holds, with its reader as they were at the claim."""

    id: int
    issue_number: int | None
    rendering_id: int
    subscriber_id: int
    email: str
    name: str
    attempts: int

    @property
    def domain(self) -> str:
        """The domain that the mail is for."""
        return self.email.rpartition("@")[2].lower()


class Settlement(NamedTuple):
    """What became of one delivery: the outcome, and the relay's words where it gave any."""

    delivery_id: int
    outcome: Outcome
    reply: Reply | None = None
    note: str = ""  # our own words, where the relay gave none
    domain: str = ""  # that the mail is for, where it asked for less


class Claims:
    """The statements of one worker, for transactions of its standing connection."""

    def __init__(self, standing: Standing, worker: int) -> None:
        self._worker = worker
        self._standing = standing
        self._lanes = {
            notices_only: standing.prepare(statements.lanes(notices_only=notices_only))
            for notices_only in (True, False)
        }
        self._due = {
            "notices": standing.prepare(statements.due(notices=True)),
            "issue": standing.prepare(statements.due(notices=False)),
        }
        self._release_all = standing.prepare(statements.release())
        self._accept_and_mark = standing.prepare(statements.accept_and_mark()) if standing.is_server else None
        self._for_so_many = lru_cache(maxsize=None)(self._prepare_for_so_many)

    def claim(
        self, transaction: Transaction, *, limit: int, now: datetime, notices_only: bool = False
    ) -> tuple[list[Claimed], int]:
        """Take up to `limit` due deliveries; return them, and how many were cancelled on the way.

        Cancelled is what waits for readers who may not be mailed any more; what waits for one who pauses is put off.
        With `notices_only`, deliveries of issues stay where they are. No two workers get the same delivery: PostgreSQL
        skips what another is taking, and SQLite has one writer at a time.
        """
        found: list[tuple[Any, ...]] = []
        for (lane,) in transaction.fetch(self._lanes[notices_only], {"now": now}):
            values = {"now": now, "limit": limit - len(found)}
            if lane is None:
                found += transaction.fetch(self._due["notices"], values)
            else:
                found += transaction.fetch(self._due["issue"], values | {"issue": lane})
            if len(found) >= limit:
                break
        mine = [Claimed._make(facts[1:]) for facts in found if facts[0] == "claim"]
        void = [facts[1] for facts in found if facts[0] == "cancel"]
        self._for_each(transaction, "claim", [claimed.id for claimed in mine])
        self._for_each(transaction, "cancel", void, now=now)
        self._for_each(transaction, "put off", [facts[1] for facts in found if facts[0] == "put off"])
        return mine, len(void)

    def mark_sending(self, transaction: Transaction, ids: Collection[int], now: datetime) -> set[int]:
        """Mark claimed deliveries as sending and return those that may be sent.

        The others are not this worker's any more, or their readers have left since, or their issue is paused.
        """
        numbers = list(ids)
        if self._for_each(transaction, "mark", numbers, now=now) == len(numbers):
            return set(numbers)
        return {
            number
            for statement, named in self._in_groups("marked", numbers)
            for (number,) in transaction.fetch(statement, {**named, "me": self._worker})
        }

    def settle(self, transaction: Transaction, settlements: Iterable[Settlement], now: datetime) -> None:
        """Record what became of deliveries that this worker held.

        A worker that was taken for dead has lost its deliveries. That a message was accepted is recorded all
        the same, unless another worker is sending it just now: it spares the reader the repeat.
        """
        alike: dict[tuple[int, int, str], list[Settlement]] = {}
        for one in settlements:  # that two are the same object is quickly seen, and true of nearly all
            alike.setdefault((id(one.outcome), id(one.reply), one.note), []).append(one)
        for group in alike.values():
            what = "accept" if group[0].outcome.status == "sent" else "settle"
            self._for_each(transaction, what, [one.delivery_id for one in group], **_facts(group[0], now))

    def accept_and_mark(
        self, settlements: Sequence[Settlement], ids: Sequence[int], now: datetime
    ) -> int | None:
        """Settle what was sent and mark what is next in one statement, and a transaction of its own.

        Return how many are marked now, or None where that cannot be done: nothing was, then.
        """
        sent = all(one.outcome is SENT for one in settlements)
        if self._accept_and_mark is None or not (sent and settlements and ids):
            return None
        values = {
            "accepted": [one.delivery_id for one in settlements],
            "codes": [one.reply.code if one.reply else None for one in settlements],
            "words": [_words(one) for one in settlements],
            "next": list(ids),
            "me": self._worker,
            "now": now,
        }
        return self._standing.at_once(self._accept_and_mark, values)

    def release(self, transaction: Transaction, ids: Collection[int] | None = None) -> None:
        """Give back what this worker claimed and did not mark: all of it, or these."""
        if ids is None:
            transaction.run(self._release_all, {"me": self._worker})
        else:
            self._for_each(transaction, "release", ids)

    def postpone(self, transaction: Transaction, ids: Collection[int], due_at: datetime) -> None:
        """Give back what this worker claimed and did not mark, to be due again later."""
        self._for_each(transaction, "postpone", ids, due=due_at)

    def _for_each(self, transaction: Transaction, what: str, ids: Collection[int], **values: Any) -> int:
        """Execute a statement for deliveries; return how many it changed."""
        return sum(
            transaction.run(statement, {**named, "me": self._worker, **values})
            for statement, named in self._in_groups(what, ids)
        )

    def _in_groups(self, what: str, ids: Collection[int]) -> Iterable[tuple[Prepared, dict[str, Any]]]:
        """Yield a statement for each group of ids, with their values.

        A server takes a list of any length as one value. Elsewhere a list in a prepared statement has a fixed length,
        so a group is filled up to a power of two.
        """
        numbers = list(ids)
        if self._standing.is_server:
            if numbers:
                yield self._for_so_many(what, 0), {"ids": numbers}
            return
        for start in range(0, len(numbers), _LONGEST):
            group = numbers[start : start + _LONGEST]
            length = 1 << (len(group) - 1).bit_length()
            group += group[-1:] * (length - len(group))
            yield self._for_so_many(what, length), dict(zip(_names(length), group, strict=True))

    def _prepare_for_so_many(self, what: str, length: int) -> Prepared:
        """Prepare a statement for so many ids; 0: for a list."""
        these: ColumnElement[bool] = deliveries.c.id == any_(bindparam("ids", type_=ARRAY(Integer)))
        if length:
            these = deliveries.c.id.in_([bindparam(name) for name in _names(length)])
        return self._standing.prepare(statements.FOR_EACH[what](these))


def _facts(settlement: Settlement, now: datetime) -> dict[str, Any]:
    outcome, reply = settlement.outcome, settlement.reply
    again = outcome.status == "queued"
    return {
        "outcome": outcome.status,
        "counted": int(outcome.counts),
        # a delivery that stopped the run is due after the others, so that it cannot stop every run
        "due": now + outcome.delay if again and (outcome.counts or reply is not None) else None,
        "settled": None if again else now,
        "code": reply.code if reply else None,
        "words": _words(settlement),
    }


def _words(settlement: Settlement) -> str | None:
    """Return what is kept of the relay's words, or of ours where it gave none."""
    reply = settlement.reply
    return (" ".join(filter(None, (reply.enhanced, reply.text))) if reply else settlement.note) or None


@lru_cache
def _names(length: int) -> tuple[str, ...]:
    return tuple(f"id{number}" for number in range(length))
