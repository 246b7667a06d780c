"""What the web counts."""

from sqlalchemy import Column, Integer, String, Table

from subscribers.database import Instant, metadata

#: How often something was asked for within a window, for all processes together. Keys hold no address.
limits = Table(
    "limits",
    metadata,
    Column("key", String(255), primary_key=True),
    Column("count", Integer, nullable=False),
    Column("expires_at", Instant, nullable=False, index=True),
)
