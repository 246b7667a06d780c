"""Looking ahead and ticking: `python -m tests.benchmark.looking SITE next|tick|skip`.

A tick finds nothing due; "skip" is one that finds an issue due with nothing in it for anybody.
"""

import sys
from datetime import timedelta
from pathlib import Path

from newsletter.application import forthcoming
from newsletter.application.opening import clock, opened
from newsletter.scheduling.ticking import Tick
from tests.benchmark.processes import reported


def main() -> None:
    """Do one of them, and report its cost."""
    directory, what = sys.argv[1:]
    with opened(Path(directory)) as site:
        now = clock()
        with reported() as facts:
            if what == "next":
                forecasts, _ = forthcoming.forecast(site)
                facts["readers"] = sum(forecast.readers for forecast in forecasts)
            else:
                later = timedelta(weeks=1) if what == "skip" else timedelta(seconds=30)
                Tick(site, now + later).make_what_is_due()


main()
