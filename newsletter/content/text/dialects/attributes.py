"""Attribute lists: `{#id .class}` of Hugo and Zola, `{: .class}` of kramdown and Python-Markdown."""

import re

from newsletter.content.text.dialects.rewriting import Rewriting

# A list that ends a heading, or has a line for itself. Braces hold no braces and no newline: linear time.
_TRAILING = re.compile(r"[ \t]*\{[#.:][^{}\n]*\}[ \t]*$", re.MULTILINE)
_KRAMDOWN = re.compile(r"\{:[^{}\n]*\}")
_EXTENSION = re.compile(r"\{:[:/][^{}\n]*\}")
_ABBREVIATION = re.compile(r"^\*\[[^\]\n]+\]:[^\n]*$", re.MULTILINE)
_MARKDOWN_INSIDE = re.compile(
    r"^([ \t]*<[a-zA-Z][^<>\n]*?)[ \t]markdown=(?:\"1\"|'1'|1|\"(?:block|span)\")([^<>\n]*>)", re.M
)
_AFTER_ELEMENT = frozenset(")]*_`>\"'}")


def drop_attribute_lists(rewriting: Rewriting) -> None:
    """Drop the list of `## Heading {#id .class}`, and lines that hold only one; they say how a page looks."""
    if "{" not in rewriting.body:
        return
    for found in _TRAILING.finditer(rewriting.body):
        before = rewriting.before(found.start()).strip(" \t>")
        if found.start() not in rewriting.code and (not before or before.startswith("#")):
            rewriting.replace(found.start(), found.end())


def drop_kramdown(rewriting: Rewriting) -> None:
    """Drop kramdown's attribute lists, its table of contents, its comments and its options."""
    body = rewriting.body
    if "{:" in body:
        _drop_extensions(rewriting)
        for found in _KRAMDOWN.finditer(body):
            if found.start() in rewriting.code and not _follows_code(rewriting, found.start()):
                continue
            _drop_list(rewriting, found.start(), found.end())
    for found in _ABBREVIATION.finditer(body) if "*[" in body else ():
        if found.start() not in rewriting.code:
            rewriting.replace(found.start(), found.end())


def open_markdown_in_html(rewriting: Rewriting) -> None:
    """Let `<div markdown="1">` hold Markdown, as kramdown does: CommonMark wants a blank line for that."""
    for found in _MARKDOWN_INSIDE.finditer(rewriting.body) if "markdown=" in rewriting.body else ():
        if found.start() not in rewriting.code:
            ends_line = not rewriting.after(found.end()).strip()
            rewriting.replace(
                found.start(), found.end(), found[1] + found[2] + ("\n" if ends_line else "\n\n")
            )


def _drop_list(rewriting: Rewriting, start: int, end: int) -> None:
    if rewriting.stands_alone(start, end):
        if "toc" in rewriting.body[start:end].lower():
            start = _line_above(rewriting, start)
        rewriting.replace(start, end)
    elif rewriting.body[start - 1] in _AFTER_ELEMENT or rewriting.before(start).lstrip().startswith("#"):
        rewriting.replace(start, end)
    elif not rewriting.before(start).strip(" \t>-*+0123456789."):
        rewriting.replace(start, end)  # at the head of a list item


def _line_above(rewriting: Rewriting, start: int) -> int:
    """Return where the list item above begins, which `{:toc}` replaces; else `start`."""
    line_start = start - len(rewriting.before(start))
    above = rewriting.before(max(line_start - 1, 0))
    return line_start - 1 - len(above) if above.lstrip()[:1] in ("*", "-", "+", "1") else start


def _follows_code(rewriting: Rewriting, start: int) -> bool:
    """Say whether an attribute list closes a fenced block: it stands in the code only by our reckoning."""
    return start > 0 and start - 1 not in rewriting.code


def _drop_extensions(rewriting: Rewriting) -> None:
    """Drop `{::options …/}`, and `{::comment}` with what it hides."""
    hidden_from: int | None = None
    for found in _EXTENSION.finditer(rewriting.body):
        if found.start() in rewriting.code:
            continue
        name = found[0].strip("{}:/ ").split(" ")[0]
        if found[0].startswith("{:/") and hidden_from is not None:
            rewriting.replace(hidden_from, found.end())
            hidden_from = None
        elif name == "comment" and hidden_from is None and not found[0].endswith("/}"):
            hidden_from = found.start()
        rewriting.replace(found.start(), found.end())
