"""caniemail: what large mail programs do not know at all, in the elements and in the style sheets of any mail.

Preflight leaves style sheets out, since what stands there is for those programs that know it. Here they count, so that
mails of other makers, which put more into them, can be compared with ours.
"""

import json
import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any

import lxml.html
from lxml.html import HtmlElement

from newsletter.preflight.styles import read_style
from newsletter.preflight.support import HARMLESS, found_in, programs, styled

_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_AT_BLOCK = re.compile(r"(@[a-z-]+[^{;]*)\{((?:[^{}]*\{[^{}]*\})*)\s*\}")
_AT_STATEMENT = re.compile(r"@[a-z-]+[^{;]*(?:;|\{[^{}]*\})")
_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")

#: What marks a feature in a selector.
_SELECTORS = {
    "css-selector-attribute": re.compile(r"\["),
    "css-selector-adjacent-sibling": re.compile(r"\+"),
    "css-selector-general-sibling": re.compile(r"~"),
}
_PSEUDO = re.compile(r"(?<!:):([a-z-]+)")
_MEDIA_FEATURES = (
    "prefers-color-scheme",
    "prefers-reduced-motion",
    "hover",
    "orientation",
    "device-pixel-ratio",
)


@cache
def _data() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        files("newsletter.preflight").joinpath("clients.json").read_text("utf-8")
    )
    return found


def unknown(html: str) -> dict[str, list[str]]:
    """Return the features of a mail that a program does not know at all, and which programs do not."""
    document = lxml.html.document_fromstring(html)
    readers = {slug: set(programs()) for slug in found_in(document)}
    for slug, some in _in_style_sheets(document).items():
        readers.setdefault(slug, set()).update(some)
    features = _data()["features"]
    lost = {
        slug: readers[slug] & set(features[slug]["unsupported"]) for slug in readers.keys() & features.keys()
    }
    return {slug: sorted(lost[slug]) for slug in sorted(lost) if lost[slug]}


def harmful(html: str) -> dict[str, list[str]]:
    """Return those of them that are not allowed: the others do no harm, each for a reason."""
    return {slug: programs for slug, programs in unknown(html).items() if slug not in HARMLESS}


def _in_style_sheets(document: HtmlElement) -> dict[str, set[str]]:
    """Return the features that style sheets are built on, each with the programs that read so far.

    Who does not know `@media`, or what a block of it asks for, reads nothing of what stands in that block.
    """
    found: dict[str, set[str]] = {}

    def note(slug: str, readers: set[str]) -> None:
        found.setdefault(slug, set()).update(readers)

    for sheet in document.iter("style"):
        for condition, rules in _blocks(_COMMENT.sub("", sheet.text or "")):
            readers = set(programs())
            for slug in _asked_for(condition):
                note(slug, readers)
                readers -= set(_data()["features"].get(slug, {}).get("unsupported", ()))
            for slug in _in_rules(rules):
                note(slug, readers)
    return found


def _blocks(sheet: str) -> Iterator[tuple[str, str]]:
    """Yield each block of an at-rule with what it asks for, and then what stands in none."""
    yield from _AT_BLOCK.findall(sheet)
    rest = _AT_BLOCK.sub("", sheet)
    yield from ((statement, "") for statement in _AT_STATEMENT.findall(rest))
    yield "", _AT_STATEMENT.sub("", rest)


def _asked_for(condition: str) -> Iterator[str]:
    if condition:
        name = condition.removeprefix("@").partition("(")[0].split(maxsplit=1)[0]
        yield f"css-at-{name}"
        yield from (f"css-at-media-{feature}" for feature in _MEDIA_FEATURES if feature in condition)


def _in_rules(rules: str) -> Iterator[str]:
    for selector, body in _RULE.findall(rules):
        yield from (slug for slug, pattern in _SELECTORS.items() if pattern.search(selector))
        yield from (f"css-pseudo-class-{name}" for name in _PSEUDO.findall(selector))
        yield from (slug for slug, _ in styled(read_style(body)))
