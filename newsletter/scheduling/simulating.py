"""Simulating: the real tick under a moved clock, on a database of its own that nobody keeps.

The newsletter is taken to have begun at the first day, with the readers of today and the posts of today, each of which
comes at its date. Readers who would get the same are one there, who counts for all of them.
"""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from newsletter.content.reader import Scan
from newsletter.issues import calendar, freezing, register
from newsletter.issues.rendering import FrozenPost, Rendering
from newsletter.outbox.giving_back import made_for
from newsletter.publishing import NO_READER, Plan
from newsletter.scheduling.ticking import Tick
from newsletter.site import Site
from subscribers.database import metadata, open_engine, reading, writing
from subscribers.suppression import suppressed
from subscribers.tables import subscribers

_SECOND = timedelta(seconds=1)

#: What readers of one representative have in common.
_ALIKE = tuple(subscribers.c[name] for name in ("cadence", "topics", "language", "timezone", "paused_until"))


@dataclass(frozen=True, slots=True)
class Simulated:
    """An issue that would be made, or skipped; `at` is when it is due."""

    at: datetime
    cadence: str
    posts: tuple[str, ...]
    readers: int
    skipped: str | None


def simulate(site: Site, begin: datetime, end: datetime) -> list[Simulated]:
    """Return which issues would go out from a moment on and before another, in their order."""
    scan = site.content.scan()
    with _scratch(site) as (scratch, weights):
        _set_baseline(scratch, scan, begin)
        now = begin - _SECOND
        while now < end:
            next_at = Tick(
                scratch, now, look=lambda: scan, render=_unrendered, announce=_nobody
            ).make_what_is_due()
            coming = (post.published_at for post in scan.posts if post.held_back is None)
            moments = [moment for moment in (next_at, *coming) if moment is not None and moment > now]
            now = min(moments, default=end)
        with reading(scratch.engine) as connection:
            found = [*_issues(connection, weights), *_skips(connection)]
    cadences = list(site.settings.schedule.cadences)
    kept = (one for one in found if begin <= one.at < end)
    return sorted(kept, key=lambda one: (one.at, cadences.index(one.cadence)))


@contextmanager
def _scratch(site: Site) -> Iterator[tuple[Site, Mapping[int, int]]]:
    """Make a database of its own with today's readers; yield it, and for how many readers each one there counts."""
    own = site.settings.newsletter
    address = own.postal_address or "not yet"  # no reason to send nothing in a simulation
    settings = replace(site.settings, newsletter=replace(own, postal_address=address))
    with tempfile.TemporaryDirectory() as directory:
        engine = open_engine(f"sqlite:///{Path(directory) / 'simulated.db'}")
        try:
            with reading(site.engine) as connection:
                readers = _readers(connection, site)
            with writing(engine) as connection:
                metadata.create_all(connection)
                weights = {
                    _enter(connection, number, facts): count for number, (facts, count) in enumerate(readers)
                }
            yield replace(site, settings=settings, engine=engine), weights
        finally:
            engine.dispose()


def _readers(connection: Connection, site: Site) -> list[tuple[dict[str, Any], int]]:
    """Return what tells readers apart, and how many are alike; a cadence without any has one who counts for none."""
    query = select(*_ALIKE, func.count().label("readers")).where(
        subscribers.c.status == "confirmed", ~suppressed()
    )
    found = [
        ({column.name: fact for column, fact in zip(_ALIKE, row, strict=False)}, row.readers)
        for row in connection.execute(query.group_by(*_ALIKE))
    ]
    own = site.settings.newsletter
    nobody = {"topics": (), "language": own.language, "timezone": own.timezone.key, "paused_until": None}
    lonely = site.settings.schedule.cadences.keys() - {facts["cadence"] for facts, _ in found}
    return found + [({"cadence": cadence, **nobody}, 0) for cadence in sorted(lonely)]


def _enter(connection: Connection, number: int, facts: dict[str, Any]) -> int:
    email = f"{number}@simulated.invalid"
    values = {
        "email": email,
        "email_key": email,
        "address_hash": str(number),
        "status": "confirmed",
        "created_at": datetime.min.replace(tzinfo=UTC),
        "served": 0,
    }
    key = connection.execute(insert(subscribers).values(values | facts)).inserted_primary_key
    assert key is not None, "a single row was written"
    return int(key[0])


def _set_baseline(site: Site, scan: Scan, begin: datetime) -> None:
    """Let what was there before the first day count as seen."""
    with writing(site.engine) as connection:
        numbering = register.number_posts([], scan.posts, begin - _SECOND)
        register.enter(connection, numbering, begin - _SECOND, baseline=True)
        connection.execute(update(subscribers).values(served=numbering.last))


def _unrendered(_connection: Connection, _site: Site, plan: Plan, *, now: datetime) -> list[Rendering]:  # noqa: ARG001
    """Make renderings that say which posts they hold, and nothing else: nobody will read them."""
    assert plan.draft is not None, "there is something to send"
    return [
        Rendering(
            "simulated",
            "",
            "",
            "",
            posts=tuple(FrozenPost(post.id, post.title, post.url) for post in chosen.posts),
        )
        for chosen in plan.draft.selections
    ]


def _nobody(*_facts: object) -> None:
    """Announce it to nobody."""


def _issues(connection: Connection, weights: Mapping[int, int]) -> Iterator[Simulated]:
    for issue in freezing.all_issues(connection):
        readers = sum(weights[reader] for reader in connection.scalars(made_for(issue.number)))
        assert issue.cadence is not None, "nobody sends by hand in a simulation"
        yield Simulated(
            at=issue.scheduled_for or issue.created_at,
            cadence=issue.cadence,
            posts=tuple(freezing.posts_of(connection, issue.number)),
            readers=readers,
            skipped=None if readers else NO_READER,
        )


def _skips(connection: Connection) -> Iterator[Simulated]:
    for skip in calendar.all_skips(connection):
        if skip.cadence is not None:
            yield Simulated(skip.scheduled_for or skip.skipped_at, skip.cadence, (), 0, skip.reason)
