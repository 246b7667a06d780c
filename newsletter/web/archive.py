"""The archive: every issue that has reached somebody, as it was sent; and feeds of it."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from newsletter.outbox import published
from newsletter.web import feeds
from newsletter.web.reception import Reception
from subscribers.database import reading

#: A mail carries its styles in its elements, and its images may be anywhere: this page alone may have both.
_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' https: http:; "
    "base-uri 'none'; frame-ancestors 'none'"
)

#: Who comes back finds what is new within minutes; an issue that was sent never changes, but its images.
_BRIEFLY, _LONG = {"Cache-Control": "max-age=300"}, {"Cache-Control": "max-age=86400"}

#: Issues on the first page of the archive, and in a feed.
_IN_FEEDS = 30


def router(reception: Reception) -> APIRouter:
    """Return the pages."""
    routes, pages, site = APIRouter(), reception.pages, reception.site

    @routes.api_route("/archive", methods=["GET", "HEAD"])
    def listing(request: Request) -> Response:
        """List the issues."""
        with reading(site.engine) as connection:
            issues = published.issues(connection)
        return pages.show("archive.html", pages.language_of(request), private=False, issues=issues)

    @routes.api_route("/archive/{number}", methods=["GET", "HEAD"])
    def issue(request: Request, number: int) -> Response:
        """Show one issue as it was sent, with nobody's links in it."""
        with reading(site.engine) as connection:
            shown = published.shown(connection, number, site.settings.newsletter.url)
        if shown is None:
            return pages.show("no-issue.html", pages.language_of(request), status=404)
        tag = f'"{shown.fingerprint}"'
        headers = {**_LONG, "ETag": tag, "Content-Security-Policy": _POLICY}
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers=headers)
        return HTMLResponse(shown.html, headers=headers)

    @routes.api_route("/archive/{number}/images/{name}", methods=["GET", "HEAD"])
    def image(request: Request, number: int, name: str) -> Response:
        """Give an image that travels inside an issue."""
        with reading(site.engine) as connection:
            found = published.image(connection, number, name)
        if found is None:
            return pages.show("no-issue.html", pages.language_of(request), status=404)
        headers = {"Cache-Control": "max-age=31536000, immutable"}
        return Response(found.data, media_type=found.content_type, headers=headers)

    @routes.api_route("/feed.atom", methods=["GET", "HEAD"])
    def atom() -> Response:
        """Give the newest issues as an Atom feed (RFC 4287)."""
        with reading(site.engine) as connection:
            entries = published.entries(connection, _IN_FEEDS)
        feed = feeds.atom(site.settings.newsletter, entries, reception.clock())
        return Response(feed, media_type="application/atom+xml", headers=_BRIEFLY)

    @routes.api_route("/feed.json", methods=["GET", "HEAD"])
    def json() -> Response:
        """Give the newest issues as a JSON feed (version 1.1)."""
        with reading(site.engine) as connection:
            entries = published.entries(connection, _IN_FEEDS)
        feed = feeds.json(site.settings.newsletter, entries)
        return Response(feed, media_type="application/feed+json", headers=_BRIEFLY)

    @routes.api_route("/privacy", methods=["GET", "HEAD"])
    def privacy(request: Request) -> Response:
        """Say what is kept of whom, and for how long."""
        return pages.show(
            "privacy.html",
            pages.language_of(request),
            private=False,
            kept=reception.site.settings.privacy,
        )

    return routes
