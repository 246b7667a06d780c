"""A stranger with a stopwatch: can they tell by the time of an answer whether an address subscribes?"""

from itertools import count
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

import httpx

from newsletter import membership
from newsletter.application.opening import opened
from newsletter.membership import Choices
from subscribers.address import parse
from subscribers.database import writing
from tests.benchmark.measuring import Row, at_most
from tests.sites import make_site
from tests.web import Web, serving

#: Answers that are timed of each kind. They come from as many networks, or the limit of one would end it.
_TIMES = 60


def measure() -> list[Row]:
    """Time the answers for addresses that subscribe and for new ones, in turn."""
    with TemporaryDirectory() as folder:
        make_site(Path(folder) / "site")
        with opened(Path(folder) / "site") as site, serving(site) as web:
            with writing(site.engine) as connection:
                for number in range(_TIMES):
                    address = parse(f"known{number}@example.org")
                    membership.join(connection, site, address, Choices(), vouched="a test", now=web.clock())
            times = _times(web)
    known, new = median(times["known"]), median(times["new"])
    note = f"known {known * 1000:.1f} ms, new {new * 1000:.1f} ms"
    return [at_most("answers for known and new addresses differ by", abs(new - known) * 1000, 5, "ms", note)]


def _times(web: Web) -> dict[str, list[float]]:
    seal, networks = web.seal(), count()
    times: dict[str, list[float]] = {"known": [], "new": []}
    with httpx.Client(base_url=web.url) as visitor:
        for number in range(_TIMES):
            for kind, spent in times.items():
                fields = {"email": f"{kind}{number}@example.org", "seal": seal}
                start = perf_counter()
                answer = visitor.post(
                    "/subscribe", data=fields, headers={"X-Forwarded-For": f"10.0.{next(networks)}.1"}
                )
                spent.append(perf_counter() - start)
                assert answer.status_code == 303, answer.text
    return times
