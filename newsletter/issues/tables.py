"""The tables of what is published: posts, issues, renderings."""

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from subscribers.database import Instant, metadata

#: Posts that have been sendable at least once. `number` only ever grows: it is the order in which posts
#: became new, and readers remember the last one they were served.
posts = Table(
    "posts",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("identity", Text, nullable=False, unique=True),
    Column("path", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("published_at", Instant, nullable=False),
    Column("body_hash", String(64), nullable=False, index=True),
    Column(
        "baseline", Boolean, nullable=False, default=False
    ),  # was there before the newsletter: seen, not sent
    Column("first_seen_at", Instant, nullable=False),
)

#: The numbered, frozen thing that is sent.
issues = Table(
    "issues",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("cadence", String(32)),  # null: sent by hand to every reader with something unseen
    Column("scheduled_for", Instant),
    Column("subject", Text, nullable=False),
    Column("last_post", Integer, nullable=False),  # readers in the audience are served up to here
    Column("note_hash", String(64)),  # the author's words for this issue, so that they are used once
    Column("note", Text, nullable=False, default=""),
    Column("created_at", Instant, nullable=False),
    Column(
        "state", String(16), nullable=False, default="open"
    ),  # held (for approval) | open | paused | cancelled
    Column("reason", Text, nullable=False, default=""),  # why it was paused or cancelled
    UniqueConstraint("cadence", "scheduled_for"),
)

#: Subject, HTML and text for one set of posts in one language (or for a notice, then without an issue).
renderings = Table(
    "renderings",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("issue_number", ForeignKey("issues.number", ondelete="CASCADE"), index=True),
    Column("kind", String(16), nullable=False),  # issue | confirm | welcome | ...
    Column("language", String(35), nullable=False, default="en"),  # its readers': RFC 5646, section 4.4.1
    Column("subject", Text, nullable=False),
    Column("preheader", Text, nullable=False),
    Column("html", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
)

#: Which posts a rendering holds, as they were called when it was frozen.
rendering_posts = Table(
    "rendering_posts",
    metadata,
    Column("rendering_id", ForeignKey("renderings.id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("identity", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("url", Text),
)

#: Pictures that travel inside the mail, where no site is known that could serve them.
rendering_images = Table(
    "rendering_images",
    metadata,
    Column("rendering_id", ForeignKey("renderings.id", ondelete="CASCADE"), primary_key=True),
    Column("cid", String(64), primary_key=True),
    Column("content_type", String(64), nullable=False),
    Column("filename", Text, nullable=False),
    Column("data", LargeBinary, nullable=False),
)

#: Pictures that mail programs fetch from our pages, by their digest: of all issues, each once.
served_images = Table(
    "served_images",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("content_type", String(64), nullable=False),
    Column("data", LargeBinary, nullable=False),
    Column("created_at", Instant, nullable=False),
)

#: Issues that were due and were not made: nothing was in them, nobody could make them in time, or their author does
#: not want them. Never silently. Together with `issues` they are what is done of the calendar.
skips = Table(
    "skips",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("cadence", String(32)),
    Column("scheduled_for", Instant),
    Column("kind", String(16), nullable=False, default="skipped"),  # skipped | missed | ordered
    Column("skipped_at", Instant, nullable=False),
    Column("reason", Text, nullable=False),
    Column(
        "last_post", Integer
    ),  # readers were served up to here all the same; null: its posts go with the next
    UniqueConstraint("cadence", "scheduled_for"),
)

#: Since when a rhythm is kept: what would have been due before that was nobody's to make.
rhythms = Table(
    "rhythms",
    metadata,
    Column("cadence", String(32), primary_key=True),
    Column("rhythm", Text, nullable=False),  # its cron expressions and zone; another one begins anew
    Column("since", Instant, nullable=False),
)
