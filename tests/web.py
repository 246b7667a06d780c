"""A web server for tests: the pages of a site under uvicorn, on a free port, with a clock that can be moved."""

import re
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Thread
from time import sleep

import httpx
import uvicorn
from fastapi import APIRouter

from newsletter.site import Site
from newsletter.web.app import create_app

#: The host by which the pages are asked for, as behind a proxy.
HOST = "news.example.com"


@dataclass(slots=True)
class Clock:
    """A clock that goes as it should, from where it was put."""

    ahead: timedelta = field(default_factory=timedelta)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def move(self, **by: float) -> None:
        """Move it on."""
        self.ahead += timedelta(**by)


@dataclass(frozen=True)
class Web:
    """The pages of a site, and a visitor of them."""

    site: Site
    clock: Clock
    url: str

    def get(self, path: str, **options: object) -> httpx.Response:
        """Ask for a page; nothing is followed."""
        return self.ask("GET", path, **options)

    def post(self, path: str, data: object = None, **options: object) -> httpx.Response:
        """Send a form."""
        return self.ask("POST", path, data=data, **options)

    def ask(self, method: str, path: str, **options: object) -> httpx.Response:
        """Ask for anything."""
        headers = {"Host": HOST, "Accept-Language": "en", **(options.pop("headers", None) or {})}  # type: ignore[dict-item]
        return httpx.request(method, self.url + path, headers=headers, timeout=20, **options)  # type: ignore[arg-type]

    def seal(self) -> str:
        """Return the seal of a form that was given out a while ago."""
        found = re.search(r'name="seal" value="([^"]+)"', self.get("/").text)
        assert found is not None
        self.clock.move(seconds=5)
        return found[1]

    def subscribe(self, email: str, **fields: object) -> httpx.Response:
        """Fill in the form as a person does."""
        return self.post("/subscribe", {"email": email, "seal": self.seal(), **fields})


@contextmanager
def serving(site: Site, routers: Sequence[APIRouter] = (), *, port: int = 0) -> Iterator[Web]:
    """Serve the pages of a site for as long as the block lasts, and others' pages with them; 0: on any port."""
    clock = Clock()
    config = uvicorn.Config(create_app(site, clock=clock, routers=routers), log_config=None, access_log=False)
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", port)) as opened:
        thread = Thread(target=server.run, kwargs={"sockets": [opened]})
        thread.start()
        try:
            while not server.started:
                sleep(0.01)
            yield Web(site, clock, f"http://127.0.0.1:{opened.getsockname()[1]}")
        finally:
            server.should_exit = True
            thread.join()
