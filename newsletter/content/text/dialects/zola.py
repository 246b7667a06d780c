"""Zola: shortcodes `{{ name(a="1") }}`, `{% name() %} … {% end %}`; links `@/` (getzola.org/documentation/content)."""

import re

from newsletter.content.text.dialects.attributes import drop_attribute_lists
from newsletter.content.text.dialects.figures import embed_address, picture, replace_embed
from newsletter.content.text.dialects.rewriting import REWRITE, Rewriting
from newsletter.content.text.dialects.tags import Tag, TagFinder, read_arguments

NEEDLES = ("{{", "{%")
_FINDER = TagFinder({"{{": "}}", "{%": "%}"})
_CALL = re.compile(r"-?\s*([A-Za-z_]\w*)\s*\((.*)\)\s*-?", re.DOTALL)
_INTERNAL = re.compile(r"""(?:\]\(<?|\]:[ \t]*<?|href=["'])(@/[^\s)"'<>]*)""")
_PICTURES = frozenset({"figure", "image", "img", "resize_image"})


def translate(rewriting: Rewriting) -> None:
    """Translate shortcodes and internal links. Braces without a call, as in `{{closure}}`, are plain text."""
    drop_attribute_lists(rewriting)
    position = 0
    while tag := _FINDER.next(rewriting.body, position):
        position = tag.end
        _translate_tag(rewriting, tag)
    for link in _INTERNAL.finditer(rewriting.body) if "@/" in rewriting.body else ():
        if link.start() not in rewriting.code:
            rewriting.replace(*link.span(1), rewriting.page(link.start(), link[1], f"“{link[1]}”"))


def _translate_tag(rewriting: Rewriting, tag: Tag) -> None:
    inner = tag.inner.strip()
    if tag.is_escaped:
        rewriting.replace(tag.start, tag.end, tag.unescaped())
    elif tag.start in rewriting.code:
        return
    elif tag.opener == "{%" and inner.strip("- ") == "end":
        rewriting.replace(tag.start, tag.end)
    elif call := _CALL.fullmatch(inner):
        _translate_call(rewriting, tag, call[1], call[2])


def _translate_call(rewriting: Rewriting, tag: Tag, name: str, arguments: str) -> None:
    given = read_arguments(arguments)
    src = given.get("src", "path", "url")
    if tag.opener == "{{" and name in _PICTURES and src:
        rewriting.replace_block(
            tag.start, tag.end, picture(src, given.get("alt"), caption=given.get("caption"), size=given)
        )
    elif tag.opener == "{{" and (address := embed_address(name, given)):
        replace_embed(rewriting, tag.start, tag.end, address, given.get("title"))
    else:
        rewriting.replace(tag.start, tag.end)
        rewriting.report(
            tag.start,
            "shortcode",
            f"the shortcode “{name}” cannot be shown in a mail; it was left out, any text inside was kept",
            REWRITE,
        )
