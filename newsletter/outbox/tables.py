"""The outbox: one row per message to one reader."""

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint, text

from newsletter.issues import tables as _issues  # noqa: F401 - the foreign keys below point there
from subscribers.database import Instant, metadata

#: queued → sending → sent; or queued again after 4xx, bounced, failed, cancelled, unknown.
#: A row with a worker and a lease is claimed; only `sending` may be on the wire.
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
    Column("status", String(16), nullable=False, default="queued"),
    Column("priority", Integer, nullable=False, default=1),  # lower goes first: notices 0, issues 1
    Column("due_at", Instant, nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("worker", String(64)),  # who has claimed it, as outbox.presence names them
    Column("leased_until", Instant),
    Column("settled_at", Instant),
    Column("reply_code", Integer),
    Column("reply", Text),
    UniqueConstraint("issue_number", "subscriber_id"),
    Index(
        "ix_deliveries_due",
        "priority",
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
