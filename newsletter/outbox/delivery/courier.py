"""A courier: one connection's life. It takes rounds from the ledger and brings outcomes back.

While the ledger commits the outcomes of one round, the next is on its way already, all but the octets that make
the relay take it. Its work is written as if it could wait for everything, and says where it would.
"""

from collections import Counter
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from datetime import datetime
from time import sleep

from newsletter.outbox.delivery import retry, settling
from newsletter.outbox.delivery.claims import Settlement
from newsletter.outbox.delivery.ledger import Ledger
from newsletter.outbox.delivery.pace import Pace
from newsletter.outbox.delivery.rounds import Compose, Round, Rounds
from newsletter.outbox.delivery.settling import MailRefused, RelaySilent
from newsletter.outbox.delivery.turns import Turn
from newsletter.transport.protocol import Lost, Outlook, Reply, Transport, Verdict, Watchable

#: Seconds between two looks for a domain that has room again.
_GLANCE = 0.05

#: Messages in a row on one connection that may end in doubt before the run is stopped.
_DOUBTS_IN_A_ROW = 2


@dataclass(frozen=True, slots=True)
class Orders:
    """What all couriers of a run work by. `is_over`: whether no further message should go out."""

    ledger: Ledger
    open_transport: Callable[[], Transport]
    compose: Compose
    now: Callable[[], datetime]
    pace: Pace
    resend: bool
    is_over: Callable[[], bool]


class Courier:
    """One connection. `tally` counts the outcomes that are written down."""

    def __init__(self, orders: Orders) -> None:
        self.tally: Counter[str] = Counter()
        self._orders = orders
        self._ledger, self._stock = orders.ledger, orders.ledger.stock
        self._settlements: list[Settlement] = []  # not handed in yet
        self._rounds = Rounds(
            self._stock,
            orders.compose,
            now=orders.now,
            is_over=orders.is_over,
            fail=self._note,
        )
        self._doubts = 0
        self._error: Exception | None = None
        self._watched: Watchable | None = None  # the transport, if it can be watched
        self._follows = False  # the next round goes along with the release of this one

    @property
    def smooth(self) -> bool:
        """Whether only the relay's answer is missing, for which others may watch."""
        return self._follows and self._watched is not None and self._watched.smooth

    def fileno(self) -> int:
        """What to watch for the relay's answer, or -1."""
        return -1 if self._watched is None else self._watched.fileno()

    def outlook(self) -> Outlook:
        """Say how it stands, without waiting."""
        return Outlook.AMISS if self._watched is None else self._watched.outlook()

    def prepare(self) -> bool:
        """Make the round after the next, since there is time; return whether there was anything to do."""
        return self._rounds.prepare(self._transport.depth)

    def work(self) -> Generator[None]:
        """Work until nothing is due or the run is over; stop where the relay's answer has to be waited for.

        Raises RelayUnavailable when this connection cannot go on, and anything else when none can.
        """
        self._open()
        round_ = Round()
        try:
            while self._error is None and (round_ := round_ or self._next()):
                current, round_ = round_, Round()
                round_ = yield from self._deliver(current)
        finally:
            self._transport.close()
            self._rounds.put_back(round_)
            self._write_down()
        if self._error is not None:
            raise self._error

    def _open(self) -> None:
        self._transport = self._orders.open_transport()
        self._watched = self._transport if isinstance(self._transport, Watchable) else None

    def _next(self) -> Round:
        """Take a round; where all that is due is for domains that are busy, wait for one of them."""
        while not (round_ := self._take()):
            if self._settlements:  # it may be we who are in the way
                self._write_down()
            elif not self._stock.keeps_some or self._orders.is_over():
                break
            else:
                sleep(_GLANCE)
        return round_

    def _deliver(self, round_: Round) -> Generator[None, None, Round]:
        """Hand one round over and return the next."""
        self._orders.pace.wait(len(round_.claimed), self._orders.is_over)
        settled, self._settlements = self._settlements, []
        turn = self._ledger.submit(settled, round_.claimed)
        following = Round()
        try:
            refusals = self._transport.begin(round_.messages)
            if not self._orders.pace.limits:
                following = self._take()
        except BaseException:
            if self._ledger.wait(turn):
                self._take_back(round_)
            self._count(settled)
            raise
        verdicts = yield from self._verdicts(turn, refusals, following)
        may_send = self._ledger.wait(turn)
        self._count(settled)
        if not may_send:  # the ledger has taken the round back
            self._transport.close()
            self._open()
            return following or self._take()
        self._settle(round_, verdicts)
        if self._orders.pace.limits and self._error is None:
            self._write_down()
            return self._take()
        return following

    def _verdicts(
        self, turn: Turn, refusals: Sequence[Reply | None], following: Round
    ) -> Generator[None, None, list[Verdict]]:
        """Have what was not refused released as soon as it is written down, and return a verdict on every message."""

        def decide(may_go: bool) -> None:
            if may_go:
                self._transport.release(following.messages)
            else:
                self._transport.abandon()

        if None not in refusals:
            return [refusal for refusal in refusals if refusal is not None]
        self._follows = bool(following)
        self._ledger.tell(turn, decide)
        yield
        try:
            verdicts = iter(self._transport.verdicts())
        except Exception as error:  # noqa: BLE001 - raised when this round is settled
            # where a transport breaks, anything may have happened
            self._error = error
            verdicts = iter([Lost(str(error), in_doubt=True)] * len(refusals))
        return [refusal or next(verdicts) for refusal in refusals]

    def _take(self) -> Round:
        """Take the next round."""
        return self._rounds.take(self._transport.depth)

    def _note(self, settlement: Settlement) -> None:
        """Keep an outcome, to be handed in with the next."""
        self._settlements.append(settlement)

    def _take_back(self, round_: Round) -> None:
        """Queue a round again that was marked and not handed over."""
        self._settlements += [Settlement(claimed.id, retry.unmarked()) for claimed in round_.claimed]

    def _settle(self, round_: Round, verdicts: Sequence[Verdict]) -> None:
        """Say what becomes of each delivery of a round, and whether this connection goes on."""
        for claimed, verdict in zip(round_.claimed, verdicts, strict=True):
            settlement = settling.settlement(claimed, verdict, resend=self._orders.resend)
            self._settlements.append(settlement)
            if settlement.outcome.stops and settlement.reply is not None:
                self._error = self._error or MailRefused(settlement.reply, claimed.issue_number)
        silences = [verdict for verdict in verdicts if isinstance(verdict, Lost) and verdict.in_doubt]
        self._doubts = self._doubts + 1 if silences else 0
        if self._doubts >= _DOUBTS_IN_A_ROW:
            self._error = self._error or RelaySilent(silences[0].words)

    def _write_down(self) -> None:
        """Hand in the outcomes that are left."""
        if self._settlements:
            settled, self._settlements = self._settlements, []
            self._ledger.wait(self._ledger.submit(settled))
            self._count(settled)

    def _count(self, settled: Sequence[Settlement]) -> None:
        for settlement in settled:
            if settlement.outcome.counts:
                self.tally[settlement.outcome.status] += 1
