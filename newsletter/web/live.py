"""The live preview: the next issue as readers will see it, drawn anew whenever the author saves. For this machine."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from threading import Condition

from fastapi import FastAPI
from fastapi.responses import HTMLResponse, PlainTextResponse, Response, StreamingResponse

from newsletter.content.post import Problem
from newsletter.issues.templating import Templates
from newsletter.languages import OFFERED, own_name

#: The ways to look at a mail, and how wide each is in pixels.
VIEWS = {"desktop": 1000, "phone": 390, "dark": 1000, "images off": 1000, "text": 1000, "source": 1000}

#: Seconds after which a browser hears that we are still there.
_HEARTBEAT = 10.0

#: The languages in which it can be seen, in their own words.
_LANGUAGES = {tag: own_name(tag) for tag in OFFERED}

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
    """What is shown now, and how often that has changed. Several threads look, and one changes.

    `make` draws it in a language; none: as most readers get it.
    """

    make: Callable[[str], Shown]
    version: int = 0
    over: bool = False
    _drawn: dict[str, Shown] = field(default_factory=dict)
    _changed: Condition = field(default_factory=Condition)

    def draw(self) -> None:
        """Draw it anew."""
        shown = self.make("")
        with self._changed:
            self._drawn, self.version = {"": shown}, self.version + 1
            self._changed.notify_all()

    def shown(self, language: str = "") -> Shown:
        """Return what is to be seen in a language; other languages are drawn when somebody looks."""
        with self._changed:
            drawn = self._drawn
        if language not in drawn:
            drawn[language] = self.make(language)
        return drawn[language]

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
    def page(view: str = "desktop", language: str = "") -> Response:
        """Show the mail in one view and language, with what preflight says beside it."""
        chosen, spoken = _known(view, language)
        choices = {"view": chosen, "views": VIEWS, "spoken": spoken, "languages": _LANGUAGES}
        facts = {"version": stage.version, "shown": stage.shown(spoken)}
        return HTMLResponse(templates.render("web/live/page.html", **choices, **facts))

    @app.get("/mail")
    def mail(view: str = "desktop", language: str = "") -> Response:
        """Give the mail itself, as it looks in one view."""
        view, spoken = _known(view, language)
        shown = stage.shown(spoken)
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


def _known(view: str, language: str) -> tuple[str, str]:
    """Return a view and a language that there are."""
    return view if view in VIEWS else "desktop", language if language in _LANGUAGES else ""
