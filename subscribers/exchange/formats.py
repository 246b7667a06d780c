"""The files of other services, as they write them: by which columns they are known, and what these mean. Pure.

Columns are named as of 2026, in lower case: Mailchimp's audience export, Substack's subscriber list, Ghost's members
(ghost/core, members-csv), Buttondown's and listmonk's subscribers (listmonk, cmd/subscribers.go), Kit's (ConvertKit's)
subscribers. What services add later does no harm: a file is known by a few columns, and others are left alone.
"""

import csv
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from subscribers.exchange import ours
from subscribers.exchange.entry import Entry, Standing, moment

#: A row of a file, by the names of its columns in lower case.
Row = Mapping[str, str]

_YES = frozenset({"true", "1", "yes"})

_BUTTONDOWN: dict[str, Standing] = {
    "regular": "subscribed", "premium": "subscribed", "gifted": "subscribed", "trialed": "subscribed",
    "churning": "subscribed", "past_due": "subscribed", "paused": "subscribed", "churned": "subscribed",
    "unsubscribed": "unsubscribed", "removed": "unsubscribed", "disabled": "unsubscribed", "blocked": "unsubscribed",
    "undeliverable": "bounced", "complained": "complained",
}  # fmt: skip
_KIT: dict[str, Standing] = {
    "active": "subscribed", "confirmed": "subscribed", "subscribed": "subscribed", "cancelled": "unsubscribed",
    "unsubscribed": "unsubscribed", "bounced": "bounced", "cold": "subscribed", "complained": "complained",
}  # fmt: skip
_LISTMONK: dict[str, Standing] = {
    "enabled": "subscribed",
    "blocklisted": "unsubscribed",
    "disabled": "unsubscribed",
}


@dataclass(frozen=True, slots=True)
class Format:
    """A service's files: `known_by` has the columns that one of its files has, any of several sets of them.

    `addresses` are its columns with internet addresses.
    """

    name: str
    known_by: tuple[frozenset[str], ...]
    read: Callable[[Row, int, str], Entry]
    addresses: frozenset[str] = frozenset()


def _mailchimp(row: Row, line: int, file: str) -> Entry:
    """Read a row; which of Mailchimp's four lists it is say the columns, and for the fourth only the file's name."""
    standing: Standing = "subscribed"
    if row.get("clean_time"):
        standing = "bounced"
    elif row.get("unsub_time") or file.startswith("unsubscribed"):
        standing = "unsubscribed"
    elif file.startswith("nonsubscribed"):
        standing = "pending"
    confirmed = row.get("confirm_time", "")
    asked = _told(("asked", row.get("optin_time")), ("from", row.get("optin_ip")))
    evidence = (
        _told(("confirmed", confirmed), ("from", row.get("confirm_ip")), ("and", asked)) if confirmed else ""
    )
    return Entry(
        line, row.get("email address", ""), standing,
        name=_joined(row.get("first name", ""), row.get("last name", "")),
        topics=_listed(row.get("tags", "")),
        created_at=moment(row.get("optin_time", "")) or moment(confirmed),
        confirmed_at=moment(confirmed),
        unsubscribed_at=moment(row.get("unsub_time", "")),
        evidence=evidence,
    )  # fmt: skip


def _substack(row: Row, line: int, _file: str) -> Entry:
    is_off = row.get("email_disabled", "").lower() in _YES
    return Entry(
        line, row.get("email", ""), "unsubscribed" if is_off else "subscribed",
        name=row.get("name", ""), created_at=moment(row.get("created_at", "")),
    )  # fmt: skip


def _ghost(row: Row, line: int, _file: str) -> Entry:
    is_on = row.get("subscribed_to_emails", "").lower() in _YES and not row.get("deleted_at")
    return Entry(
        line, row.get("email", ""), "subscribed" if is_on else "unsubscribed",
        name=row.get("name", ""), topics=_listed(row.get("labels", "")), created_at=moment(row.get("created_at", "")),
    )  # fmt: skip


def _buttondown(row: Row, line: int, _file: str) -> Entry:
    kind = (row.get("type") or row.get("subscriber_type", "")).lower()
    return Entry(
        line, row.get("email_address") or row.get("email", ""), _BUTTONDOWN.get(kind, "pending"),
        name=str(_json(row.get("metadata", "")).get("name", "")),
        topics=_listed(row.get("tags", "")), created_at=moment(row.get("creation_date", "")),
    )  # fmt: skip


def _listmonk(row: Row, line: int, _file: str) -> Entry:
    return Entry(
        line, row.get("email", ""), _LISTMONK.get(row.get("status", "").lower(), "pending"),
        name=row.get("name", ""), created_at=moment(row.get("created_at", "")),
        suppressed="author" if row.get("status", "").lower() == "blocklisted" else "",
    )  # fmt: skip


def _kit(row: Row, line: int, _file: str) -> Entry:
    return Entry(
        line, row.get("email_address") or row.get("email", ""),
        _KIT.get((row.get("state") or row.get("status", "")).lower(), "pending"),
        name=_joined(row.get("first_name", ""), row.get("last_name", "")),
        topics=_listed(row.get("tags", "")), created_at=moment(row.get("created_at", "")),
    )  # fmt: skip


def _plain(row: Row, line: int, _file: str) -> Entry:
    first, last = (row.get(f"{which} name") or row.get(f"{which}_name", "") for which in ("first", "last"))
    return Entry(
        line, row.get("email") or row.get("email address") or row.get("e-mail", ""), "subscribed",
        name=row.get("name") or _joined(first, last), topics=_listed(row.get("tags") or row.get("topics", "")),
        language=row.get("language") or None,
    )  # fmt: skip


def _any_of(*sets: str) -> tuple[frozenset[str], ...]:
    return tuple(frozenset(columns.split(", ")) for columns in sets)


#: In the order in which they are tried; the last one takes any file with addresses.
FORMATS = (
    Format("newsletter", (frozenset(ours.COLUMNS),), ours.read),
    Format(
        "mailchimp",
        _any_of("email address, optin_time", "email address, leid"),
        _mailchimp,
        frozenset({"optin_ip", "confirm_ip"}),
    ),
    Format("substack", _any_of("email, active_subscription", "email, email_disabled"), _substack),
    Format("ghost", _any_of("email, subscribed_to_emails"), _ghost),
    Format("buttondown", _any_of("email_address, creation_date", "email, creation_date"), _buttondown),
    Format("listmonk", _any_of("uuid, email, status", "email, attributes, status"), _listmonk),
    Format(
        "kit",
        _any_of("email_address, first_name, state", "email, first_name, status", "email, first_name, state"),
        _kit,
    ),
    Format("plain", _any_of("email", "email address", "e-mail"), _plain),
)

BY_NAME = {form.name: form for form in FORMATS}


def recognised(columns: frozenset[str]) -> Format | None:
    """Return the format whose columns a file has."""
    return next((form for form in FORMATS if any(known <= columns for known in form.known_by)), None)


def _told(*facts: tuple[str, str | None]) -> str:
    return ", ".join(f"{word} {fact}" for word, fact in facts if fact)


def _joined(*names: str) -> str:
    return " ".join(" ".join(names).split())


def _listed(text: str) -> tuple[str, ...]:
    """Read tags as services write them: with commas, in quotation marks where one has a comma, or as JSON."""
    if text.startswith("["):
        try:
            return tuple(str(tag) for tag in json.loads(text))
        except ValueError:
            pass
    found = next(csv.reader([text], skipinitialspace=True), [])
    return tuple(tag.strip() for tag in found if tag.strip())


def _json(text: str) -> dict[str, object]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
