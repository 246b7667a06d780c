"""Astro: Markdown as it is; MDX with imports, components and expressions (mdxjs.com/docs/what-is-mdx)."""

import re

from newsletter.content.text.dialects.figures import embed_address, picture, replace_embed
from newsletter.content.text.dialects.jsx import MOST_UNCLOSED, Script
from newsletter.content.text.dialects.rewriting import LOST, REWRITE, Rewriting
from newsletter.content.text.dialects.tags import Arguments, unquote

NEEDLES = ("{", "<", "import ", "export ")
_DEFAULT_IMPORT = re.compile(r"""import\s+([A-Za-z_$][\w$]*)\s+from\s+(["'])([^"'\n]+)\2""")
_INTERESTING = re.compile(r"[{<]|^(?:import|export)\b[^\n]*", re.MULTILINE)
_PICTURES = frozenset({"Image", "Picture", "img"})
_WORDS = re.compile(r"""\s*("(?:[^"\\\n])*"|'(?:[^'\\\n])*'|`[^`$\\]*`|\d+(?:\.\d+)?)\s*""")


def translate(rewriting: Rewriting) -> None:
    """Translate MDX. In Astro's `.md` files braces and angle brackets mean nothing special."""
    if not rewriting.path.lower().endswith(".mdx"):
        return
    body, script = rewriting.body, Script(rewriting.body)
    imported: dict[str, str] = {}
    position, statement_end, failures = 0, -1, 0
    while failures < MOST_UNCLOSED and (found := _INTERESTING.search(body, position)):
        start, position = found.start(), found.start() + 1
        if start in rewriting.code or body[start - 1 : start] == "\\":
            continue
        if found[0] == "{":
            position = _translate_expression(rewriting, script, start)
        elif found[0] == "<":
            position = _translate_element(rewriting, script, start, imported)
        elif not rewriting.before(max(start - 1, 0)).strip() or start == statement_end + 1:
            # A line that begins a block; "import duties rose" in the middle of a paragraph does not.
            position = statement_end = script.end_of_statement(found)
            imported |= {name: path for name, _, path in _DEFAULT_IMPORT.findall(body[start:position])}
            rewriting.replace(start, position)
        failures += position == start + 1


def _translate_expression(rewriting: Rewriting, script: Script, start: int) -> int:
    end = script.end_of_braces(start)
    if end is None:
        return start + 1
    inner = rewriting.body[start + 1 : end - 1]
    if inner.strip().startswith("/*") or not inner.strip():
        rewriting.replace(start, end)
    elif words := _WORDS.fullmatch(inner):
        rewriting.replace(start, end, unquote(words[1]))
    else:
        rewriting.replace(start, end, LOST)
        shown = " ".join(inner.split())[:60]
        rewriting.report(
            start,
            "mdx",
            f"the expression {{{shown}}} is not run for a mail; it was left out",
            "Write its value out, or put a backslash before the brace if it is meant to be read.",
        )
    return end


def _translate_element(rewriting: Rewriting, script: Script, start: int, imported: dict[str, str]) -> int:
    """Translate pictures and embeds, keep HTML, drop other components but not their text."""
    element = script.read_element(start)
    if element is None:
        return start + 1
    given = Arguments((), {name: imported.get(value, value) for name, value in element.attributes.items()})
    src = given.get("src")
    if element.name in _PICTURES and src and not element.closing:
        rewriting.replace_block(start, element.end, picture(src, given.get("alt"), size=given))
    elif element.name[:1].islower() and "." not in element.name:
        if element.has_expressions:
            rewriting.replace(start, element.end, element.as_html())
    elif address := "" if element.closing else embed_address(element.name, given):
        replace_embed(rewriting, start, element.end, address, given.get("title"))
    else:
        rewriting.replace(start, element.end)
        if element.name and not element.closing:
            rewriting.report(
                start,
                "mdx",
                f"the component <{element.name}> is not run for a mail; it was left out, any text inside was kept",
                REWRITE,
            )
    return element.end
