"""Health: for whoever watches over the process. `/healthz`: it lives. `/readyz`: it can do its work. `/metrics`.

They say nothing about readers, but are nobody else's business: the proxy in front should not pass them on.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from sqlalchemy import text

from newsletter.outbox import duties
from newsletter.outbox.duties import Duty
from newsletter.site import Site
from newsletter.web.figures import Kept
from newsletter.web.metrics import metrics
from subscribers.database import reading
from subscribers.errors import DatabaseUnavailable

#: States in which a role can be counted on. Who waits for the relay is as it should be.
_READY = ("working", "waiting")


def router(site: Site, clock: Callable[[], datetime], own: Callable[[], Sequence[Duty]]) -> APIRouter:
    """Return the pages; `own` says how the roles of this process fare."""
    pages, kept = APIRouter(include_in_schema=False), Kept(site, clock)

    @pages.api_route("/healthz", methods=["GET", "HEAD"])
    def healthz() -> Response:
        """Say that the process lives and answers."""
        return _plain("ok")

    @pages.api_route("/readyz", methods=["GET", "HEAD"])
    def readyz() -> Response:
        """Say whether all roles of this process can do their work, and the database answers; 503 if not."""
        database = _database(site)
        roles = {duty.role: _fares(duty) for duty in own()}
        is_ready = not database and all(duty.state in _READY for duty in own())
        facts = {"ready": is_ready, "database": database or "ok", "roles": roles}
        return JSONResponse(facts, 200 if is_ready else 503, headers={"Cache-Control": "no-store"})

    @pages.get("/metrics")
    def measures() -> Response:
        """Give the figures of all processes on the database, for Prometheus; 503 where it does not answer."""
        now = clock()
        try:
            figures = kept.get()
            with reading(site.engine) as connection:
                seen = duties.seen(connection, now)
        except DatabaseUnavailable as error:
            return _plain(error.message, 503)
        return Response(metrics(figures, seen, now), media_type=CONTENT_TYPE_LATEST)

    return pages


def _database(site: Site) -> str:
    """Return why the database does not answer; nothing if it does."""
    try:
        with reading(site.engine) as connection:
            connection.execute(text("SELECT 1"))
    except DatabaseUnavailable as error:
        return error.message
    return ""


def _fares(duty: Duty) -> dict[str, str]:
    facts = {"state": duty.state, "since": duty.since.isoformat(timespec="seconds")}
    return facts | ({"reason": duty.reason} if duty.reason else {})


def _plain(words: str, status: int = 200) -> Response:
    return Response(f"{words}\n", status, media_type="text/plain", headers={"Cache-Control": "no-store"})
