"""The tables of the people."""

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, String, Table, Text, UniqueConstraint

from subscribers.database import Instant, Words, metadata

#: A person's address and what they chose. `served` is the number of the last post that an issue
#: for this reader took into account; posts above it are new to them.
subscribers = Table(
    "subscribers",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("email", String(320), nullable=False),
    Column("email_key", String(320), nullable=False, unique=True),
    Column("address_hash", String(64), nullable=False, index=True),  # what a suppression would be filed under
    Column("name", Text, nullable=False, default=""),
    Column("status", String(16), nullable=False),  # pending | confirmed | unsubscribed
    Column("cadence", String(32), nullable=False),
    Column("topics", Words, nullable=False, default=()),  # empty: everything
    Column("timezone", String(64), nullable=False),
    Column("language", String(16), nullable=False),
    Column("served", Integer, nullable=False, default=0),
    Column("created_at", Instant, nullable=False),
    Column("confirmed_at", Instant),
    Column("unsubscribed_at", Instant),
    Column("paused_until", Instant),  # until then they are in no audience, and miss nothing
    Index("ix_subscribers_audience", "status", "cadence", "served"),
    Index("ix_subscribers_zones", "status", "cadence", "timezone"),
    sqlite_autoincrement=True,  # an id is never given twice, so an old token can't name a new reader
)

#: Posts that are new to a reader although `served` says otherwise: an issue passed them over, or its delivery did not
#: come off when it was too late to take the number back. There are few, or none.
owed = Table(
    "owed",
    metadata,
    Column("post", Integer, primary_key=True, autoincrement=False),  # by its number
    Column("subscriber_id", ForeignKey("subscribers.id", ondelete="CASCADE"), primary_key=True, index=True),
)

#: Dated evidence, only ever appended to. It outlives the subscription's later states.
consents = Table(
    "consents",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("subscriber_id", ForeignKey("subscribers.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("happened_at", Instant, nullable=False),
    Column("act", String(16), nullable=False),  # asked | confirmed | changed | withdrawn
    Column("how", String(32), nullable=False),  # author | form | mail | link | one-click | import | complaint
    Column("source", Text, nullable=False, default=""),  # from where: page, message-id, network
    Column("wording", Text, nullable=False, default=""),  # under which wording, or who vouched and why
)

#: What came back from a reader's provider, one row for each report that counts. A success since forgets them.
bounces = Table(
    "bounces",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("subscriber_id", ForeignKey("subscribers.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("happened_at", Instant, nullable=False),
    Column("delivery_id", Integer),  # what came back; no foreign key, for deliveries are forgotten sooner
    Column("status", String(16), nullable=False, default=""),
    Column("reason", Text, nullable=False, default=""),
    UniqueConstraint("subscriber_id", "delivery_id"),
)

#: Addresses never to be mailed. The key is a keyed hash, so that it can outlive erasure.
suppressions = Table(
    "suppressions",
    metadata,
    Column("address_hash", String(64), primary_key=True),
    Column("reason", String(32), nullable=False),  # complaint | bounce | erased | author
    Column("note", Text, nullable=False, default=""),
    Column("suppressed_at", Instant, nullable=False),
)

#: Secrets of this site. `tokens` keys rotate (the newest signs, all verify); the `suppression` key never.
keys = Table(
    "keys",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("purpose", String(16), nullable=False),  # tokens | suppression
    Column("secret", LargeBinary, nullable=False),
    Column("created_at", Instant, nullable=False),
)
