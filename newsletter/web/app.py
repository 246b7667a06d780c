"""The web application: the readers' pages and the API, behind their fences; others add their pages."""

from collections.abc import Callable, Sequence
from datetime import datetime
from urllib.parse import urlsplit

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from newsletter.site import Site
from newsletter.web import api, archive, images, joining, leaving, preferences
from newsletter.web.fences import Fences, TooLarge
from newsletter.web.reception import Reception
from subscribers.errors import DatabaseUnavailable


def create_app(site: Site, *, clock: Callable[[], datetime], routers: Sequence[APIRouter] = ()) -> FastAPI:
    """Put the pages together; `routers` are those of the author's desk and the signs of health."""
    reception = Reception.of(site, clock)
    app = FastAPI(
        title=site.settings.newsletter.title,
        summary="Subscribing from other pages and programs.",
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
    )
    for pages in (joining, preferences, leaving, archive, images):
        app.include_router(pages.router(reception), include_in_schema=False)
    app.include_router(api.router(reception))
    for router in routers:
        app.include_router(router)
    _answer_trouble(app, reception)
    _fence(app, site)
    return app


def _fence(app: FastAPI, site: Site) -> None:
    """Put what looks at requests around the pages; what is added last comes first."""
    web, url = site.settings.web, urlsplit(site.settings.newsletter.url)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=list(web.origins),
        allow_methods=["POST"],
        allow_headers=["Content-Type"],
    )
    hosts = (url.hostname or "", *web.hosts)
    app.add_middleware(Fences, hosts=hosts, origins=web.origins, is_secure=url.scheme == "https")


def _answer_trouble(app: FastAPI, reception: Reception) -> None:
    """Answer as a page what goes wrong, in the visitor's language; as data below /api."""

    def answer(request: Request, status: int, words: str) -> Response:
        if request.url.path.startswith("/api/"):
            return JSONResponse({"faults": {"": words}}, status)
        language = reception.pages.language_of(request)
        return reception.pages.show("trouble.html", language, status=status, words=words)

    @app.exception_handler(HTTPException)
    def refused(request: Request, error: HTTPException) -> Response:
        response = answer(request, error.status_code, _WORDS.get(error.status_code, _WORDS[400]))
        response.headers.update(error.headers or {})
        return response

    @app.exception_handler(RequestValidationError)
    def malformed(_request: Request, error: RequestValidationError) -> Response:
        faults = {".".join(map(str, one["loc"][1:])): str(one["msg"]) for one in error.errors()}
        return JSONResponse({"faults": faults}, 422)

    @app.exception_handler(TooLarge)
    def too_large(request: Request, _error: TooLarge) -> Response:
        return answer(request, 413, _WORDS[413])

    @app.exception_handler(DatabaseUnavailable)
    def unavailable(request: Request, _error: DatabaseUnavailable) -> Response:
        return answer(request, 503, _WORDS[503])


#: What is said of each status; the pages translate it.
_WORDS = {
    400: "This request cannot be understood.",
    404: "There is no such page.",
    405: "This page takes no such request.",
    413: "This is more than any form of ours.",
    503: "We cannot look into our books just now. Please try again in a minute.",
}
