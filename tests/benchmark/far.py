"""Delivery through a relay that is 20 ms away: what counts are the round trips a message waits for."""

from contextlib import ExitStack
from functools import partial

from tests.benchmark import sinks
from tests.benchmark.delivering import MANY, OURS, SOURCE, ours
from tests.benchmark.mailing import frozen
from tests.benchmark.measuring import Row, at_least
from tests.benchmark.peers import smtp_source
from tests.benchmark.racing import Entry, race

#: Messages of each: rates are compared, not times.
_SOURCE, _ONE, _GROUPS = 500, 2_000, 10_000

#: Whole transactions in one pipeline ([smtp] pipeline), by BDAT (RFC 3030).
_PIPELINE = 16

_SINK = "20 ms away"
_PIPELINED = f"{OURS}, pipeline = {_PIPELINE}"


def measure() -> list[Row]:
    """Race against smtp-source, with one message on its way on each connection, and with groups of them."""
    if absent := sinks.missing():
        return [Row("delivery over a network", "left out", f"not on this machine: {absent}")]
    with ExitStack() as stack:
        few, many = (stack.enter_context(frozen(readers)) for readers in (_ONE, _GROUPS))
        source = partial(smtp_source, connections=MANY, messages=_SOURCE, size=len(few.example))
        one = partial(ours, mailing=few, connections=MANY)
        groups = partial(ours, mailing=many, connections=MANY, pipeline=_PIPELINE)
        its, mine, grouped = entries = [
            Entry(SOURCE, _SINK, MANY, _SOURCE, source),
            Entry(OURS, _SINK, MANY, _ONE, one),
            Entry(_PIPELINED, _SINK, MANY, _GROUPS, groups),
        ]
        finished = race(entries)
    print("Delivery through a relay that is 20 ms away")
    finished.show(SOURCE)
    return [
        at_least("newsletter against smtp-source, 20 ms away", finished.ratio(mine, its), 3.5),
        at_least(f"    with pipeline = {_PIPELINE} (CHUNKING)", finished.ratio(grouped, its), 25),
    ]
