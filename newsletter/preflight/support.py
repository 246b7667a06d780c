"""What the large mail programs do not show, by the data of caniemail.com. Pure, but for reading that data once."""

import json
import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from newsletter.content.post import Problem
from newsletter.preflight.mail import Mail
from newsletter.preflight.rules import MAILS
from newsletter.preflight.styles import Style, read_style

#: What does no harm where it is not known, and why.
HARMLESS = {
    "css-border-radius": "corners are square",
    "css-max-width": "a table that only Outlook sees holds the width",
    "css-opacity": "it helps to hide the preheader, beside display: none",
    "css-max-height": "the same",
    "css-overflow": "the same",
    "css-color-scheme": "the mail is light",
    "css-at-media": "the mail is as wide as on a desktop",
    "css-at-media-prefers-color-scheme": "the mail is light",
    "html-meta-color-scheme": "the mail is light",
    "html-aria-label": "the subject is read out from elsewhere",
    "html-body": "its style and language stand once more in the first element",
    "css-word-wrap": "long words are broken by word-break, and Outlook's page has a table of fixed width",
    "css-word-break": "long words are broken by word-wrap",
    "css-table-layout": "a table that only Outlook sees holds the width",
    "css-white-space": "<pre> keeps lines and blanks by itself, and only long lines are not wrapped",
    "css-text-decoration-color": "a headline's underline has the colour of its words",
    "css-text-decoration-thickness": "the same, and is as thick as the program has it",
    "css-text-underline-offset": "the same, and as far below the words",
    "css-height": "`auto` is what it is anyway, and a rule's one pixel stands as its border too",
}

#: Elements and attributes whose feature is not called after them.
_TAGS = {
    **dict.fromkeys(("main", "article", "section", "nav", "header", "footer", "aside", "figure", "figcaption",
                     "time", "mark", "summary", "details"), "html-semantics"),
    **{f"h{level}": "html-h1-h6" for level in range(1, 7)},
    **dict.fromkeys(("ul", "ol", "dl", "li"), "html-lists"),
    "map": "html-image-maps", "b": "html-strong", "i": "html-strong", "tr": "html-table", "td": "html-table",
}  # fmt: skip
_ATTRIBUTES = {"loading": "html-loading-attribute"}

#: Features of CSS that show in a value, not in a property.
_VALUES = {
    slug: re.compile(pattern)
    for slug, pattern in {
        "css-display-flex": r"^(inline-)?flex$", "css-display-grid": r"^(inline-)?grid$",
        "css-linear-gradient": r"linear-gradient\(", "css-radial-gradient": r"radial-gradient\(",
        "css-conic-gradient": r"conic-gradient\(", "css-rgba": r"rgba\(", "css-variables": r"var\(",
        "css-unit-calc": r"calc\(", "css-function-clamp": r"clamp\(", "css-function-light-dark": r"light-dark\(",
        "css-modern-color": r"\b(oklch|oklab|lch|lab|color|hwb)\(", "css-background-image": r"^url\(",
        **{f"css-unit-{unit}": rf"(?<![\w.#-])[\d.]+{unit}\b" for unit in ("rem", "vh", "vw", "vmin", "vmax", "ch")},
    }.items()
}  # fmt: skip


@cache
def _data() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(files(__package__).joinpath("clients.json").read_text("utf-8"))
    return found


def measured_on() -> str:
    """Return the day of the data, as YYYY-MM-DD."""
    return str(_data()["date"])


def programs() -> tuple[str, ...]:
    """Return the mail programs that are looked at."""
    return tuple(_data()["programs"])


def unsupported(mail: Mail) -> Iterator[Problem]:
    """Nothing that matters is built on what a large mail program does not know."""
    are_told = any(
        problem.kind == "image-format" for problem in mail.rendering.problems
    )  # and with their files
    for slug, where in found_in(mail.document).items():
        feature = _data()["features"].get(slug)
        if feature is not None and slug not in HARMLESS and not (are_told and slug.startswith("image-")):
            yield MAILS["unsupported"].problem(
                f"{feature['title']} ({where}) is not known to {_listed(feature['unsupported'])}.",
                mail.place_of(where),
            )


def found_in(document: HtmlElement) -> dict[str, str]:
    """Return the features that a document is built on, each with the first place that has it.

    Style sheets are left out: what cannot be written into elements is there for those programs that know it.
    """
    found: dict[str, str] = {}
    for element in document.iter():
        if isinstance(element.tag, str):
            for slug in _features(element):
                found.setdefault(slug, f"<{element.tag}>")
            for slug, written in styled(read_style(element.get("style") or "")):
                found.setdefault(slug, written)
    return found


def _features(element: HtmlElement) -> Iterator[str]:
    tag = element.tag
    yield _TAGS.get(tag, f"html-{tag}")
    if tag == "input":
        yield f"html-input-{element.get('type') or 'text'}"
    for name in element.attrib:
        yield _ATTRIBUTES.get(name, f"html-{name}")
    if tag == "a" and (element.get("href") or "").startswith("#"):
        yield "html-anchor-links"
    if tag == "img":
        yield from _image(element.get("src") or "")


def _image(source: str) -> Iterator[str]:
    if source.startswith("data:"):
        yield "image-base64"
    else:
        yield "image-" + PurePosixPath(urlsplit(source).path).suffix.lower().lstrip(".").replace(
            "jpeg", "jpg"
        )


def styled(style: Style) -> Iterator[tuple[str, str]]:
    """Yield the features that declarations are built on, each as it is written."""
    for name, value in style.items():
        written = f"{name}: {value}"
        yield f"css-{name}", written
        if name.endswith(("-inline", "-block", "-start", "-end")):
            yield f"css-{name.partition('-')[0]}-inline-block", written
        for slug, pattern in _VALUES.items():
            if pattern.search(value):
                yield slug, written


def _listed(names: list[str]) -> str:
    *some, last = names
    return f"{', '.join(some)} and {last}" if some else last
