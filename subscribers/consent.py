"""Consent: dated evidence of what a reader asked, confirmed, changed or withdrew. Only ever appended to."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from sqlalchemy import Connection, func, insert, select

from subscribers.tables import consents

Act = Literal["asked", "confirmed", "changed", "withdrawn"]
How = Literal["author", "form", "mail", "link", "one-click", "import", "complaint"]


@dataclass(frozen=True, slots=True)
class Consent:
    """One act. `source` is where it came from; `wording` what the reader saw, or who vouched and why."""

    happened_at: datetime
    act: str
    how: str
    source: str
    wording: str


def record(
    connection: Connection,
    subscriber_id: int,
    act: str,
    *,
    how: str,
    source: str = "",
    wording: str = "",
    now: datetime,
) -> None:
    """Append one act to a reader's record. Raises ValueError for an act or a way that has no name here."""
    if act not in get_args(Act) or how not in get_args(How):
        raise ValueError(f"{act!r} by {how!r} is no act of consent")
    connection.execute(
        insert(consents).values(
            subscriber_id=subscriber_id, happened_at=now, act=act, how=how, source=source, wording=wording
        )
    )


def asked(connection: Connection, subscriber_id: int) -> list[datetime]:
    """Return when a reader was asked to confirm, oldest first, since they last left."""
    of_theirs = consents.c.subscriber_id == subscriber_id
    left = select(func.max(consents.c.id)).where(of_theirs, consents.c.act == "withdrawn").scalar_subquery()
    query = select(consents.c.happened_at).where(of_theirs, consents.c.act == "asked")
    return list(
        connection.scalars(query.where(consents.c.id > func.coalesce(left, 0)).order_by(consents.c.id))
    )


def history(connection: Connection, subscriber_id: int) -> list[Consent]:
    """Return a reader's record, oldest first."""
    columns = [consents.c[name] for name in Consent.__slots__]
    query = select(*columns).where(consents.c.subscriber_id == subscriber_id).order_by(consents.c.id)
    return [Consent(*row) for row in connection.execute(query)]
