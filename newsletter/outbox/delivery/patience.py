"""Patience with a database that is away for a moment: a server that is started again, another process in the way."""

from collections.abc import Callable
from time import monotonic, sleep
from typing import TypeVar

from subscribers.errors import DatabaseUnavailable

#: Seconds for which a database that is away is waited for, and between two looks. A server that is started again
#: needs a few; whoever wants to stop us should not have to wait for ten.
_OUTLASTED, _PAUSE = 8.0, 0.2

_Result = TypeVar("_Result")


def persistently(act: Callable[[], _Result], *, until: float = float("inf")) -> _Result:
    """Act, and again for a while as long as the database is away; never after `until`, by the monotonic clock.

    The act must bear to be done again after it was kept and nobody told us so. Raises DatabaseUnavailable.
    """
    deadline = min(monotonic() + _OUTLASTED, until)
    while True:
        try:
            return act()
        except DatabaseUnavailable as outage:
            if not outage.passing or monotonic() > deadline:
                raise
        sleep(_PAUSE)
