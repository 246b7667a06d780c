"""Reading one JSX tag, and finding where a pair of braces ends. Nothing is evaluated."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

from newsletter.content.text.dialects.tags import unquote

LONGEST = 8_000  # characters of one tag or expression
_NAME = re.compile(r"<(/?)([A-Za-z][\w.:-]*)?")
_ATTRIBUTE = re.compile(r"""\s*([A-Za-z_@:][\w.:@-]*)(?:\s*=\s*("[^"]*"|'[^']*'))?""")
_ASSIGNS = re.compile(r"\s*=\s*(?=\{)")
_CLOSE = re.compile(r"\s*/?>")
_SPECIAL = re.compile(r"""[{}"'`]""")
_HTML_NAMES = {"classname": "class", "htmlfor": "for"}


@dataclass(frozen=True, slots=True)
class Element:
    """One tag. Of an expression in braces only a plain name or a literal is kept as the attribute's value."""

    name: str
    attributes: Mapping[str, str]
    closing: bool
    end: int
    has_expressions: bool
    alone: bool

    def as_html(self) -> str:
        """Return the tag without what only JSX understands."""
        if self.closing:
            return f"</{self.name}>"
        written = "".join(
            f' {_HTML_NAMES.get(name, name)}="{escape(value)}"'
            for name, value in self.attributes.items()
            if value
        )
        return f"<{self.name}{written}{' /' if self.alone else ''}>"


def read_element(body: str, start: int) -> Element | None:
    """Read the tag that begins at `start`, or return None if none does."""
    found = _NAME.match(body, start)
    if found is None:
        return None
    position, limit = found.end(), start + LONGEST
    attributes: dict[str, str] = {}
    expressions = False
    while position < limit:
        if close := _CLOSE.match(body, position):
            alone = "/" in close[0]
            return Element(found[2] or "", attributes, bool(found[1]), close.end(), expressions, alone)
        attribute = _ATTRIBUTE.match(body, position)
        if attribute is None:
            spread = re.compile(r"\s*").match(body, position)
            position = spread.end() if spread else position
            end = end_of_braces(body, position)  # {...properties}
            if end is None:
                return None
            position, expressions = end, True
            continue
        position = attribute.end()
        value = unquote(attribute[2]) if attribute[2] else ""
        assigns = None if attribute[2] else _ASSIGNS.match(body, position)
        if assigns:
            end = end_of_braces(body, assigns.end())
            if end is None:
                return None
            value, position, expressions = _value(body[assigns.end() + 1 : end - 1].strip()), end, True
        attributes.setdefault(attribute[1].lower(), value)
    return None


def end_of_braces(body: str, start: int) -> int | None:
    """Return the offset after the brace that closes the one at `start`, minding strings, if it is near."""
    if body[start : start + 1] != "{":
        return None
    depth, position, limit = 0, start, min(len(body), start + LONGEST)
    while found := _SPECIAL.search(body, position, limit):
        position = found.end()
        if found[0] == "{":
            depth += 1
        elif found[0] == "}":
            depth -= 1
            if depth == 0:
                return position
        else:
            closing = body.find(found[0], position, limit)
            # An apostrophe in prose opens no string: strings in quotes do not span lines.
            if closing >= 0 and (found[0] == "`" or "\n" not in body[position:closing]):
                position = closing + 1
    return None


def _value(expression: str) -> str:
    if re.fullmatch(r"[A-Za-z_$][\w$]*|\d+", expression):
        return expression
    literal = len(expression) >= 2 and expression[0] == expression[-1] and expression[0] in "\"'`"
    return unquote(expression) if literal else ""
