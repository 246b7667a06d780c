"""The role `schedule`: makes the issues that come due, is woken by new posts, and keeps house once a day."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from threading import Event, Thread

from newsletter.application import logs
from newsletter.application.opening import clock
from newsletter.application.serving import housekeeping
from newsletter.application.serving.board import Place
from newsletter.scheduling import watching
from newsletter.scheduling.happened import Happened
from newsletter.scheduling.scheduler import schedule
from newsletter.site import Site


def work(site: Site, place: Place, stop: Event) -> None:
    """Schedule until told to stop. Raises DatabaseUnavailable, and whatever else keeps it from working."""
    wake, over = Event(), Event()
    with _beside(over, partial(_watch, site, over, wake), partial(housekeeping.keep, site, over)):
        place.turn("working")
        schedule(site, clock, stop, tell=partial(_tell, place), wake=wake)


@contextmanager
def _beside(over: Event, *works: partial[None]) -> Iterator[None]:
    """Have other work done in threads of its own, until `over` is set at the end of the block."""
    threads = [Thread(target=work, daemon=True) for work in works]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join(1.0)


def _watch(site: Site, over: Event, wake: Event) -> None:
    watching.watch(site.settings.content_folder, over, wake.set, _tell_of_folder)


def _tell_of_folder(trouble: str) -> None:
    if trouble:
        logs.trouble("posts not watched", reason=trouble)
    else:
        logs.event("posts watched again")


def _tell(place: Place, happened: Happened) -> None:
    place.count(happened.event)
    if happened.trouble:
        logs.trouble(happened.event, **happened.facts)
    else:
        logs.event(happened.event, **happened.facts)
