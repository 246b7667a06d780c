"""Pelican: `{filename}`, `{static}`, `{attach}`, `[TOC]`, and Python-Markdown's extras (docs.getpelican.com)."""

import re

from newsletter.content.text.dialects.attributes import drop_kramdown, open_markdown_in_html
from newsletter.content.text.dialects.rewriting import Rewriting

NEEDLES: tuple[str, ...] = ()  # only the whole folder can tell whether a link leads somewhere
_REFERENCE = re.compile(
    r"""(\]\(<?|\]:[ \t]*<?|(?:href|src)=["'])"""
    r"""([{|](filename|static|attach|tag|category|author|index)[}|])([^\s)"'<>]*)"""
)
_TOC = re.compile(r"^[ \t]*\[TOC\][ \t]*$", re.MULTILINE)
_CODE_LANGUAGE = re.compile(r"^(?: {4}|\t)(?::::|#!)[A-Za-z][\w+-]*[ \t]*\n", re.MULTILINE)


def translate(rewriting: Rewriting) -> None:
    """Translate Pelican's links; drop the table of contents and the line that names a sample's language."""
    drop_kramdown(rewriting)
    open_markdown_in_html(rewriting)
    body = rewriting.body
    for toc in _TOC.finditer(body) if "[TOC]" in body else ():
        if toc.start() not in rewriting.code:
            rewriting.replace(*toc.span())
    for language in _CODE_LANGUAGE.finditer(body):
        if language.start() in rewriting.code and not _continues_code(rewriting, language.start()):
            rewriting.replace(*language.span())
    for found in _REFERENCE.finditer(body):
        if found.start() not in rewriting.code:
            _translate_reference(rewriting, found)


def _translate_reference(rewriting: Rewriting, found: re.Match[str]) -> None:
    kind, target = found[3], found[4]
    start, end = found.start(2), found.end(4)
    if kind in ("static", "attach"):
        rewriting.replace(start, end, target)
    else:
        written = f"{{{kind}}}{target}"
        rewriting.replace(start, end, rewriting.page(start, written, f"“{written}”"))


def _continues_code(rewriting: Rewriting, start: int) -> bool:
    """Say whether the line above is code as well: then this line is part of the sample."""
    return start > 0 and bool(rewriting.before(start - 1).strip()) and (start - 2) in rewriting.code
