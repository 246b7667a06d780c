"""The author's desk: the page behind the link in the letter that announces an issue.

Looking at it changes nothing (law 5): mail scanners follow every link. The issue goes when somebody presses the button.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy import Connection, select

from newsletter.errors import NewsletterError
from newsletter.issues import freezing
from newsletter.issues.freezing import Issue
from newsletter.issues.rendering import FrozenPost
from newsletter.issues.tables import renderings
from newsletter.outbox import queue
from newsletter.outbox.enquiry import first_due
from newsletter.outbox.queue import Counts
from newsletter.site import Site
from subscribers import keys
from subscribers.database import reading
from subscribers.errors import BadToken

#: The purpose of the token in the link; no reader's link is signed for it.
PURPOSE = "approve"

#: Nobody keeps the page, finds it by searching, or learns its address by what is linked from it.
_HEADERS = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}


@dataclass(frozen=True, slots=True)
class Waiting:
    """An issue as the page shows it."""

    issue: Issue
    posts: tuple[FrozenPost, ...]  # of the rendering that most readers get
    text: str
    counts: Counts
    due_at: datetime | None


def router(site: Site, clock: Callable[[], datetime], approve: Callable[[int], object]) -> APIRouter:
    """Return the pages; `approve` lets an issue go that waits, and raises NewsletterError where it may not."""
    pages = APIRouter(include_in_schema=False)

    @pages.api_route("/approve/{token}", methods=["GET", "HEAD"])
    def show(token: str) -> Response:
        """Show the issue, with a button as long as it waits."""
        number = _read(site, token)
        return _page(site, 404, waiting=None) if number is None else _show(site, number, clock())

    @pages.post("/approve/{token}")
    def act(token: str) -> Response:
        """Let the issue go, and show that."""
        number = _read(site, token)
        if number is None:
            return _page(site, 404, waiting=None)
        try:
            approve(number)
        except NewsletterError:
            return _show(site, number, clock(), status=409)
        return RedirectResponse(f"/approve/{token}", 303, headers=_HEADERS)

    return pages


def _read(site: Site, token: str) -> int | None:
    """Return the issue that a link is for; None for a link that we have not made."""
    try:
        with reading(site.engine) as connection:
            (number,) = keys.tokens(connection).read(PURPOSE, token)
            return number if freezing.find_issue(connection, number) else None
    except (BadToken, ValueError):
        return None


def _show(site: Site, number: int, now: datetime, *, status: int = 200) -> Response:
    with reading(site.engine) as connection:
        waiting = _look(connection, number)
    return _page(site, status, waiting=waiting, is_due=waiting.due_at is None or waiting.due_at <= now)


def _look(connection: Connection, number: int) -> Waiting:
    issue = freezing.get_issue(connection, number)
    first = select(renderings.c.id).where(renderings.c.issue_number == number).order_by(renderings.c.id)
    rendering = freezing.read_rendering(connection, connection.execute(first.limit(1)).scalar_one())
    return Waiting(
        issue,
        rendering.posts,
        rendering.text,
        queue.counts(connection, number),
        first_due(connection, number),
    )


def _page(site: Site, status: int, **facts: object) -> Response:
    own = site.settings.newsletter
    given = {"title": own.title, "url": own.url, "zone": own.timezone, "is_due": True, **facts}
    return HTMLResponse(site.templates.render("web/desk/approve.html", **given), status, headers=_HEADERS)
