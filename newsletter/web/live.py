"""The live preview: the next issue as readers will see it, drawn anew whenever the author saves. For this machine."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from threading import Condition

from fastapi import FastAPI
from fastapi.responses import HTMLResponse, PlainTextResponse, Response, StreamingResponse

from newsletter.content.post import Problem
from newsletter.issues.templating import Templates

#: The ways to look at a mail, and how wide each is in pixels.
VIEWS = {"desktop": 1000, "phone": 390, "dark": 1000, "images off": 1000, "text": 1000, "source": 1000}

#: Seconds after which a browser hears that we are still there.
_HEARTBEAT = 10.0

_DARK = re.compile(r"\(prefers-color-scheme: dark\)")
_IMAGE = re.compile(r"(<img\b[^>]*?\bsrc=\")[^\"]*(\")")


@dataclass(frozen=True, slots=True)
class Shown:
    """What there is to see; `trouble` says why there is nothing."""

    subject: str = ""
    preheader: str = ""
    html: str = ""
    text: str = ""
    source: str = ""
    size: int = 0
    problems: tuple[Problem, ...] = ()
    trouble: str = ""


@dataclass(slots=True)
class Stage:
    """What is shown now, and how often that has changed. Several threads look, and one changes."""

    make: Callable[[], Shown]
    shown: Shown = field(default_factory=Shown)
    version: int = 0
    over: bool = False
    _changed: Condition = field(default_factory=Condition)

    def draw(self) -> None:
        """Draw it anew."""
        shown = self.make()
        with self._changed:
            self.shown, self.version = shown, self.version + 1
            self._changed.notify_all()

    def close(self) -> None:
        """Let everybody go who waits for a change."""
        with self._changed:
            self.over = True
            self._changed.notify_all()

    def changes(self) -> Iterator[str]:
        """Yield an event for each change (Server-Sent Events, HTML Living Standard, section 9.2)."""
        seen = -1
        while not self.over:
            with self._changed:
                if self.version == seen and not self.over:
                    self._changed.wait(_HEARTBEAT)
                new = self.version
            yield f"data: {new}\n\n" if new != seen else ": still here\n\n"
            seen = new


def create_live_app(stage: Stage, templates: Templates) -> FastAPI:
    """Put the pages of a preview together."""
    app = FastAPI(openapi_url=None)

    @app.get("/")
    def page(view: str = "desktop") -> Response:
        """Show the mail in one view, with what preflight says beside it."""
        chosen = view if view in VIEWS else "desktop"
        facts = {"shown": stage.shown, "view": chosen, "views": VIEWS, "version": stage.version}
        return HTMLResponse(templates.render("web/live/page.html", **facts))

    @app.get("/mail")
    def mail(view: str = "desktop") -> Response:
        """Give the mail itself, as it looks in one view."""
        shown = stage.shown
        if view in ("text", "source"):
            return PlainTextResponse(shown.text if view == "text" else shown.source)
        html = _DARK.sub("all" if view == "dark" else "not all", shown.html)
        return HTMLResponse(_IMAGE.sub(r"\1\2", html) if view == "images off" else html)

    @app.get("/changes")
    def changes() -> Response:
        """Tell a browser of every change."""
        return StreamingResponse(stage.changes(), media_type="text/event-stream")

    @app.get("/{name}")
    def asset(name: str) -> Response:
        """Give the style sheet and the script."""
        kinds = {"live.css": "text/css", "live.js": "text/javascript"}
        if name not in kinds:
            return PlainTextResponse("There is no such page.\n", 404)
        return Response(templates.render(f"web/live/{name}"), media_type=kinds[name])

    return app
