"""The role `web`: the readers' pages, the author's desk and the signs of health, by uvicorn in this thread."""

from functools import partial
from threading import Event

import uvicorn
from fastapi import FastAPI

from newsletter.application import calendar, logs
from newsletter.application.opening import clock
from newsletter.application.serving.board import Board, Place
from newsletter.application.serving.listening import address_of, listening
from newsletter.site import Site
from newsletter.web import desk, health
from newsletter.web.app import create_app

#: Seconds for which answers that are being given may take to end, when we are told to.
_FAREWELL = 2


def work(site: Site, board: Board, place: Place, stop: Event) -> None:
    """Serve pages until told to stop. Raises NewsletterError where nobody can listen."""
    app = make_app(site, board)
    with listening(site.settings.web.listen) as opened:
        logs.event("listening", role=place.role, where=address_of(opened))
        place.turn("working")
        _Server(_config(app), stop).run(sockets=[opened])


def make_app(site: Site, board: Board) -> FastAPI:
    """Put the pages together: the readers', the author's desk, and the signs of health."""
    own = (desk.router(site, clock, partial(calendar.approve, site)), health.router(site, clock, board.show))
    return create_app(site, clock=clock, routers=own)


def _config(app: FastAPI) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        log_config=None,  # what it complains of comes into our log
        access_log=False,  # visitors are nobody's business
        server_header=False,
        ws="none",
        proxy_headers=False,  # whom to believe about visitors is for the application to say
        timeout_graceful_shutdown=_FAREWELL,
    )


class _Server(uvicorn.Server):
    """Ends when told to, as the other roles do."""

    def __init__(self, config: uvicorn.Config, stop: Event) -> None:
        super().__init__(config)
        self._stop = stop

    async def on_tick(self, counter: int) -> bool:
        """Look ten times a second whether it should end."""
        return await super().on_tick(counter) or self._stop.is_set()
