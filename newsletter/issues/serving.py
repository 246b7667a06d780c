"""Images that mail programs fetch from our own pages, each under the digest of its content.

They lie in the database, written in the transaction that freezes an issue: whichever machine has the pages has them,
and so has every backup. They stay as long as mails that show them lie in inboxes, so nothing takes them out.
"""

from base64 import b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from sqlalchemy import Connection, select

from newsletter.content.post import InlineImage
from newsletter.issues.tables import served_images
from subscribers.database import insert_unless_there

#: Below our own address; behind it follow a digest and an ending. Mails name it, so it never changes.
PLACE = "/images"


@dataclass(frozen=True, slots=True)
class ServedImage:
    """An image that is fetched from `address`; `name` is the last part of that. It says nothing of any reader."""

    name: str
    address: str
    content_type: str
    data: bytes


def served(image: InlineImage, url: str) -> ServedImage:
    """Return an image as our pages, whose address is `url`, give it to everybody."""
    name = f"{sha256(image.data).hexdigest()[:32]}.{image.content_type.removeprefix('image/')}"
    return ServedImage(name, f"{url}{PLACE}/{name}", image.content_type, image.data)


def with_addresses(html: str, images: Sequence[InlineImage], url: str) -> tuple[str, tuple[ServedImage, ...]]:
    """Let the images of a mail be fetched from our pages, instead of travelling along; return these, too."""
    found = [served(image, url) for image in images]
    for image, ours in zip(images, found, strict=True):
        html = html.replace(f"cid:{image.cid}", ours.address)
    return html, tuple(found)


def with_data(html: str, images: Iterable[ServedImage]) -> str:
    """Return a mail as a preview shows it: nothing is frozen yet, so our pages do not know its images."""
    for image in images:
        html = html.replace(
            image.address, f"data:{image.content_type};base64,{b64encode(image.data).decode()}"
        )
    return html


def keep(connection: Connection, images: Iterable[ServedImage], now: datetime) -> None:
    """Let our pages give these images from now on; one that they have is the same, and stays."""
    for image in images:
        unless_there = insert_unless_there(connection.dialect, served_images)
        facts = {"name": image.name, "content_type": image.content_type, "data": image.data}
        connection.execute(unless_there.values(**facts, created_at=now))


def find(connection: Connection, name: str) -> tuple[str, bytes] | None:
    """Return the kind and the bytes of the image of this name; None where we have none."""
    query = select(served_images.c.content_type, served_images.c.data).where(served_images.c.name == name)
    row = connection.execute(query).one_or_none()
    return None if row is None else (row.content_type, row.data)
