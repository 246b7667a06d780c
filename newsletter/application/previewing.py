"""The live preview of the next issue, for as long as the author writes."""

import socket
from collections.abc import Callable
from functools import partial
from pathlib import Path
from threading import Event, Thread

import uvicorn

from newsletter.application.forthcoming import check_language, draw
from newsletter.errors import NewsletterError
from newsletter.issues.templating import Templates
from newsletter.scheduling import watching
from newsletter.site import Site
from newsletter.web.live import Shown, Stage, create_live_app

#: Seconds without a change after which what was saved is drawn.
_QUIET = 0.15


def show_live(
    site: Site,
    *,
    cadence: str | None,
    port: int,
    ready: Callable[[str], None],
    stop: Event,
    language: str = "",
) -> None:
    """Serve the preview on this machine until `stop` is set; `ready` is told its address. Raises NewsletterError."""
    stage = Stage(partial(_look, site, cadence, check_language(site, language)))
    stage.draw()
    threads = [
        Thread(target=watching.watch, args=(folder, stop, stage.draw), kwargs={"quiet": _QUIET}, daemon=True)
        for folder in _folders(site)
    ]
    try:
        with socket.create_server(("127.0.0.1", port)) as opened:
            for thread in threads:
                thread.start()
            ready(f"http://127.0.0.1:{opened.getsockname()[1]}/")
            _serve(stage, opened, stop)
    except OSError as error:
        raise NewsletterError(
            f"Nobody can listen on port {port}: {error.strerror}.", remedy="Name another with --port."
        ) from error


def _serve(stage: Stage, opened: socket.socket, stop: Event) -> None:
    config = uvicorn.Config(
        create_live_app(stage, Templates(None)), log_config=None, timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    thread = Thread(target=server.run, kwargs={"sockets": [opened]}, daemon=True)
    thread.start()
    stop.wait()
    stage.close()
    server.should_exit = True
    thread.join(3)


def _folders(site: Site) -> list[Path]:
    """Return what an issue is made of: the posts, and the site's own templates where it has any."""
    own = site.settings.directory / "templates"
    return [site.settings.content_folder, *([own] if own.is_dir() else [])]


def _look(site: Site, cadence: str | None, first: str, language: str) -> Shown:
    try:
        drawn = draw(site, cadence=cadence, sample=True, language=language or first)
    except NewsletterError as error:
        return Shown(trouble="\n".join(filter(None, (error.message, error.remedy))))
    return Shown(
        drawn.subject,
        drawn.preheader,
        drawn.html,
        drawn.text,
        drawn.source.decode("ascii", "replace"),
        drawn.size,
        drawn.problems,
    )
