"""The roster: who subscribes, and the way of a subscription: pending → confirmed → unsubscribed."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Select, and_, case, select, update

from subscribers import suppression
from subscribers.address import Address, parse
from subscribers.database import insert_unless_there
from subscribers.errors import AlreadySubscribed, UnknownSubscriber
from subscribers.tables import subscribers

#: Readers fetched at a time when all of them are listed.
_PAGE = 1000


@dataclass(frozen=True, slots=True)
class Subscriber:
    """A person's address and what they chose. `served`: the last post that an issue took into account."""

    id: int
    email: str
    name: str
    status: str  # pending | confirmed | unsubscribed
    cadence: str
    topics: tuple[str, ...]  # none: everything
    timezone: str
    language: str
    served: int
    created_at: datetime
    confirmed_at: datetime | None
    unsubscribed_at: datetime | None
    paused_until: datetime | None


class Keep(Enum):
    """The mark of what a change leaves as it is, where None means something."""

    AS_IT_IS = "as it is"


_COLUMNS = [subscribers.c[name] for name in Subscriber.__slots__]


def add(
    connection: Connection,
    address: Address,
    *,
    name: str,
    cadence: str,
    topics: tuple[str, ...],
    timezone: str,
    language: str,
    served: int,
    now: datetime,
) -> Subscriber:
    """Write a new reader down, as pending until they confirm; one who had left may be asked again.

    Raises Suppressed, or AlreadySubscribed for a reader who is confirmed or was asked: what they have is
    never changed, else anybody could stop a stranger's subscription by asking for it anew.
    """
    chosen: dict[str, Any] = {
        "email": address.email,
        "address_hash": suppression.refuse_suppressed(connection, address),
        "name": name,
        "cadence": cadence,
        "topics": topics,
        "timezone": timezone,
        "language": language,
        "status": "pending",
    }
    new = {"email_key": address.key, "served": served, "created_at": now}
    inserting = insert_unless_there(connection.dialect, subscribers).values(chosen | new)
    row = connection.execute(inserting.returning(*_COLUMNS)).one_or_none()
    return Subscriber(*row) if row else _ask_again(connection, address, chosen, served)


def _ask_again(connection: Connection, address: Address, chosen: dict[str, Any], served: int) -> Subscriber:
    this = subscribers.c.email_key == address.key
    asking = (
        update(subscribers)
        .where(this, subscribers.c.status == "unsubscribed")
        .values(
            **chosen, served=_at_least(served), confirmed_at=None, unsubscribed_at=None, paused_until=None
        )
    )
    if row := connection.execute(asking.returning(*_COLUMNS)).one_or_none():
        return Subscriber(*row)
    confirmed = _one(connection, this, address.email).status == "confirmed"
    what = "is subscribed already" if confirmed else "was asked already, and has not answered yet"
    raise AlreadySubscribed(f"{address} {what}; nothing was changed.")


def confirm(connection: Connection, subscriber_id: int, *, served: int, now: datetime) -> bool:
    """Confirm a pending reader, who counts as served up to a post; return whether they were pending.

    Anybody else, and one who is suppressed, stays as they are: an old link neither repeats posts nor brings
    back a reader who left.
    Raises UnknownSubscriber.
    """
    return _advance(
        connection,
        subscriber_id,
        and_(subscribers.c.status == "pending", ~suppression.suppressed()),
        {"status": "confirmed", "confirmed_at": now, "served": _at_least(served)},
    )


def leave(connection: Connection, subscriber_id: int, now: datetime) -> bool:
    """Unsubscribe a reader at once; return whether they had not left before. Raises UnknownSubscriber."""
    return _advance(
        connection,
        subscriber_id,
        subscribers.c.status != "unsubscribed",
        {"status": "unsubscribed", "unsubscribed_at": now},
    )


def come_back(connection: Connection, subscriber_id: int, *, served: int, now: datetime) -> bool:
    """Take back that a reader left, who counts as served up to a post; return whether that was to be taken back.

    One who never was confirmed, or is suppressed, stays as they are. Raises UnknownSubscriber.
    """
    return _advance(
        connection,
        subscriber_id,
        and_(
            subscribers.c.status == "unsubscribed",
            subscribers.c.confirmed_at.is_not(None),
            ~suppression.suppressed(),
        ),
        {"status": "confirmed", "unsubscribed_at": None, "confirmed_at": now, "served": _at_least(served)},
    )


def change(
    connection: Connection,
    subscriber_id: int,
    *,
    name: str | None = None,
    cadence: str | None = None,
    topics: tuple[str, ...] | None = None,
    timezone: str | None = None,
    language: str | None = None,
    paused_until: datetime | Literal[Keep.AS_IT_IS] | None = Keep.AS_IT_IS,
) -> Subscriber:
    """Write down what a reader chose; None leaves it as it is. Raises UnknownSubscriber."""
    chosen: dict[str, Any] = {
        "name": name,
        "cadence": cadence,
        "topics": topics,
        "timezone": timezone,
        "language": language,
    }
    values = {key: value for key, value in chosen.items() if value is not None}
    if paused_until is not Keep.AS_IT_IS:
        values["paused_until"] = paused_until
    this = subscribers.c.id == subscriber_id
    if values:
        connection.execute(update(subscribers).where(this).values(values))
    return _one(connection, this, f"number {subscriber_id}")


def _advance(
    connection: Connection, subscriber_id: int, condition: ColumnElement[bool], values: dict[str, Any]
) -> bool:
    this = subscribers.c.id == subscriber_id
    if connection.execute(update(subscribers).where(this, condition).values(values)).rowcount:
        return True
    _one(connection, this, f"number {subscriber_id}")
    return False


def find(connection: Connection, email: str) -> Subscriber:
    """Return the reader of an address, however its case. Raises InvalidAddress or UnknownSubscriber."""
    return _one(connection, subscribers.c.email_key == parse(email).key, email)


def find_by_id(connection: Connection, subscriber_id: int) -> Subscriber:
    """Return the reader that a token names. Raises UnknownSubscriber."""
    return _one(connection, subscribers.c.id == subscriber_id, f"number {subscriber_id}")


def language_of(connection: Connection, address: Address) -> str | None:
    """Return the language of whoever has an address, whatever their status; None where nobody is known."""
    return connection.scalar(select(subscribers.c.language).where(subscribers.c.email_key == address.key))


def everyone(connection: Connection, *, status: str | None = None) -> Iterator[Subscriber]:
    """Go through all readers, or those of one status, in the order in which they came."""
    query = select(*_COLUMNS).order_by(subscribers.c.id)
    if status is not None:
        query = query.where(subscribers.c.status == status)
    with connection.execute(query, execution_options={"yield_per": _PAGE}) as rows:
        for row in rows:
            yield Subscriber(*row)


def serve_up_to(connection: Connection, audience: Select[int], number: int) -> int:
    """Note that an issue took the posts up to a number into account for these readers; return how many."""
    statement = update(subscribers).where(subscribers.c.id.in_(audience), subscribers.c.served < number)
    return connection.execute(statement.values(served=number)).rowcount


def _at_least(served: int) -> ColumnElement[int]:
    # never back: what a reader was served before they left is not new to them when they return
    return case((subscribers.c.served > served, subscribers.c.served), else_=served)


def _one(connection: Connection, condition: ColumnElement[bool], who: str) -> Subscriber:
    row = connection.execute(select(*_COLUMNS).where(condition)).one_or_none()
    if row is None:
        raise UnknownSubscriber(f"{who} is no subscriber.")
    return Subscriber(*row)
