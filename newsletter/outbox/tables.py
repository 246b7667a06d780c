"""The outbox: one row per message to one reader, the workers that hand them over, and what they share."""

from sqlalchemy import (
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from newsletter.issues import tables as _issues  # noqa: F401 - the foreign keys below point there
from subscribers.database import Instant, metadata

#: queued → sending → sent; or queued again after 4xx, bounced, failed, cancelled, unknown.
#: A row with a worker is claimed, for as long as that worker's lease holds; only `sending` may be on the wire.
deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("issue_number", ForeignKey("issues.number")),  # null: a notice
    Column("rendering_id", ForeignKey("renderings.id"), nullable=False),
    Column("subscriber_id", ForeignKey("subscribers.id", ondelete="SET NULL"), index=True),
    # the state that the subscription must be in at the moment of sending (law 4): an issue needs
    # a confirmed reader, the mail that asks for confirmation a pending one
    Column("needs_status", String(16), nullable=False, default="confirmed"),
    # up to which post the reader was served before this issue: where the delivery does not come off,
    # its posts are new to them again (law 1)
    Column("served_before", Integer),
    Column("status", String(16), nullable=False, default="queued"),
    Column("due_at", Instant, nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("worker", Integer),  # who has claimed it; no foreign key, for its check would cost each claim
    Column("settled_at", Instant),
    Column("reply_code", Integer),
    Column("reply", Text),
    UniqueConstraint("issue_number", "subscriber_id"),
    Index(
        "ix_deliveries_due",
        "issue_number",
        "due_at",
        "id",
        sqlite_where=text("status = 'queued' AND worker IS NULL"),
        postgresql_where=text("status = 'queued' AND worker IS NULL"),
    ),
    Index(
        "ix_deliveries_claimed",
        "worker",
        sqlite_where=text("worker IS NOT NULL"),
        postgresql_where=text("worker IS NOT NULL"),
    ),
    sqlite_autoincrement=True,  # a delivery's id is in its Message-ID and return path: never give it twice
)

#: How the deliveries of an issue ended that are kept no longer, counted: what was sent stays true, and names nobody.
past_deliveries = Table(
    "past_deliveries",
    metadata,
    Column("issue_number", ForeignKey("issues.number"), primary_key=True),
    Column("status", String(16), primary_key=True),
    Column("count", Integer, nullable=False),
)

#: The workers that are at it. What one has claimed is its own until its lease is over, or it is seen to be dead.
workers = Table(
    "workers",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(64), nullable=False, unique=True),  # as outbox.delivery.presence makes it
    Column("host", Text, nullable=False),  # for people
    Column("started_at", Instant, nullable=False),
    Column("beat_at", Instant, nullable=False),
    Column("leased_until", Instant, nullable=False),
    sqlite_autoincrement=True,  # a worker that was taken for dead must not find itself in a later one's number
)

#: One row: when the next message may go out, for a rate that all workers share.
pace = Table(
    "pace",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("next_at", Instant, nullable=False),
)

#: How many messages were handed over on a day of the author's calendar, while a warm-up is on.
tallies = Table(
    "tallies",
    metadata,
    Column("day", Date, primary_key=True),
    Column("sent", Integer, nullable=False),
)

#: Domains that asked for less: none of their mail before `held_until`, and then on so many connections.
domains = Table(
    "domains",
    metadata,
    Column("name", String(255), primary_key=True),
    Column("held_until", Instant, nullable=False),
    Column("connections", Integer, nullable=False),
    Column("reply", Text, nullable=False),
)

#: Mail to the author: alarms, previews to approve, and readers' messages as they came (then `raw`, and no text). And
#: the few answers to people who wrote to our machines.
letters = Table(
    "letters",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", String(32), nullable=False),
    Column("key", String(255), nullable=False),  # what it is about
    Column("day", Date, nullable=False),  # in UTC: two who notice the same write one letter
    Column("subject", Text, nullable=False, default=""),
    Column("text", Text, nullable=False, default=""),
    Column("html", Text),
    Column("raw", LargeBinary),
    Column("recipient", String(320)),  # of an answer; null: the author
    Column("answers", Text),  # the Message-ID of what it answers
    Column("status", String(16), nullable=False, default="queued"),  # queued | sending | sent | failed
    Column("created_at", Instant, nullable=False),
    Column("due_at", Instant, nullable=False),  # while it is being sent: when another may take it up
    Column("attempts", Integer, nullable=False, default=0),
    Column("settled_at", Instant),
    Column("reply", Text),  # the relay's last words
    UniqueConstraint("key", "day"),
    Index(
        "ix_letters_due",
        "due_at",
        sqlite_where=text("settled_at IS NULL"),
        postgresql_where=text("settled_at IS NULL"),
    ),
    sqlite_autoincrement=True,  # its id is in its Message-ID
)

#: Which role of `serve` runs in which process, how it fares, and what it has done: for people and their instruments.
duties = Table(
    "duties",
    metadata,
    Column("process", String(64), primary_key=True),  # as outbox.delivery.presence makes it
    Column("role", String(16), primary_key=True),
    Column("host", Text, nullable=False),
    Column("state", String(16), nullable=False),  # starting | working | waiting | failing
    Column("reason", Text, nullable=False, default=""),
    Column("since", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Column("counts", Text, nullable=False, default="{}"),  # JSON: what it has done since it began
)
