"""Readers for tests."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from subscribers import roster
from subscribers.address import parse
from subscribers.roster import Subscriber


def add(connection: Connection, email: str, now: datetime, **chosen: Any) -> Subscriber:
    """Write a pending reader down."""
    facts: dict[str, Any] = {
        "name": "",
        "cadence": "weekly",
        "topics": (),
        "timezone": "Europe/London",
        "language": "en",
        "served": 0,
    }
    return roster.add(connection, parse(email), now=now, **(facts | chosen))


def add_confirmed(connection: Connection, email: str, now: datetime, **chosen: Any) -> Subscriber:
    """Write a confirmed reader down."""
    reader = add(connection, email, now, **chosen)
    roster.confirm(connection, reader.id, served=reader.served, now=now)
    return roster.find(connection, email)
