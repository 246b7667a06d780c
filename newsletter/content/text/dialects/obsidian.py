"""Obsidian: wiki links, embeds, comments, marks, callouts, block ids (help.obsidian.md)."""

import re

from newsletter.content.text.dialects.figures import picture
from newsletter.content.text.dialects.rewriting import LOST, Rewriting
from newsletter.content.text.dialects.tags import Arguments, Tag, TagFinder
from newsletter.content.text.references import PICTURES

NEEDLES = ("![[",)
_LINKS = TagFinder({"![[": "]]", "[[": "]]"})
_COMMENTS = TagFinder({"%%": "%%"})
_MARK = re.compile(r"(?<![=\\])==(?=[^\s=])([^\n=]{1,2000})(?<=\S)==(?!=)")
_BLOCK_ID = re.compile(r"(?:^|[ \t]+)\^[A-Za-z0-9-]+[ \t]*$", re.MULTILINE)
_CALLOUT = re.compile(
    r"^([ \t]*(?:>[ \t]*)+)\[!([\w-]{1,40})(?:\|[^\]\n]*)?\][+-]?[ \t]*([^\n]*)$", re.MULTILINE
)
_SIZED_IMAGE = re.compile(r"!\[([^\[\]\n]{0,500}?\|)?(\d{1,4})(?:x(\d{1,4}))?\]\(([^()\s]{1,1000})\)")
_SIZE = re.compile(r"(\d{1,4})(?:x(\d{1,4}))?")


def translate(rewriting: Rewriting) -> None:
    """Translate Obsidian's own marks."""
    _drop_comments(rewriting)
    _translate_links(rewriting)
    for found in _MARK.finditer(rewriting.body) if "==" in rewriting.body else ():
        if found.start() not in rewriting.code:
            rewriting.replace(found.start(), found.start(1), "<mark>")
            rewriting.replace(found.end(1), found.end(), "</mark>")
    for found in _BLOCK_ID.finditer(rewriting.body) if "^" in rewriting.body else ():
        if found.end() - 1 not in rewriting.code:
            rewriting.replace(*found.span())
    for found in _CALLOUT.finditer(rewriting.body) if "[!" in rewriting.body else ():
        if found.start() not in rewriting.code:
            title = found[3].strip() or found[2].replace("-", " ").capitalize()
            rewriting.replace(found.start(), found.start(3), f"{found[1]}**")
            rewriting.replace(found.start(3), found.end(), f"{title}**\n{found[1]}")
    for found in _SIZED_IMAGE.finditer(rewriting.body) if "![" in rewriting.body else ():
        if found.start() not in rewriting.code:
            rewriting.replace(
                *found.span(), picture(found[4], (found[1] or "").rstrip("|"), size=_size(found[2], found[3]))
            )


def _drop_comments(rewriting: Rewriting) -> None:
    position = 0
    while "%%" in rewriting.body and (comment := _COMMENTS.next(rewriting.body, position)):
        position = comment.end
        if comment.start not in rewriting.code:
            rewriting.replace(comment.start, comment.end)


def _translate_links(rewriting: Rewriting) -> None:
    position = 0
    while tag := _LINKS.next(rewriting.body, position):
        position = tag.end
        if tag.start in rewriting.code or "\n" in tag.inner or not tag.inner.strip():
            continue
        target, _, shown = tag.inner.replace("\\|", "|").partition("|")
        if tag.opener == "[[":
            rewriting.replace(tag.start, tag.end, _link(rewriting, tag, target.strip(), shown.strip()))
        else:
            _translate_embed(rewriting, tag, target.strip(), shown.strip())


def _translate_embed(rewriting: Rewriting, tag: Tag, target: str, shown: str) -> None:
    if target.lower().endswith(PICTURES):
        *words, last = shown.split("|")
        size = _SIZE.fullmatch(last)
        alt = "|".join(words) if size else shown
        rewriting.replace(
            tag.start, tag.end, picture(target, alt, size=_size(size[1], size[2]) if size else None)
        )
        return
    rewriting.replace(tag.start, tag.end, _link(rewriting, tag, target, ""))
    rewriting.report(
        tag.start,
        "embed",
        f"a mail cannot show “{target}” inside another note; its name stands in its place",
        "Copy what readers should see into the post.",
    )


def _link(rewriting: Rewriting, tag: Tag, target: str, shown: str) -> str:
    """Return the Markdown for a wiki link; a heading in the same note links to the post's own page."""
    text = shown or target.lstrip("#").removesuffix(".md").replace("#", " > ").replace("^", "")
    text = text.replace("[", "(").replace("]", ")")
    if target.startswith("#"):
        return f"[{text}](<{target.replace(' ', '%20')}>)"
    if tag.opener == "![[":
        address = rewriting.references.page(target)
    else:
        address = rewriting.page(tag.start, target, f"the note “{target}”")
    return text if address in (None, LOST) else f"[{text}](<{address}>)"


def _size(width: str, height: str | None) -> Arguments:
    return Arguments((), {"width": width, **({"height": height} if height else {})})
