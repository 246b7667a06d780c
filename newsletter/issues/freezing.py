"""Freezing an issue: what was rendered is stored as it is, and from then on only read (law 3)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, insert, select, text, update

from newsletter.content.note import Note
from newsletter.content.post import InlineImage
from newsletter.errors import NewsletterError
from newsletter.issues import serving, tables
from newsletter.issues.rendering import FrozenPost, Rendering


@dataclass(frozen=True, slots=True)
class Issue:
    """A frozen issue."""

    number: int
    cadence: str | None
    scheduled_for: datetime | None
    subject: str
    last_post: int
    created_at: datetime
    state: str  # held | open | paused | cancelled
    reason: str = ""  # why it is held, paused or cancelled


#: Names PostgreSQL's lock for whoever makes an issue: any number that nothing else uses.
_LOCK = 0x69737375

_ISSUE = [tables.issues.c[name] for name in Issue.__slots__]


def next_number(connection: Connection) -> int:
    """Return the number that the next issue will have."""
    return (connection.scalar(select(func.max(tables.issues.c.number))) or 0) + 1


def freeze_issue(
    connection: Connection,
    *,
    number: int,
    cadence: str | None,
    scheduled_for: datetime | None,
    subject: str,
    last_post: int,
    note: Note | None,
    now: datetime,
    state: str = "open",
    reason: str = "",
) -> Issue:
    """Store the issue; its renderings follow with :func:`freeze_rendering` in the same transaction."""
    issue = Issue(number, cadence, scheduled_for, subject, last_post, now, state, reason)
    values = {name: getattr(issue, name) for name in Issue.__slots__}
    if note is not None:
        values |= {"note_hash": note.hash, "note": note.intro_text}
    connection.execute(insert(tables.issues).values(values))
    return issue


def freeze_rendering(
    connection: Connection, rendering: Rendering, *, kind: str, issue_number: int | None, now: datetime
) -> int:
    """Store one rendering with its posts and pictures; return its id. Our pages have those that they serve."""
    serving.keep(connection, rendering.served, now)
    rendering_id: int = connection.execute(
        insert(tables.renderings)
        .values(
            issue_number=issue_number,
            kind=kind,
            language=rendering.language,
            subject=rendering.subject,
            preheader=rendering.preheader,
            html=rendering.html,
            text=rendering.text,
            created_at=now,
        )
        .returning(tables.renderings.c.id)
    ).scalar_one()
    if rendering.posts:
        connection.execute(
            insert(tables.rendering_posts),
            [
                {
                    "rendering_id": rendering_id,
                    "position": position,
                    "identity": post.identity,
                    "title": post.title,
                    "url": post.url,
                }
                for position, post in enumerate(rendering.posts, 1)
            ],
        )
    if rendering.images:
        connection.execute(
            insert(tables.rendering_images),
            [
                {
                    "rendering_id": rendering_id,
                    "cid": image.cid,
                    "content_type": image.content_type,
                    "filename": image.filename,
                    "data": image.data,
                }
                for image in rendering.images
            ],
        )
    return rendering_id


def freeze_notice(connection: Connection, rendering: Rendering, *, kind: str, now: datetime) -> int:
    """Store the rendering of a notice, or find the equal one that is stored already; return its id."""
    table = tables.renderings
    same = (table.c.issue_number.is_(None), table.c.kind == kind, table.c.subject == rendering.subject)
    stored = connection.scalar(
        select(table.c.id)
        .where(*same, table.c.html == rendering.html, table.c.text == rendering.text)
        .order_by(table.c.id.desc())
        .limit(1)
    )
    return stored or freeze_rendering(connection, rendering, kind=kind, issue_number=None, now=now)


def read_rendering(connection: Connection, rendering_id: int) -> Rendering:
    """Read a frozen rendering back, byte for byte."""
    table = tables.renderings
    row = connection.execute(
        select(table.c.subject, table.c.preheader, table.c.html, table.c.text, table.c.language).where(
            table.c.id == rendering_id
        )
    ).one()
    return Rendering(
        subject=row.subject,
        preheader=row.preheader,
        html=row.html,
        text=row.text,
        images=tuple(_images(connection, rendering_id)),
        posts=tuple(_posts(connection, rendering_id)),
        problems=(),
        language=row.language,
    )


def _posts(connection: Connection, rendering_id: int) -> Sequence[FrozenPost]:
    table = tables.rendering_posts
    query = select(table.c.identity, table.c.title, table.c.url).where(table.c.rendering_id == rendering_id)
    return [FrozenPost(*row) for row in connection.execute(query.order_by(table.c.position))]


def _images(connection: Connection, rendering_id: int) -> Sequence[InlineImage]:
    table = tables.rendering_images
    query = select(table.c.cid, table.c.content_type, table.c.filename, table.c.data)
    return [
        InlineImage(*row) for row in connection.execute(query.where(table.c.rendering_id == rendering_id))
    ]


def all_issues(connection: Connection) -> list[Issue]:
    """Read every issue, newest first."""
    return [
        Issue(*row) for row in connection.execute(select(*_ISSUE).order_by(tables.issues.c.number.desc()))
    ]


def find_issue(connection: Connection, number: int) -> Issue | None:
    """Read one issue, or None when there is none of that number."""
    row = connection.execute(select(*_ISSUE).where(tables.issues.c.number == number)).one_or_none()
    return None if row is None else Issue(*row)


def get_issue(connection: Connection, number: int) -> Issue:
    """Read one issue. Raises NewsletterError when there is none of that number."""
    found = find_issue(connection, number)
    if found is None:
        raise NewsletterError(f"There is no issue {number}.", remedy="`newsletter issues` lists them.")
    return found


def posts_of(connection: Connection, number: int) -> list[str]:
    """Return the identities of all posts of an issue, whatever rendering they stand in."""
    table = tables.rendering_posts
    query = (
        select(table.c.identity)
        .join(tables.renderings, tables.renderings.c.id == table.c.rendering_id)
        .where(tables.renderings.c.issue_number == number)
        .group_by(table.c.identity)
        .order_by(func.min(table.c.position), table.c.identity)
    )
    return list(connection.scalars(query))


def sent_in(connection: Connection) -> dict[str, int]:
    """Return for every post that stood in an issue the number of the latest one."""
    table = tables.rendering_posts
    query = (
        select(table.c.identity, func.max(tables.renderings.c.issue_number))
        .join(tables.renderings, tables.renderings.c.id == table.c.rendering_id)
        .where(tables.renderings.c.issue_number.is_not(None))
        .group_by(table.c.identity)
    )
    return dict(connection.execute(query).all())


def note_was_used(connection: Connection, note: Note) -> int | None:
    """Return the number of the issue that these author's words went with, or None."""
    return connection.scalar(
        select(tables.issues.c.number).where(tables.issues.c.note_hash == note.hash).limit(1)
    )


def release_note(connection: Connection, number: int) -> None:
    """Let the author's words for an issue go with the next one: nobody has read them."""
    connection.execute(update(tables.issues).where(tables.issues.c.number == number).values(note_hash=None))


def take_turn(connection: Connection) -> None:
    """Let one issue be made at a time, so that two senders cannot give a post to the same reader twice.

    SQLite's write transactions are one at a time anyway.
    """
    if connection.dialect.name == "postgresql":
        # not the table itself: an issue that is being sent can be paused meanwhile
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
