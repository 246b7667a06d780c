"""Suppression: addresses never to be mailed, and why.

An address is kept as a keyed hash. It outlives the erasure of the subscription, tells whoever reads the table
nothing, and still stops every later import of the same address.
"""

from datetime import datetime
from hashlib import sha256
from hmac import new as hmac

from sqlalchemy import Connection, Exists, FromClause, delete, exists, select

from subscribers import keys, tables
from subscribers.address import Address
from subscribers.database import insert_unless_there
from subscribers.errors import Suppressed

REASONS = {
    "complaint": "the reader complained to their provider about our mail",
    "bounce": "mail to it came back for good",
    "erased": "the reader asked to be erased",
    "author": "the author never wants it mailed",
}


def suppress(connection: Connection, address: Address, *, reason: str, note: str = "", now: datetime) -> None:
    """Never mail this address again. Of several reasons the first stays, with its date."""
    if reason not in REASONS:
        raise ValueError(f"{reason!r} is no reason; known are {', '.join(REASONS)}")
    hashed = address_hash(connection, address)
    values = {"address_hash": hashed, "reason": reason, "note": note, "suppressed_at": now}
    connection.execute(insert_unless_there(connection.dialect, tables.suppressions).values(values))


def lift(connection: Connection, address: Address) -> bool:
    """Take an address off the list; return whether it was on it. Only the author may ask for this."""
    table = tables.suppressions
    hashed = address_hash(connection, address)
    return connection.execute(delete(table).where(table.c.address_hash == hashed)).rowcount > 0


def is_suppressed(connection: Connection, address: Address) -> bool:
    """Return whether an address must never be mailed."""
    return _reason(connection, address_hash(connection, address)) is not None


def refuse_suppressed(connection: Connection, address: Address) -> str:
    """Return the hash of an address that may be mailed. Raises Suppressed, with the reason, for another."""
    hashed = address_hash(connection, address)
    if reason := _reason(connection, hashed):
        raise Suppressed(f"{address} is suppressed: {REASONS.get(reason, reason)}.")
    return hashed


def suppressed(readers: FromClause = tables.subscribers) -> Exists:
    """Return an SQL condition: this reader is suppressed now.

    It stands in a statement that has `readers` (the table, or an alias of it) among its own tables, and is
    true or false at the moment that the statement runs, on both engines.
    """
    table = tables.suppressions
    return exists().where(table.c.address_hash == readers.c.address_hash).correlate(readers)


def address_hash(connection: Connection, address: Address) -> str:
    """Return the keyed hash under which an address is suppressed: HMAC-SHA256, 64 hexadecimal digits."""
    return keyed_hash(connection, address.key)


def keyed_hash(connection: Connection, text: str) -> str:
    """Return a hash that only this site can make, so that nobody else finds the text by trying: HMAC-SHA256."""
    return hmac(keys.suppression_key(connection), text.encode(), sha256).hexdigest()


def _reason(connection: Connection, hashed: str) -> str | None:
    table = tables.suppressions
    return connection.scalar(select(table.c.reason).where(table.c.address_hash == hashed))
