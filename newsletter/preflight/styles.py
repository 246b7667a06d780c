"""The styles that a mail's elements have: written into them, and changed by its style sheet for dark mode. Pure.

The rules for daylight have been moved into the elements when a mail was rendered; only rules that cannot be moved
are left in style sheets.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import cast

from cssselect import GenericTranslator, SelectorError, parse
from lxml.etree import XPath
from lxml.html import HtmlElement

Style = dict[str, str]

_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_DARK = re.compile(r"@media[^{]*prefers-color-scheme:\s*dark[^{]*\{((?:[^{}]*\{[^{}]*\})*)\s*\}")
_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
_DECLARATION = re.compile(r"""([\w-]+)\s*:\s*((?:[^;"']|"[^"]*"|'[^']*')+)""")


def read_style(text: str) -> Style:
    """Return the declarations of a style attribute; of two for one property the later holds."""
    return {name.lower(): value.strip() for name, value in _DECLARATION.findall(text)}


def style_of(element: HtmlElement) -> Style:
    """Return what is written into an element, old attributes for colours included."""
    style = read_style(element.get("style") or "")
    if "background-color" not in style and (ground := style.get("background") or element.get("bgcolor")):
        style["background-color"] = ground
    return style


def dark_styles(document: HtmlElement) -> dict[HtmlElement, Style]:
    """Return what dark mode changes in each element. Every such rule is important, or it could not change a thing."""
    changed: dict[HtmlElement, Style] = {}
    weights: dict[tuple[HtmlElement, str], tuple[int, int, int]] = {}
    for rule in _dark_rules(document):
        for element in rule.finds(document):
            for name, value in rule.style.items():
                if rule.weight >= weights.get((element, name), (0, 0, 0)):
                    weights[element, name] = rule.weight
                    changed.setdefault(element, {})[name] = value
    return changed


@dataclass(frozen=True, slots=True)
class _Rule:
    path: XPath
    weight: tuple[int, int, int]  # specificity (Selectors Level 3, section 9)
    style: Style

    def finds(self, document: HtmlElement) -> list[HtmlElement]:
        return [
            found for found in cast("list[object]", self.path(document)) if isinstance(found, HtmlElement)
        ]


def _dark_rules(document: HtmlElement) -> Iterator[_Rule]:
    for sheet in document.iter("style"):
        for block in _DARK.findall(_COMMENT.sub("", sheet.text or "")):
            for selectors, body in _RULE.findall(block):
                style = {
                    name: value.replace("!important", "").strip()
                    for name, value in read_style(body).items()
                    if "!important" in value
                }
                yield from (_Rule(path, weight, style) for path, weight in _compiled(selectors.strip()))


@cache
def _compiled(selectors: str) -> tuple[tuple[XPath, tuple[int, int, int]], ...]:
    """Return the selectors of a rule as lxml takes them; a selector that CSS 3 does not know changes nothing."""
    try:
        parsed = parse(selectors)
        translate = GenericTranslator().selector_to_xpath
        return tuple((XPath(translate(one)), one.specificity()) for one in parsed)
    except SelectorError:
        return ()
