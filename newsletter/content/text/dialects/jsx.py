"""Reading the JavaScript in MDX: where a tag, a statement or a pair of braces ends. Nothing is evaluated."""

import re
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

from newsletter.content.text.dialects.tags import unquote

LONGEST = 8_000  # characters of one tag, expression or import
MOST_UNCLOSED = 500  # braces that never close; a text with more of them is no MDX

_NAME = re.compile(r"<(/?)([A-Za-z][\w.:-]*)?")
_ATTRIBUTE = re.compile(r"""\s*([A-Za-z_@:][\w.:@-]*)(?:\s*=\s*("[^"]*"|'[^']*'))?""")
_ASSIGNS = re.compile(r"\s*=\s*(?=\{)")
_CLOSE = re.compile(r"\s*/?>")
_BLANKS = re.compile(r"\s*")
_SPECIAL = re.compile(r"""[{}"'`]""")
_ENDS_IMPORT = re.compile(r"""["'][ \t]*;?[ \t]*$""", re.MULTILINE)
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


class Script:
    """The JavaScript of one MDX text. What it returns are offsets in the text, None where nothing ends near."""

    def __init__(self, body: str) -> None:
        self._body = body
        self._import_ends = [found.end() for found in _ENDS_IMPORT.finditer(body)]
        self._unclosed = 0

    def end_of_statement(self, line: re.Match[str]) -> int:
        """Return where the statement ends that begins with this line: MDX reads JavaScript up to a blank line."""
        if line[0].startswith("import") and (end := self._end_of_import(line.start())) is not None:
            return end
        brace = self._body.find("{", line.start(), line.end())
        after = self.end_of_braces(brace) if brace >= 0 else None
        blank = self._body.find("\n\n", after if after is not None else line.end())
        return blank if blank >= 0 else len(self._body)

    def end_of_braces(self, start: int) -> int | None:
        """Return the offset after the brace that closes the one at `start`, minding strings."""
        if self._unclosed >= MOST_UNCLOSED or not self._body.startswith("{", start):
            return None
        end = _end_of_braces(self._body, start, min(len(self._body), start + LONGEST))
        self._unclosed += end is None
        return end

    def read_element(self, start: int) -> Element | None:
        """Read the tag that begins at `start`, or return None if none does."""
        found = _NAME.match(self._body, start)
        if found is None:
            return None
        position: int | None = found.end()
        attributes: dict[str, str] = {}
        expressions = False
        while position is not None and position < start + LONGEST:
            if close := _CLOSE.match(self._body, position):
                alone = "/" in close[0]
                return Element(found[2] or "", attributes, bool(found[1]), close.end(), expressions, alone)
            if attribute := _ATTRIBUTE.match(self._body, position):
                value, position, computed = self._value(attribute)
                attributes.setdefault(attribute[1].lower(), value)
            else:
                blanks = _BLANKS.match(self._body, position)
                position = self.end_of_braces(blanks.end() if blanks else position)  # {...properties}
                computed = True
            expressions = expressions or computed
        return None

    def _value(self, attribute: re.Match[str]) -> tuple[str, int | None, bool]:
        """Return an attribute's value, where it ends, and whether it stands in braces."""
        if attribute[2]:
            return unquote(attribute[2]), attribute.end(), False
        assigns = _ASSIGNS.match(self._body, attribute.end())
        if assigns is None:
            return "", attribute.end(), False
        end = self.end_of_braces(assigns.end())
        inner = self._body[assigns.end() + 1 : end - 1] if end is not None else ""
        return _literal(inner.strip()), end, True

    def _end_of_import(self, start: int) -> int | None:
        at = bisect_left(self._import_ends, start)
        near = self._import_ends[at : at + 1]
        return near[0] if near and near[0] <= start + LONGEST else None


def _end_of_braces(body: str, start: int, limit: int) -> int | None:
    if body.find("}", start, limit) < 0:
        return None
    depth, position = 0, start
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


def _literal(expression: str) -> str:
    """Return a plain name or the inside of a string; nothing for what would have to be evaluated."""
    if re.fullmatch(r"[A-Za-z_$][\w$]*|\d+", expression):
        return expression
    quoted = len(expression) >= 2 and expression[0] == expression[-1] and expression[0] in "\"'`"
    return unquote(expression) if quoted else ""
