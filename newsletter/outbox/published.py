"""What is published: issues that have reached somebody, as everybody may see them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from sqlalchemy import ColumnElement, Connection, Select, exists, or_, select

from newsletter.content.post import InlineImage
from newsletter.issues import freezing, merge
from newsletter.issues.tables import issues as table
from newsletter.issues.tables import rendering_images, renderings
from newsletter.outbox.tables import deliveries, past_deliveries

#: What stands where a reader's own address would.
_SOMEBODY = "…@…"


@dataclass(frozen=True, slots=True)
class Listed:
    """An issue in the archive."""

    number: int
    subject: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Shown:
    """An issue as a page; the fingerprint changes with it."""

    html: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Entry:
    """An issue in a feed."""

    number: int
    subject: str
    created_at: datetime
    summary: str
    text: str


def issues(connection: Connection) -> list[Listed]:
    """Return the issues that somebody has, newest first."""
    query = select(table.c.number, table.c.subject, table.c.created_at).where(_has_reached_somebody())
    return [Listed(*row) for row in connection.execute(query.order_by(table.c.number.desc()))]


def latest(connection: Connection, up_to: int, language: str) -> int | None:
    """Return a rendering of the newest issue with no post above a number; None: there is none.

    It is the first one in a language, where the issue went to readers of that, else the first of all.
    """
    newest = select(table.c.number).where(_has_reached_somebody(), table.c.last_post <= up_to)
    number = connection.scalar(newest.order_by(table.c.number.desc()).limit(1))
    if number is None:
        return None
    theirs = _first_rendering(number).where(renderings.c.language == language)
    return connection.scalar(theirs) or connection.scalar(_first_rendering(number))


def shown(connection: Connection, number: int, url: str) -> Shown | None:
    """Return an issue as a page of our site, with nobody's links and address in it; None where nobody has it."""
    rendering_id = connection.scalar(_first_rendering(number))
    if rendering_id is None:
        return None
    rendering = freezing.read_rendering(connection, rendering_id)
    html = "".join(_public(rendering.html, url))
    for image in rendering.images:
        html = html.replace(f"cid:{image.cid}", f"/archive/{number}/images/{image.cid.partition('@')[0]}")
    return Shown(html, sha256(html.encode()).hexdigest()[:32])


def image(connection: Connection, number: int, name: str) -> InlineImage | None:
    """Return an image that travels inside an issue; None where it has none of that name."""
    columns = rendering_images.c
    query = (
        select(columns.cid, columns.content_type, columns.filename, columns.data)
        .join(renderings, renderings.c.id == columns.rendering_id)
        .join(table, table.c.number == renderings.c.issue_number)
        .where(table.c.number == number, columns.cid.startswith(f"{name}@", autoescape=True))
        .where(_has_reached_somebody())
    )
    row = connection.execute(query.limit(1)).first()
    return InlineImage(*row) if row else None


def entries(connection: Connection, most: int) -> list[Entry]:
    """Return the newest issues with their texts, newest first."""
    found = []
    for one in issues(connection)[:most]:
        rendering = freezing.read_rendering(
            connection, connection.execute(_first_rendering(one.number)).scalar_one()
        )
        body = "".join(_public(rendering.text, ""))
        found.append(Entry(one.number, one.subject, one.created_at, rendering.preheader, body))
    return found


def _first_rendering(number: int) -> Select[int]:
    """Return a query for the rendering of what most readers got, which is made first."""
    query = select(renderings.c.id).join(table, table.c.number == renderings.c.issue_number)
    return query.where(table.c.number == number, _has_reached_somebody()).order_by(renderings.c.id).limit(1)


def _has_reached_somebody() -> ColumnElement[bool]:
    either = (
        exists().where(one.c.issue_number == table.c.number, one.c.status == "sent").correlate(table)
        for one in (deliveries, past_deliveries)
    )
    return or_(*either)


def _public(text: str, url: str) -> Iterator[str]:
    """Put what everybody may see in the place of what is a reader's own."""
    for position, piece in enumerate(merge.split(text)):
        if position % 2 == 0:
            yield piece
        elif piece == merge.READER_EMAIL:
            yield _SOMEBODY
        elif piece != merge.READER_NAME:
            yield f"{url}/"
