"""The role `inbound`: it will take the mail that comes back. There is no door yet, and it says so."""

from threading import Event

from newsletter.application.serving.board import Place
from newsletter.site import Site


def work(_site: Site, place: Place, stop: Event) -> None:
    """Wait until told to stop."""
    place.wait_for("this version takes no mail yet")
    stop.wait()
