"""What the value of a front matter field means: text, a yes or no, a list of words, a section of fields."""

import re
from collections.abc import Iterable, Mapping
from datetime import date

#: Characters that have no place in a title, a tag or a header of a mail; line breaks become blanks before.
_CONTROLS = re.compile(
    r"[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)
_YES = frozenset({"true", "yes", "on", "y", "1"})
_NO = frozenset({"false", "no", "off", "n", "0"})
_EMPTY = frozenset({"", "~", "null"})


def text(value: object) -> str | None:
    """Return a value as one line of text; None where there is none, or where it is no text at all."""
    if isinstance(value, list):
        parts = (
            [part for part in map(text, value) if part] if all(not isinstance(v, list) for v in value) else []
        )
        return " ".join(parts) or None
    if value is None or isinstance(value, Mapping | bytes):
        return None
    if not isinstance(value, str | int | float | date):
        return None
    return _CONTROLS.sub("", " ".join(str(value).split())) or None


def first_text(values: Mapping[str, object], *names: str) -> str | None:
    """Return the first of some fields that is text, as one line; None where none is."""
    return next((found for name in names if (found := text(values.get(name)))), None)


def flag(value: object) -> bool | None:
    """Return a value as yes or no; None where it is neither."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str | int):
        word = str(value).strip().lower()
        return True if word in _YES else False if word in _NO else None
    return None


def is_set(value: object) -> bool:
    """Tell whether a mark such as `draft` is on; what is written there and is not a no, counts as yes."""
    yes = flag(value)
    if yes is not None:
        return yes
    return value is not None and not (isinstance(value, str) and value.strip().lower() in _EMPTY)


def words(value: object, *, separators: str = ";,", blanks: bool = False) -> tuple[str, ...]:
    """Return a list of tags: a list as it is, a text split at the first of `separators` that occurs in it.

    With `blanks`, a text without separator is split at white space, as Jekyll does.
    """
    if isinstance(value, list):
        return distinct(part for part in map(text, value) if part)
    if isinstance(value, Mapping):
        return ()
    whole = text(value)
    if whole is None or whole.lower() in _EMPTY:
        return ()
    for separator in separators:
        if separator in whole:
            return distinct(part for part in (piece.strip() for piece in whole.split(separator)) if part)
    return distinct(whole.split()) if blanks else (whole,)


def names(value: object) -> tuple[str, ...]:
    """Return the names of people: a text, a list of texts, or maps with a `name`."""
    entries = value if isinstance(value, list) else [value]
    found: list[str] = []
    for entry in entries:
        if isinstance(entry, Mapping):
            entry = entry.get("name")
        if isinstance(entry, str) and (name := text(entry)):
            found.append(name)
    return distinct(found)


def section(fields: Mapping[str, object], name: str) -> dict[str, object]:
    """Return the fields below a heading, keys in lower case; none where there is no such heading."""
    value = fields.get(name)
    return {str(key).lower(): entry for key, entry in value.items()} if isinstance(value, Mapping) else {}


def distinct(values: Iterable[str]) -> tuple[str, ...]:
    """Return values without repetition, in the order of their first occurrence."""
    return tuple(dict.fromkeys(values))
