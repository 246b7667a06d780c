"""What came by mail."""

from sqlalchemy import Column, String, Table

from subscribers.database import Instant, metadata

#: Messages that were handled, by what tells them from all others: none is handled twice, by whatever door it comes.
received = Table(
    "received",
    metadata,
    Column("identity", String(64), primary_key=True),
    Column("received_at", Instant, nullable=False, index=True),
)
