"""A million readers in twenty groups: what it costs to look ahead, and to tick."""

from collections.abc import Iterator

from sqlalchemy import case, literal, update

from newsletter.application.opening import clock, opened
from newsletter.issues import register
from newsletter.scheduling.ticking import Tick
from subscribers.database import writing
from subscribers.tables import subscribers
from tests.benchmark.mailing import unfrozen
from tests.benchmark.measuring import Row, at_most
from tests.benchmark.processes import python, run
from tests.sites import TestSite

READERS = 1_000_000

#: Groups of readers: four cadences, each with five sets of topics.
_CADENCES = ("weekly", "daily", "monthly", "each")
_TOPICS = ((), ("sea",), ("land",), ("boats", "sea"), ("fog",))


def measure() -> list[Row]:
    """Make a site of a million readers, and return what looking and ticking cost there."""
    with unfrozen(READERS, small=True) as mailing:
        _divide(mailing.site)
        return list(_costs(mailing.site))


def _divide(site: TestSite) -> None:
    site.set('weekly = "Mon 08:00"', 'weekly = "Mon 08:00"\nmonthly = "1 08:00"\neach = "at once"')
    number = subscribers.c.id % (len(_CADENCES) * len(_TOPICS))
    cadence = case(dict(enumerate(_CADENCES)), value=number % len(_CADENCES))
    topics = case(
        {place: literal(words, subscribers.c.topics.type) for place, words in enumerate(_TOPICS)},
        value=number // len(_CADENCES),
    )
    with opened(site.directory) as site_:
        with writing(site_.engine) as connection:
            connection.execute(update(subscribers).values(cadence=cadence, topics=topics))
        Tick(site_, clock()).make_what_is_due()


def _costs(site: TestSite) -> Iterator[Row]:
    for what, name in (
        ("next", "`next`"),
        ("tick", "a tick, nothing due"),
        ("skip", "a tick that skips issues"),
    ):
        cost = run(python("looking", site.directory, what))
        yield at_most(f"{name}, {READERS:,} readers in 20 groups", cost.cpu, 2, "s of CPU")
        yield at_most("    peak memory", cost.peak / 1e6, 200, "MB")
        if what == "tick":
            _serve_everybody(site)


def _serve_everybody(site: TestSite) -> None:
    """As if all had had everything."""
    with opened(site.directory) as site_, writing(site_.engine) as connection:
        last = max(post.number for post in register.known_posts(connection))
        connection.execute(update(subscribers).values(served=last))
