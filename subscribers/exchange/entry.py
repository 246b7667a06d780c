"""What a row of a file says about a person, whichever service wrote it."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

#: How the person stood there. "subscribed" is what a service says; whether they agreed is another matter.
Standing = Literal["subscribed", "pending", "unsubscribed", "bounced", "complained"]


@dataclass(frozen=True, slots=True)
class Act:
    """An act of consent, as our own files bring it; see :mod:`subscribers.consent`."""

    happened_at: datetime
    act: str
    how: str
    source: str
    wording: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A person. `evidence` is what the file has to show that they agreed; `acts` the record, where it is ours."""

    line: int
    email: str
    standing: Standing
    name: str = ""
    cadence: str | None = None
    topics: tuple[str, ...] = ()
    timezone: str | None = None
    language: str | None = None
    created_at: datetime | None = None
    confirmed_at: datetime | None = None
    unsubscribed_at: datetime | None = None
    paused_until: datetime | None = None
    suppressed: str = ""  # the reason, of subscribers.suppression.REASONS
    evidence: str = ""
    acts: tuple[Act, ...] = ()


def moment(text: str) -> datetime | None:
    """Read a time as services write it, in UTC unless it says otherwise; None where it is none."""
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
