"""What a setting may be: one reader for each kind of value, which says what is accepted when it refuses."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parseaddr
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from subscribers.address import Address
from subscribers.address import parse as parse_address
from subscribers.errors import InvalidAddress


@dataclass(frozen=True, slots=True)
class Mailbox:
    """Who a mail is from: a display name and an address."""

    name: str
    address: Address


def text(value: object) -> str:
    """Read a line of text, possibly empty."""
    if not isinstance(value, str):
        raise ValueError("write a text in quotes")
    if any(ord(character) < 32 for character in value):
        raise ValueError("write it on one line, without control characters")
    return value.strip()


def filled(value: object) -> str:
    """Read a line of text that is not empty."""
    line = text(value)
    if not line:
        raise ValueError("it must not be empty")
    return line


def url(value: object) -> str:
    """Read a web address, and take a slash at its end off."""
    line = text(value)
    parts = urlsplit(line)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError('write a whole address such as "https://news.example.com"')
    return line.rstrip("/")


def address(value: object) -> Address:
    """Read a mail address."""
    try:
        return parse_address(text(value))
    except InvalidAddress as error:
        raise ValueError(str(error)) from None


def mailbox(value: object) -> Mailbox:
    """Read a name with a mail address."""
    name, bare = parseaddr(text(value))
    try:
        return Mailbox(name, parse_address(bare))
    except InvalidAddress as error:
        raise ValueError(f'write "Name <news@example.com>" ({error})') from None


def zone(value: object) -> ZoneInfo:
    """Read the name of a time zone."""
    try:
        return ZoneInfo(filled(value))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError('write the name of a time zone such as "Europe/London" or "UTC"') from None


def language(value: object) -> str:
    """Read a language tag (RFC 5646)."""
    line = filled(value)
    if not re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", line):
        raise ValueError('write a language tag such as "en" or "pt-BR"')
    return line


def whole(low: int, high: int) -> Callable[[object], int]:
    """Return a reader of whole numbers within bounds."""

    def parse(value: object) -> int:
        try:
            number = int(value) if isinstance(value, str) else value
        except ValueError:
            number = None
        if not isinstance(number, int) or isinstance(number, bool) or not low <= number <= high:
            raise ValueError(f"write a whole number from {low} to {high}")
        return number

    return parse


_UNITS = {
    "s": 1, "sec": 1, "min": 60, "m": 60, "h": 3600, "hour": 3600,
    "d": 86_400, "day": 86_400, "week": 7 * 86_400, "year": 365 * 86_400,
}  # fmt: skip
_DURATION = re.compile(r"(\d{1,6}) ?([a-z]+?)s?", re.IGNORECASE)


def duration(value: object) -> timedelta:
    """Read how long something lasts: a number with its unit."""
    if value in (0, "0"):
        return timedelta()
    match = _DURATION.fullmatch(value.strip()) if isinstance(value, str) else None
    unit = match and (match[2].lower() if match[2] else "s")
    if match is None or unit not in _UNITS:
        raise ValueError('write how long, such as "30 s", "45 min", "12 h" or "2 days"')
    return timedelta(seconds=int(match[1]) * _UNITS[unit])


#: Bounces and complaints of older mail are not looked into; until then its deliveries are needed.
LEAST_KEPT = timedelta(days=30)


def keeping(value: object) -> timedelta | None:
    """Read how long something is kept; None: for ever. Nought is refused, since it could mean either."""
    if value == "forever":
        return None
    try:
        kept = duration(value)
    except ValueError:
        kept = timedelta()
    if kept < LEAST_KEPT:
        raise ValueError('write how long, such as "90 days" or "2 years", at least "30 days"; or "forever"')
    return kept


def switch(value: object) -> bool:
    """Read yes or no."""
    words = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
    known = value if isinstance(value, bool) else words.get(str(value).lower())
    if known is None:
        raise ValueError("write true or false")
    return known


def one_of(*choices: str) -> Callable[[object], str]:
    """Return a reader of a few words."""

    def parse(value: object) -> str:
        if value not in choices:
            raise ValueError("write one of " + ", ".join(f'"{choice}"' for choice in choices))
        return str(value)

    return parse


def words(value: object) -> tuple[str, ...]:
    """Read a list of words, or one text with commas between them, as the environment has it."""
    given = value.split(",") if isinstance(value, str) else value
    if not isinstance(given, list) or not all(isinstance(word, str) for word in given):
        raise ValueError('write a list such as ["link-text", "subject-length"]')
    return tuple(word.strip() for word in given if word.strip())


def colour(value: object) -> str:
    """Read a colour."""
    line = text(value).lower()
    if line and not re.fullmatch(r"#[0-9a-f]{6}", line):
        raise ValueError('write a colour such as "#0b5c73"')
    return line


def faces(value: object) -> str:
    """Read a list of fonts, as CSS takes it without quotes."""
    line = text(value)
    if not re.fullmatch(r"[A-Za-z0-9 ,-]*", line):
        raise ValueError('write the names of fonts such as "Georgia, serif", without quotes')
    return line


def hostname(value: object) -> str:
    """Read the name or number of a host."""
    line = filled(value)
    if not re.fullmatch(r"[A-Za-z0-9.:_-]+", line):
        raise ValueError('write a host name such as "mail.example.com" or an IP address')
    return line


def dns_name(value: object) -> str:
    """Read a name as DNS has it."""
    line = filled(value)
    if len(line) > 253 or not re.fullmatch(r"[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*", line):
        raise ValueError('write a name such as "example.com", in letters of ASCII')
    return line.lower()


def listen(value: object) -> str:
    """Read an address with a port."""
    line = filled(value)
    if not re.fullmatch(r".+:\d{1,5}", line):
        raise ValueError('write an address and a port such as "127.0.0.1:8025"')
    return line


def nameserver(value: object) -> str:
    """Read the address of a name server, with or without a port; empty for none."""
    line = text(value)
    host, _, port = line.partition(":")
    if line and not (re.fullmatch(r"(\d{1,3}\.){3}\d{1,3}", host) and (port or "53").isdigit()):
        raise ValueError('write an address such as "9.9.9.9" or "127.0.0.1:5353"')
    return line


def listen_anywhere(value: object) -> str:
    """Read an address with a port, or the name of a Unix socket."""
    line = filled(value)
    return line if re.fullmatch(r"unix:.*[^/]", line) else listen(line)


def listen_or_none(value: object) -> str:
    """Read a place to listen at, or the word that there is none; empty for none."""
    line = filled(value)
    return "" if line == "none" else listen_anywhere(line)


def database(value: object) -> str:
    """Read the URL of a database."""
    line = filled(value)
    if not line.startswith(("sqlite:///", "postgresql://", "postgresql+psycopg://")):
        raise ValueError('write "sqlite:///newsletter.db" or "postgresql+psycopg://user@host/name"')
    return line
