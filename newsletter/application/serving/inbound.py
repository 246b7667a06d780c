"""The role `inbound`: takes the mail that comes back."""

from threading import Event

from newsletter.application.serving.board import Place
from newsletter.site import Site


def work(site: Site, place: Place, stop: Event) -> None:
    """Take mail until told to stop."""
    place.turn("working")
    stop.wait()
