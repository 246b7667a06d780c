"""What generators add to Markdown: one module for each turns its marks into Markdown, or reports them."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path

from newsletter.content.post import Problem
from newsletter.content.text.dialects import (
    astro,
    eleventy,
    hugo,
    jekyll,
    liquid,
    obsidian,
    pelican,
    plain,
    zola,
)
from newsletter.content.text.dialects.rewriting import LOST, Rewriting, Translation
from newsletter.content.text.references import References

__all__ = ["LOST", "Translation", "problems", "readable", "translate"]

LONGEST = 250_000  # characters of a post; Gmail shows 100,000 bytes of a whole mail

_TRANSLATE: Mapping[str, Callable[[Rewriting], None]] = {
    "hugo": hugo.translate,
    "jekyll": jekyll.translate,
    "zola": zola.translate,
    "pelican": pelican.translate,
    "eleventy": eleventy.translate,
    "astro": astro.translate,
    "obsidian": obsidian.translate,
    "plain": plain.translate,
}
# Without one of these in its text a post has nothing to report, so most posts cost one look.
_NEEDLES: Mapping[str, tuple[str, ...]] = {
    "hugo": hugo.NEEDLES,
    "jekyll": liquid.NEEDLES,
    "zola": zola.NEEDLES,
    "pelican": pelican.NEEDLES,
    "eleventy": liquid.NEEDLES,
    "astro": astro.NEEDLES,
    "obsidian": obsidian.NEEDLES,
    "plain": hugo.NEEDLES,
}
# What no text needs: control characters, half of a surrogate pair, and our own mark for what is lost.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff" + LOST + "]")


def readable(body: str) -> str:
    """Return as much of a post's text as is ever read: all, or the lines of its first LONGEST characters."""
    if len(body) <= LONGEST:
        return body
    cut = body.rfind("\n", 0, LONGEST)
    return body[: cut if cut > LONGEST // 2 else LONGEST]


def translate(body: str, dialect: str, *, path: str, first_line: int, references: References) -> Translation:
    """Turn a post's text into plain Markdown; report what could not be translated.

    `first_line` is the line of the file on which `body` begins. Raises KeyError for an unknown dialect.
    """
    rewriting = Rewriting(tidy(body), path=path, first_line=first_line, references=references)
    _TRANSLATE[dialect](rewriting)
    return rewriting.finish()


def problems(body: str, dialect: str, *, path: str, first_line: int) -> tuple[Problem, ...]:
    """Return what `translate` would report, but for references, which only the whole folder can resolve."""
    body = readable(body)
    if not any(needle in body for needle in _NEEDLES[dialect]):
        return ()
    return translate(body, dialect, path=path, first_line=first_line, references=_Everything()).problems


def tidy(body: str) -> str:
    """Return the text with plain newlines and without characters that no text needs."""
    if "\r" in body:
        body = body.replace("\r\n", "\n").replace("\r", "\n")
    return _UNPRINTABLE.sub("", body)


class _Everything:
    """References for which every name leads somewhere."""

    def page(self, name: str) -> str | None:
        return name

    def link(self, href: str) -> str | None:
        return href

    def image(self, src: str) -> str | None:
        return src

    def picture(self, _src: str) -> Path | None:
        return None
