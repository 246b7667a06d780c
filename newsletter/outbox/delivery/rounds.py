"""Rounds: what goes out together on one connection, taken from the stock and composed.

Where there is time, one is made before its turn comes.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import NamedTuple

from newsletter.outbox.delivery import retry
from newsletter.outbox.delivery.claims import Claimed, Settlement
from newsletter.outbox.delivery.stock import Stock
from newsletter.transport.protocol import Message
from subscribers.errors import InvalidAddress

Compose = Callable[[Claimed, datetime], Message]


class Round(NamedTuple):
    """Deliveries, and the message of each."""

    claimed: Sequence[Claimed] = ()
    messages: Sequence[Message] = ()

    def __bool__(self) -> bool:
        return bool(self.claimed)


class Rounds:
    """The rounds of one connection, none any more once `is_over`.

    `fail` is told what no message can be made of; it fails by itself.
    """

    def __init__(
        self,
        stock: Stock,
        compose: Compose,
        *,
        now: Callable[[], datetime],
        is_over: Callable[[], bool],
        fail: Callable[[Settlement], None],
    ) -> None:
        self._stock = stock
        self._compose = compose
        self._now = now
        self._is_over = is_over
        self._fail = fail
        self._ahead = Round()

    def take(self, depth: int) -> Round:
        """Return the next round, of up to so many messages; an empty one where nothing may go out now.

        Raises DatabaseUnavailable, and whatever else has no message made.
        """
        if not self._ahead or self._is_over():
            return self._make(depth)
        ahead, self._ahead = self._ahead, Round()
        return ahead

    def prepare(self, depth: int) -> bool:
        """Make a round before its turn comes; return whether there was anything to do."""
        if self._ahead or not self._stock.offers_more:
            return False
        with suppress(Exception):  # it is made when its turn comes, and what is wrong is raised then
            self._ahead = self._make(depth)
        return True

    def put_back(self, taken: Round) -> None:
        """Leave to others what was taken and not sent, and what was made ahead."""
        self._stock.put_back([*taken.claimed, *self._ahead.claimed])
        self._ahead = Round()

    def _make(self, depth: int) -> Round:
        while not self._is_over():
            taken = self._stock.take(depth)
            if not taken:
                break
            claimed, messages = [], []
            for delivery in taken:
                try:
                    messages.append(self._compose(delivery, self._now()))
                    claimed.append(delivery)
                except (ValueError, InvalidAddress) as error:
                    note = f"the message could not be made: {error}"
                    self._fail(Settlement(delivery.id, retry.Outcome("failed"), note=note))
                except BaseException:
                    self._stock.put_back(taken)
                    raise
            if claimed:
                return Round(claimed, messages)
        return Round()
