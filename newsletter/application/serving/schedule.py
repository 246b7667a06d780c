"""The role `schedule`: makes the issues that come due, and does the housekeeping of the day."""

from threading import Event

from newsletter.application.opening import clock
from newsletter.application.serving.board import Place
from newsletter.scheduling import scheduler
from newsletter.site import Site


def work(site: Site, place: Place, stop: Event) -> None:
    """Schedule until told to stop."""
    place.turn("working")
    scheduler.schedule(site, clock, stop)
