"""The secrets of this site. They live in its database, so that a backup has everything."""

import secrets
from datetime import datetime

from sqlalchemy import Connection, insert, select

from subscribers.errors import DatabaseUnavailable
from subscribers.tables import keys
from subscribers.tokens import Tokens

#: Octets of a secret: as many as SHA-256 can make use of.
_LENGTH = 32


def create(connection: Connection, now: datetime) -> None:
    """Make the secrets that are not there yet."""
    present = set(connection.scalars(select(keys.c.purpose)))
    for purpose in ("tokens", "suppression"):
        if purpose not in present:
            _add(connection, purpose, now)


def rotate(connection: Connection, now: datetime) -> None:
    """Sign new tokens with a new secret; the old ones keep verifying, so links in old mail keep working.

    The suppression key never rotates: the addresses behind its hashes are gone and could not be hashed anew.
    """
    _add(connection, "tokens", now)


def tokens(connection: Connection) -> Tokens:
    """Return what signs and reads tokens. Raises DatabaseUnavailable where there are no keys."""
    return Tokens(_read(connection, "tokens"))


def suppression_key(connection: Connection) -> bytes:
    """Return the key under which addresses are hashed. Raises DatabaseUnavailable where there is none."""
    return _read(connection, "suppression")[0]


def _add(connection: Connection, purpose: str, now: datetime) -> None:
    secret = secrets.token_bytes(_LENGTH)
    connection.execute(insert(keys).values(purpose=purpose, secret=secret, created_at=now))


def _read(connection: Connection, purpose: str) -> list[bytes]:
    query = select(keys.c.secret).where(keys.c.purpose == purpose).order_by(keys.c.id)
    found = [bytes(secret) for secret in connection.scalars(query)]
    if not found:
        raise DatabaseUnavailable(
            f"The database has no {purpose} key: its making was interrupted, or the key was deleted.",
            remedy="Restore a backup; without the key, links in mail already sent cannot be honoured.",
        )
    return found
