"""Hugo: shortcodes `{{< name >}}` and `{{% name %}}`, attribute lists (gohugo.io/content-management/shortcodes)."""

from collections.abc import Callable

from newsletter.content.text.dialects.attributes import drop_attribute_lists
from newsletter.content.text.dialects.figures import embed_address, picture, replace_embed
from newsletter.content.text.dialects.rewriting import REWRITE, Rewriting
from newsletter.content.text.dialects.tags import Arguments, Tag, TagFinder, read_arguments

NEEDLES = ("{{<", "{{%")
_FINDER = TagFinder({"{{<": ">}}", "{{%": "%}}"})
_PICTURES = frozenset({"figure", "img", "image", "imgproc"})


def translate(rewriting: Rewriting) -> None:
    """Translate shortcodes and drop attribute lists."""
    drop_attribute_lists(rewriting)
    translate_shortcodes(rewriting)


def translate_shortcodes(rewriting: Rewriting) -> None:
    """Translate the shortcodes that are known; of the others, keep the text inside and report the tag."""
    position = 0
    while tag := _FINDER.next(rewriting.body, position):
        position = tag.end
        if tag.is_escaped:
            _show_escaped(rewriting, tag)
        elif tag.start not in rewriting.code:
            position = _translate_tag(rewriting, tag)


def _show_escaped(rewriting: Rewriting, tag: Tag) -> None:
    shown = tag.unescaped() if tag.start in rewriting.code else tag.unescaped().replace("<", "&lt;")
    rewriting.replace(tag.start, tag.end, shown)


def _translate_tag(rewriting: Rewriting, tag: Tag) -> int:
    """Translate one tag; return where to go on."""
    name, given, closing = _read(tag)
    if closing:
        rewriting.replace(tag.start, tag.end)
    elif name in _PAIRED:
        return _PAIRED[name](rewriting, tag, given)
    elif name in ("ref", "relref"):
        page = given.get("path", position=0)
        rewriting.replace(tag.start, tag.end, rewriting.page(tag.start, page, f"{name} “{page}”"))
    elif name in _PICTURES and (src := given.get("src", position=0)):
        image = picture(src, given.get("alt"), caption=_caption(given), link=given.get("link"), size=given)
        rewriting.replace_block(tag.start, tag.end, image)
    elif address := embed_address(name, given):
        replace_embed(rewriting, tag.start, tag.end, address, given.get("title"))
    else:
        _drop_unknown(rewriting, tag, name)
    return tag.end


def _read(tag: Tag) -> tuple[str, Arguments, bool]:
    inner = tag.inner.strip()
    closing = inner.startswith("/")
    name, _, rest = inner.strip("/ \t\n").partition(" ") if closing else _split(inner.removesuffix("/"))
    return name.lower(), read_arguments(rest), closing


def _split(inner: str) -> tuple[str, str, str]:
    words = inner.split(maxsplit=1)
    return (words[0] if words else "", "", words[1] if len(words) > 1 else "")


def _caption(given: Arguments) -> str:
    title, caption = given.get("title"), given.get("caption")
    return f"**{title}** {caption}".strip() if title else caption


def _drop_unknown(rewriting: Rewriting, tag: Tag, name: str) -> None:
    rewriting.replace(tag.start, tag.end)
    rewriting.report(
        tag.start,
        "shortcode",
        f"the shortcode “{name}” cannot be shown in a mail; it was left out and any text inside it was kept",
        REWRITE,
    )


def _highlight(rewriting: Rewriting, tag: Tag, given: Arguments) -> int:
    closing = _find_closing(rewriting, tag, "highlight")
    if closing is None:
        _drop_unknown(rewriting, tag, "highlight")
        return tag.end
    rewriting.fence((tag.start, tag.end), (closing.start, closing.end), given.get("lang", "type", position=0))
    return closing.end


def _comment(rewriting: Rewriting, tag: Tag, given: Arguments) -> int:
    del given
    closing = _find_closing(rewriting, tag, "comment")
    end = closing.end if closing else tag.end
    rewriting.replace(tag.start, end)
    return end


def _details(rewriting: Rewriting, tag: Tag, given: Arguments) -> int:
    summary = given.get("summary", "title", position=0)
    rewriting.replace_block(tag.start, tag.end, f"**{summary}**" if summary else "")
    return tag.end


def _find_closing(rewriting: Rewriting, tag: Tag, name: str) -> Tag | None:
    def closes(other: Tag) -> bool:
        inner = other.inner.strip()
        return inner.startswith("/") and inner.strip("/ \t\n").lower() == name

    return rewriting.find_closing(_FINDER, tag, name, closes)


_PAIRED: dict[str, Callable[[Rewriting, Tag, Arguments], int]] = {
    "highlight": _highlight,
    "comment": _comment,
    "details": _details,
}
