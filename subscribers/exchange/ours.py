"""Our own files: CSV (RFC 4180) with everything that we know of a reader, read back without losing an octet. Pure.

A spreadsheet takes a cell that begins with = + - or @ for a formula and runs it; so such a cell gets an apostrophe in
front, and one that begins with an apostrophe another one, which makes it two ways of one street.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime

from subscribers.consent import Consent
from subscribers.exchange.entry import Act, Entry, Standing, moment
from subscribers.roster import Subscriber

COLUMNS = (
    "email", "name", "status", "cadence", "topics", "timezone", "language", "created_at", "confirmed_at",
    "unsubscribed_at", "paused_until", "suppressed", "consent",
)  # fmt: skip

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "'")

_STANDINGS: dict[str, Standing] = {
    "confirmed": "subscribed",
    "pending": "pending",
    "unsubscribed": "unsubscribed",
}


def row(reader: Subscriber, record: Sequence[Consent], suppressed: str) -> list[str]:
    """Return a reader as a row of a file; `suppressed` is the reason, empty where there is none."""
    moments = (reader.created_at, reader.confirmed_at, reader.unsubscribed_at, reader.paused_until)
    acts = [[one.happened_at.isoformat(), one.act, one.how, one.source, one.wording] for one in record]
    cells = [
        reader.email, reader.name, reader.status, reader.cadence, json.dumps(reader.topics, ensure_ascii=False),
        reader.timezone, reader.language, *map(_written, moments), suppressed, json.dumps(acts, ensure_ascii=False),
    ]  # fmt: skip
    return [f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in cells]


def read(cells: Mapping[str, str], line: int, _file: str) -> Entry:
    """Read a row. Raises ValueError when somebody has changed it into what it cannot have been."""
    plain = {name: cell.removeprefix("'") for name, cell in cells.items()}
    acts = [Act(_moment(at), *map(str, rest)) for at, *rest in json.loads(plain["consent"] or "[]")]
    return Entry(
        line,
        plain["email"],
        _STANDINGS[plain["status"]],
        name=plain["name"],
        cadence=plain["cadence"] or None,
        topics=tuple(map(str, json.loads(plain["topics"] or "[]"))),
        timezone=plain["timezone"] or None,
        language=plain["language"] or None,
        created_at=moment(plain["created_at"]),
        confirmed_at=moment(plain["confirmed_at"]),
        unsubscribed_at=moment(plain["unsubscribed_at"]),
        paused_until=moment(plain["paused_until"]),
        suppressed=plain["suppressed"],
        evidence="its own record of consent" if any(one.act == "confirmed" for one in acts) else "",
        acts=tuple(acts),
    )


def _written(at: datetime | None) -> str:
    return at.isoformat() if at is not None else ""


def _moment(text: str) -> datetime:
    found = moment(text)
    if found is None:
        raise ValueError(f"{text!r} is no time")
    return found
