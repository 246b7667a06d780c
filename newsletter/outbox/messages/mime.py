"""The MIME structure of a message: what is in it, in which order, between which boundaries (RFC 2046). Pure.

Boundaries hold `=_`, which no quoted-printable or base64 text can contain (RFC 2045, section 6.7).
"""

import re
from base64 import encodebytes
from collections.abc import Iterator
from dataclasses import dataclass

from newsletter.content.post import InlineImage
from newsletter.issues import merge
from newsletter.outbox.messages.quoting import encode

_STUFFED = re.compile(r"^(?= |From )", re.MULTILINE)
_TYPE = re.compile(r"[a-z]+/[a-z0-9.+-]+")
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(frozen=True, slots=True)
class Gap:
    """A place that a reader's own value fills. In HTML the value is escaped."""

    field: str
    html: bool


def alternative(
    text: str, html: str, images: tuple[InlineImage, ...], fingerprint: str
) -> Iterator[bytes | Gap]:
    """Yield a multipart/alternative, beginning with its Content-Type and the plainest part first.

    Pictures travel with the HTML in a multipart/related (RFC 2387). `fingerprint` makes the boundaries unique.
    """
    boundary = f"=_{fingerprint}_alternative"
    yield f'Content-Type: multipart/alternative;\r\n boundary="{boundary}"\r\n\r\n'.encode()
    yield _delimiter(boundary)
    yield from _text("plain", text)
    yield _delimiter(boundary)
    yield from _related(html, images, f"=_{fingerprint}_related") if images else _text("html", html)
    yield _delimiter(boundary, last=True)


def _related(html: str, images: tuple[InlineImage, ...], boundary: str) -> Iterator[bytes | Gap]:
    yield f'Content-Type: multipart/related; type="text/html";\r\n boundary="{boundary}"\r\n\r\n'.encode()
    yield _delimiter(boundary)
    yield from _text("html", html)
    for image in images:
        yield _delimiter(boundary)
        yield _image(image)
    yield _delimiter(boundary, last=True)


def _text(subtype: str, text: str) -> Iterator[bytes | Gap]:
    flowed = "; format=flowed" if subtype == "plain" else ""
    yield f'Content-Type: text/{subtype}; charset="utf-8"{flowed}\r\n'.encode()
    yield b"Content-Transfer-Encoding: quoted-printable\r\n\r\n"
    *pieces, last = merge.split(stuffed(text) if flowed else text)
    for position, piece in enumerate(pieces):
        yield Gap(piece, subtype == "html") if position % 2 else encode(piece, continued=True)
    yield encode(last)


def stuffed(text: str) -> str:
    """Put a space before each line that begins with one, or with “From ” (RFC 3676, section 4.4)."""
    return _STUFFED.sub(" ", text)


def _image(image: InlineImage) -> bytes:
    content_type = image.content_type if _TYPE.fullmatch(image.content_type) else "application/octet-stream"
    name = _NOT_IN_NAMES.sub("-", image.filename)[-60:] or "picture"
    if not re.fullmatch(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~@-]{1,200}", image.cid):
        raise ValueError(f"{image.cid!r} is no content id")
    head = (
        f"Content-Type: {content_type}\r\nContent-Transfer-Encoding: base64\r\n"
        f'Content-ID: <{image.cid}>\r\nContent-Disposition: inline; filename="{name}"\r\n\r\n'
    )
    return head.encode() + encodebytes(image.data).replace(b"\n", b"\r\n").removesuffix(b"\r\n")


def _delimiter(boundary: str, *, last: bool = False) -> bytes:
    """Return a delimiter line; the line break before it belongs to it (RFC 2046, section 5.1.1)."""
    return f"\r\n--{boundary}{'--' if last else ''}\r\n".encode()
