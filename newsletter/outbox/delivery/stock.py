"""The stock of a worker: deliveries that it has claimed and that no connection has taken yet.

Here it shows who has to wait: a domain that is busy or wants less, and everybody when a warm-up is done for today.
"""

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from threading import Lock

from sqlalchemy import Engine

from newsletter.outbox.delivery.claims import Claimed, Claims, Settlement
from newsletter.outbox.delivery.domains import Domains
from newsletter.outbox.delivery.patience import persistently
from newsletter.outbox.delivery.warmup import WarmUp
from subscribers.database import writing
from subscribers.standing import Standing

#: What is used up sooner was too little to claim, and what lasts longer too much to keep from other workers.
_SOON, _LONG = timedelta(seconds=0.1), timedelta(seconds=1)


class Stock:
    """Filled up by `batch` deliveries at a time, on a standing connection that is used under `turn` only.

    Where they are soon used up, twice as many are claimed next, up to `largest_batch`.
    """

    def __init__(
        self,
        engine: Engine,
        standing: Standing,
        claims: Claims,
        turn: Lock,
        *,
        now: Callable[[], datetime],
        batch: int,
        largest_batch: int,
        notices_only: bool,
        domains: Domains,
        warm_up: WarmUp | None,
    ) -> None:
        self.cancelled = 0  # on the way, since their readers may not be mailed any more
        self._engine = engine
        self._standing = standing
        self._claims = claims
        self._turn = turn
        self._now = now
        self._batch = self._least = batch
        self._most = max(batch, largest_batch)
        self._claimed_at: datetime | None = None  # the last batch
        self._notices_only = notices_only
        self._domains = domains
        self._warm_up = warm_up
        self._unused = 0  # of what the warm-up let through
        self._held: deque[Claimed] = deque()
        self._under_way: dict[int, str] = {}  # domains of what was taken, while any are restricted
        self._gate = Lock()

    @property
    def keeps_some(self) -> bool:
        """Whether deliveries are held that wait for their domain to have room."""
        return bool(self._held)

    @property
    def offers_more(self) -> bool:
        """Whether something can be taken at once, and no domain has to be waited for."""
        return bool(self._held) and not self._domains.restrict

    def fill(self) -> int:
        """Claim a batch if nothing is held; return how many deliveries are. Raises DatabaseUnavailable."""
        with self._turn:
            if not self._held:
                persistently(self._claim)
            return len(self._held)

    def take(self, limit: int) -> list[Claimed]:
        """Return up to `limit` deliveries that nobody else gets; none when nothing may go out now.

        They may not be sent yet. Raises DatabaseUnavailable.
        """
        taken = self._pop(limit)
        if not taken:
            self.fill()
            taken = self._pop(limit)
        return taken

    def put_back(self, claimed: Sequence[Claimed]) -> None:
        """Take back what was taken and not sent, for another connection or another worker."""
        with self._gate:
            self._held.extendleft(reversed(claimed))
            self._leave(one.id for one in claimed)

    def clear(self, taken: Sequence[int] = ()) -> list[int]:
        """Forget everything, and some of what was taken; return what is to be given back."""
        with self._gate:
            held = [claimed.id for claimed in self._held]
            self._held.clear()
            self._leave(taken)
        self._unused += len(held) + len(taken)
        return held

    def settled(self, settlements: Sequence[Settlement]) -> None:
        """Make room for the next to the same domains; remember which of them want nothing for a while."""
        with self._gate:
            self._leave(one.delivery_id for one in settlements)
        asked = [(one.domain, one.outcome.hold, str(one.reply)) for one in settlements if one.outcome.hold]
        if asked:
            with writing(self._engine) as connection:
                self._domains.hold(connection, asked, self._now())

    def close(self) -> None:
        """Return what a warm-up let through and was not sent."""
        if self._warm_up is not None and self._unused:
            with writing(self._engine) as connection:
                self._warm_up.give_back(connection, self._unused, self._now())

    def _claim(self) -> None:
        now = self._now()
        limit = self._suitable(now)
        with writing(self._engine) as connection:
            self._domains.read(connection, now)
            if self._warm_up is not None:
                self._warm_up.give_back(connection, self._unused, now)
                self._unused = 0
                limit = self._warm_up.draw(connection, limit, now)
        ready = []
        with self._standing.writing() as transaction:
            claimed, void = self._claims.claim(
                transaction, limit=limit, now=now, notices_only=self._notices_only
            )
            for claim in claimed:
                if until := self._domains.held_until(claim.domain, now):
                    self._claims.postpone(transaction, [claim.id], until)
                else:
                    ready.append(claim)
        self.cancelled += void
        self._unused += limit - len(ready)
        with self._gate:
            self._held.extend(ready)

    def _suitable(self, now: datetime) -> int:
        """Return how many to claim, by how long the last batch has lasted."""
        if self._claimed_at is not None:
            lasted = now - self._claimed_at
            if lasted < _SOON:
                self._batch = min(self._batch * 2, self._most)
            elif lasted > _LONG:
                self._batch = max(self._batch // 2, self._least)
        self._claimed_at = now
        return self._batch

    def _pop(self, limit: int) -> list[Claimed]:
        with self._gate:
            if self._domains.restrict:
                return self._pop_where_there_is_room(limit)
            return [self._held.popleft() for _ in range(min(limit, len(self._held)))]

    def _pop_where_there_is_room(self, limit: int) -> list[Claimed]:
        now, popped = self._now(), list[Claimed]()
        for claimed in list(self._held):
            if len(popped) < limit and self._domains.has_room(claimed.domain, now):
                self._domains.enter(claimed.domain)
                self._under_way[claimed.id] = claimed.domain
                self._held.remove(claimed)
                popped.append(claimed)
        return popped

    def _leave(self, ids: Iterable[int]) -> None:
        if self._under_way:
            for domain in filter(None, (self._under_way.pop(number, None) for number in ids)):
                self._domains.leave(domain)
