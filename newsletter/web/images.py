"""Images that mails show and that our pages give: `[images] delivery = "served"`."""

from fastapi import APIRouter, Request
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from newsletter.issues import serving
from newsletter.web.reception import Reception
from subscribers.database import reading

#: The name is the digest of the content, which so never changes (RFC 8246); and mail programs on the web, whose pages
#: are of another origin, may show it (Fetch, section 3.7).
_HEADERS = {
    "Cache-Control": "public, max-age=31536000, immutable",
    "Cross-Origin-Resource-Policy": "cross-origin",
}


def router(reception: Reception) -> APIRouter:
    """Return the one address; the same image is the same for everybody, and nothing is kept of who asks."""
    routes = APIRouter()

    @routes.api_route(f"{serving.PLACE}/{{name}}", methods=["GET", "HEAD"])
    def image(request: Request, name: str) -> Response:
        """Give an image of a mail; what is in no mail of ours is not here, whatever the name."""
        with reading(reception.site.engine) as connection:
            found = serving.find(connection, name)
        if found is None:
            raise HTTPException(404)
        content_type, data = found
        headers = {**_HEADERS, "ETag": f'"{name.partition(".")[0]}"'}
        if request.headers.get("if-none-match") == headers["ETag"]:
            return Response(status_code=304, headers=headers)
        return Response(data, media_type=content_type, headers=headers)

    return routes
