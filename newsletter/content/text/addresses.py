"""Where a link or an image of a post leads to from inside a mail."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from newsletter.content.text.cleaning import LINK_SCHEMES
from newsletter.content.text.dialects import LOST
from newsletter.content.text.references import References

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_LOST = (LOST, "%EF%BF%BC")  # as it is, and as Markdown writes it into an address
_REMEDY_NO_SITE = "Write the whole address, or set content.url so that links can be completed."


#: How images of the site reach the reader: from their public addresses, inside the mail, or from our own pages. For a
#: post the last two are one: its images are attached, and what becomes of them is decided when a mail is made.
Delivery = Literal["link", "inside", "served"]


@dataclass(frozen=True, slots=True)
class Place:
    """The post that a text belongs to, and the ways to find what it points at."""

    path: str  # relative to the content folder
    url: str | None
    references: References
    read_image: Callable[[Path], bytes | None]
    delivery: Delivery = "link"


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with an address; it becomes a Problem where the line is known.

    `instead` is what a link may lead to where an image cannot be shown.
    """

    kind: str
    message: str
    remedy: str
    instead: str = ""


def scheme_of(address: str) -> str:
    """Return the scheme of an address in small letters, or an empty string for a relative one."""
    found = _SCHEME.match(address)
    return found[1].lower() if found else ""


def is_lost(address: str) -> bool:
    """Say whether a dialect could not tell this address, and has reported it."""
    return any(mark in address for mark in _LOST)


def link_target(href: str, place: Place) -> str | Finding | None:
    """Return the absolute address of a link, what is wrong with it, or None if that is known already."""
    href = "".join(href.split())
    if is_lost(href):
        return None
    if not href:
        return Finding("relative-link", "a link has no target", "Write an address, or take the link out.")
    scheme = scheme_of(href)
    if scheme in LINK_SCHEMES:
        return href if scheme not in ("http", "https") or _has_host(href) else _broken(href)
    if scheme:
        return unsafe(scheme)
    if href.startswith("//"):
        return f"https:{href}"
    target = place.url + href if href.startswith("#") and place.url else place.references.link(href)
    if target is None:
        return Finding(
            "relative-link", f"the link to “{shorten(href)}” leads nowhere in a mail", _REMEDY_NO_SITE
        )
    return target


def unsafe(scheme: str) -> Finding:
    """Return what to say about a link that no mail may hold; cleaning drops broken ones as well."""
    if scheme.lower() in LINK_SCHEMES:
        return _broken(f"{scheme}:…")
    kind = f" of the kind “{shorten(scheme)}:”" if scheme else " of this kind"
    return Finding(
        "unsafe-link", f"a mail may not hold links{kind}; it was taken out", "Use an https: address."
    )


def shorten(text: str) -> str:
    """Return enough of an address to find it again."""
    return text if len(text) <= 80 else f"{text[:77]}…"


def _has_host(href: str) -> bool:
    try:
        return bool(urlsplit(href).hostname)
    except ValueError:
        return False


def _broken(href: str) -> Finding:
    return Finding("relative-link", f"the link “{shorten(href)}” is broken", "Mend its address.")
