"""Turns: the visits of connections to the ledger, written down together in one transaction.

It settles the last rounds and marks the next ones as sending; what may not be sent any more goes back.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from threading import Lock

from sqlalchemy import or_

from newsletter.outbox import giving_back
from newsletter.outbox.delivery import retry
from newsletter.outbox.delivery.claims import Claimed, Claims, Settlement
from newsletter.outbox.delivery.stock import Stock
from subscribers.standing import Standing, Transaction


@dataclass(slots=True)
class Turn:
    """One connection's visit: what it settles, and what it would send next."""

    settlements: Sequence[Settlement]
    round: Sequence[Claimed]
    may_send: bool = False
    written: bool = False  # it is known whether the round may be sent
    done: bool = False  # and everybody was told
    failure: BaseException | None = None
    tell: Callable[[bool], None] | None = None  # whom to tell when it is written
    bell: "Lock | None" = None  # its connection waits until this is released


class Book:
    """Where turns are written down, on a standing connection that is the caller's meanwhile."""

    def __init__(
        self, standing: Standing, claims: Claims, stock: Stock, *, now: Callable[[], datetime]
    ) -> None:
        self._standing = standing
        self._claims = claims
        self._stock = stock
        self._now = now

    def enter(self, turns: Sequence[Turn]) -> set[int]:
        """Write the turns down, all or none; return which deliveries of their rounds are marked as sending.

        A round may be sent if all of it is marked. Doing it again changes nothing. Raises DatabaseUnavailable.
        """
        settlements = [settlement for turn in turns for settlement in turn.settlements]
        rounds = [claimed.id for turn in turns for claimed in turn.round]
        now = self._now()
        if (marked_at_once := self._claims.accept_and_mark(settlements, rounds, now)) is not None:
            if marked_at_once == len(rounds):
                return set(rounds)
            settlements = []  # they are; what is not marked is seen to below
        with self._standing.writing() as transaction:
            if settlements:
                self._claims.settle(transaction, settlements, now)
                self._give_posts_back(transaction, settlements)
            marked = self._claims.mark_sending(transaction, rounds, now) if rounds else set()
            if len(marked) < len(rounds):
                self._halt(transaction, turns, marked)
        return marked

    def _give_posts_back(self, transaction: Transaction, settlements: Sequence[Settlement]) -> None:
        """Make the posts of what failed new to their readers again, as if they had not been sent."""
        failed = [one.delivery_id for one in settlements if one.outcome.status == "failed"]
        if failed:
            for statement in giving_back.statements(
                lambda table: or_(*(table.c.id == one for one in failed))
            ):
                transaction.run(self._standing.prepare(statement))

    def _halt(self, transaction: Transaction, turns: Sequence[Turn], marked: set[int]) -> None:
        """Somebody has left, or an issue was paused: give back what is not on its way, to be looked at anew.

        What other connections have taken stays theirs: they will ask for it themselves.
        """
        halted = [turn.round for turn in turns if any(claimed.id not in marked for claimed in turn.round)]
        ids = [claimed.id for round_ in halted for claimed in round_]
        withdrawn = [Settlement(number, retry.unmarked()) for number in ids if number in marked]
        self._claims.settle(transaction, withdrawn, self._now())
        refused = [number for number in ids if number not in marked]
        self._claims.release(transaction, [*self._stock.clear(ids), *refused])
