"""Races: several senders, each run once a round, so that a machine that slows down slows all of them alike."""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

from tests.benchmark.measuring import print_columns
from tests.benchmark.processes import Cost
from tests.benchmark.sinks import SINKS, Sink

ROUNDS = 5

_MEGABYTE = 1e6


@dataclass(frozen=True, slots=True)
class Entry:
    """One sender in one setting; `start` sends so many messages into a sink and returns what that cost."""

    sender: str
    sink: str
    connections: int
    messages: int
    start: Callable[[Sink], Cost] = field(compare=False)

    def run(self) -> Cost:
        """Send into a fresh sink, and make sure that everything arrived where the sink can say so."""
        with SINKS[self.sink]() as sink:
            cost = self.start(sink)
            assert not sink.counts or sink.taken() == self.messages, f"{self.sender} lost messages"
        return cost


@dataclass(frozen=True, slots=True)
class Race:
    """What every entry cost in every round."""

    costs: Mapping[Entry, Sequence[Cost]]

    def entry(self, sender: str, sink: str, connections: int) -> Entry:
        """Return the entry of that description."""
        wanted = (sender, sink, connections)
        (found,) = [entry for entry in self.costs if (entry.sender, entry.sink, entry.connections) == wanted]
        return found

    def has(self, sender: str) -> bool:
        """Return whether a sender took part."""
        return any(entry.sender == sender for entry in self.costs)

    def rate(self, entry: Entry) -> float:
        """Return the messages a second: the median of the rounds."""
        return median(self._rates(entry))

    def ratio(self, entry: Entry, other: Entry) -> float:
        """Return how many times as fast as another an entry was: the median of the rounds' own ratios."""
        return median(mine / its for mine, its in zip(self._rates(entry), self._rates(other), strict=True))

    def cpu(self, entry: Entry) -> float:
        """Return the seconds of CPU a message took: the median of the rounds."""
        return median(cost.cpu / entry.messages for cost in self.costs[entry])

    def peak(self, entry: Entry) -> int:
        """Return the most memory it had in any round, in octets."""
        return max(cost.peak for cost in self.costs[entry])

    def show(self, base: str) -> None:
        """Print what everybody did, and how that compares to the sender `base` with as many connections."""
        heads = ("sender", "sink", "connections", "messages/s", f"of {base}", "CPU µs a message", "peak MB")
        print_columns(heads, [self._line(entry, base) for entry in self.costs])

    def _line(self, entry: Entry, base: str) -> tuple[str, ...]:
        against = [
            f"{self.ratio(entry, other):.2f}"
            for other in self.costs
            if (other.sender, other.sink, other.connections) == (base, entry.sink, entry.connections)
        ]
        return (
            entry.sender,
            entry.sink,
            str(entry.connections),
            f"{self.rate(entry):,.0f}",
            against[0] if against else "–",
            f"{self.cpu(entry) * 1e6:,.0f}",
            f"{self.peak(entry) / _MEGABYTE:,.0f}",
        )

    def _rates(self, entry: Entry) -> list[float]:
        return [entry.messages / cost.seconds for cost in self.costs[entry]]


def race(entries: Sequence[Entry], *, rounds: int = ROUNDS) -> Race:
    """Run every entry once a round, and tell on a terminal how far we are."""
    costs: dict[Entry, list[Cost]] = {entry: [] for entry in entries}
    for number in range(1, rounds + 1):
        for entry, spent in costs.items():
            if sys.stderr.isatty():
                where = f"{entry.sender} into {entry.sink}, {entry.connections} connections"
                print(f"\r\x1b[Kround {number} of {rounds}: {where}", end="", file=sys.stderr, flush=True)
            spent.append(entry.run())
    if sys.stderr.isatty():
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)
    return Race(costs)
