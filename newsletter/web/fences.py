"""What stands in front of every page: how large a request may be, for which host and from where; what browsers hear."""

from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

#: Octets of the largest request that a form of ours makes, many times over.
LARGEST = 64 * 1024

#: No script, no frame, nothing from anywhere else; forms lead to ourselves.
_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data: https:; font-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)

_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "browsing-topics=()",
    "Referrer-Policy": "no-referrer",  # addresses of our pages hold tokens
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}

#: Hosts that always are ours: whoever asks from this machine, such as a monitor.
_LOCAL = frozenset(["localhost", "127.0.0.1", "[::1]"])

#: Where forms of other pages may lead: one more press is asked for there, and a mail. And to the one-click button of
#: mail programs, to which nothing may be required but the token (RFC 8058, section 3.2).
_FOR_ALL = ("/subscribe", "/unsubscribe/")


class Fences:
    """An ASGI application around another one."""

    def __init__(
        self, app: ASGIApp, *, hosts: Collection[str], origins: Collection[str], is_secure: bool
    ) -> None:
        self._app = app
        self._origins = frozenset(origins)
        self._hosts = _LOCAL | {host.lower() for host in hosts}
        self._headers = _HEADERS | ({"Strict-Transport-Security": "max-age=31536000"} if is_secure else {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if _name_of(headers.get("host", "")) not in self._hosts:
            await _refuse(400, "This is not the host that you asked for.", scope, receive, self._marked(send))
            return
        if scope["method"] == "POST" and self._is_from_elsewhere(scope["path"], headers):
            await _refuse(
                403, "This form stands on a page of somebody else.", scope, receive, self._marked(send)
            )
            return
        if int(headers.get("content-length") or 0) > LARGEST:
            await _refuse(413, "This is more than any form of ours.", scope, receive, self._marked(send))
            return
        await self._app(scope, _bounded(receive), self._marked(send))

    def _is_from_elsewhere(self, path: str, headers: Headers) -> bool:
        """Whether a browser says that a page of another site sends this. Programs say nothing of the kind.

        Our own forms come with the origin `null`, as no referrer may be told; then it is for the browser to say
        whether that is the same site (Fetch Metadata).
        """
        if path.startswith(_FOR_ALL):
            return False
        origin = headers.get("origin", "null")
        if path.startswith("/api/") and origin in self._origins:
            return False
        if "sec-fetch-site" in headers:
            return headers["sec-fetch-site"] not in ("same-origin", "none")
        return origin != "null" and _name_of(origin.partition("//")[2]) not in self._hosts

    def _marked(self, send: Send) -> Send:
        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        return marked


class TooLarge(Exception):
    """A request without a stated length has grown too large."""


def _bounded(receive: Receive) -> Receive:
    """Take no more of a body than LARGEST, whatever its headers say of it."""
    taken = 0

    async def bounded() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > LARGEST:
            raise TooLarge
        return message

    return bounded


async def _refuse(status: int, words: str, scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse(f"{words}\n", status)(scope, receive, send)


def _name_of(host: str) -> str:
    """Return a Host header without its port, in small letters."""
    try:
        parts = urlsplit(f"//{host}")
        return f"[{parts.hostname}]" if parts.hostname and ":" in parts.hostname else (parts.hostname or "")
    except ValueError:
        return ""
