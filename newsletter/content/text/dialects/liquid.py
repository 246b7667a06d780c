"""Liquid, as Jekyll and Eleventy put it into Markdown. Known tags are translated; nothing is evaluated.

Liquid runs before Markdown, also inside code. A code sample is shown as written nevertheless: a mail whose code
block reads `{{ site.title }}` has lost less than one whose sample is gone.
"""

import re
from collections.abc import Callable, Mapping

from newsletter.content.text.dialects.figures import embed_address, replace_embed
from newsletter.content.text.dialects.rewriting import LOST, REWRITE, Rewriting
from newsletter.content.text.dialects.tags import Tag, TagFinder, is_literal, read_arguments, unquote

NEEDLES = ("{%", "{{", "{#")
Handler = Callable[[Rewriting, Tag, str], int]

_FINDER = TagFinder({"{%": "%}", "{{": "}}"})
_NAME = re.compile(r"[A-Za-z_][\w-]*")
_RAW = {"raw": "endraw", "verbatim": "endverbatim"}
# Tags that show nothing themselves, so that nothing is lost with them.
_SILENT = frozenset(
    {"assign", "set", "increment", "decrement", "break", "continue", "else", "elsif", "elif", "when"}
)
_ADDRESSES = frozenset({"relative_url", "absolute_url", "url", "safe", "htmlBaseUrl"})


def translate_liquid(rewriting: Rewriting, tags: Mapping[str, Handler]) -> None:
    """Translate `{% … %}` and `{{ … }}`; `tags` are the generator's own tags."""
    position = told = 0
    while tag := _FINDER.next(rewriting.body, position):
        position = tag.end
        inner = tag.inner.strip().removeprefix("-").removesuffix("-").strip()
        in_code = tag.start in rewriting.code
        if tag.opener == "{%":
            position = _translate_tag(rewriting, tag, inner, tags, in_code=in_code)
            told = max(told, _end_of_loop(rewriting, tag, inner))
        elif not in_code:
            _translate_output(rewriting, tag, inner, is_told=tag.start < told)


def _translate_tag(
    rewriting: Rewriting, tag: Tag, inner: str, tags: Mapping[str, Handler], *, in_code: bool
) -> int:
    found = _NAME.match(inner)
    name = found[0] if found else ""
    rest = inner[len(name) :].strip()
    if name in _RAW:
        return _raw(rewriting, tag, name)
    if in_code or not name:
        return tag.end
    if name == "comment":
        return _comment(rewriting, tag)
    if name == "highlight":
        return _highlight(rewriting, tag, rest)
    if name in tags:
        return tags[name](rewriting, tag, rest)
    if address := embed_address(name, read_arguments(rest)):
        replace_embed(rewriting, tag.start, tag.end, address)
        return tag.end
    rewriting.replace(tag.start, tag.end)
    if name not in _SILENT and not name.startswith("end"):
        _report_tag(rewriting, tag, name)
    return tag.end


def _end_of_loop(rewriting: Rewriting, tag: Tag, inner: str) -> int:
    """Return where the loop ends that begins here: that it is not run tells of all that stands in it."""
    closing = _find_end(rewriting, tag, "endfor") if inner.startswith("for ") else None
    return closing.end if closing else 0


def _report_tag(rewriting: Rewriting, tag: Tag, name: str) -> None:
    """Report a tag that was left out."""
    rewriting.report(
        tag.start,
        "liquid",
        f"the tag “{name}” is not run for a mail; it was left out and any text inside it was kept",
        REWRITE,
    )


def _find_end(rewriting: Rewriting, tag: Tag, name: str) -> Tag | None:
    """Return the `{% name %}` that closes a tag."""
    return rewriting.find_closing(
        _FINDER, tag, name, lambda other: other.opener == "{%" and other.inner.strip(" \t\n-") == name
    )


def _raw(rewriting: Rewriting, tag: Tag, name: str) -> int:
    rewriting.replace(tag.start, tag.end)
    closing = _find_end(rewriting, tag, _RAW[name])
    if closing is None:
        return tag.end
    rewriting.replace(closing.start, closing.end)
    return closing.end


def _comment(rewriting: Rewriting, tag: Tag) -> int:
    closing = _find_end(rewriting, tag, "endcomment")
    end = closing.end if closing else tag.end
    rewriting.replace(tag.start, end)
    return end


def _highlight(rewriting: Rewriting, tag: Tag, rest: str) -> int:
    closing = _find_end(rewriting, tag, "endhighlight")
    if closing is None:
        rewriting.replace(tag.start, tag.end)
        return tag.end
    _drop_raw_between(rewriting, tag, closing)
    language = read_arguments(rest).get(position=0)
    rewriting.fence((tag.start, tag.end), (closing.start, closing.end), language)
    return closing.end


def _drop_raw_between(rewriting: Rewriting, tag: Tag, closing: Tag) -> None:
    position = tag.end
    while (inside := _FINDER.next(rewriting.body, position)) and inside.end <= closing.start:
        if inside.opener == "{%" and inside.inner.strip(" \t\n-") in ("raw", "endraw"):
            rewriting.replace(inside.start, inside.end)
        position = inside.end


def _translate_output(rewriting: Rewriting, tag: Tag, inner: str, *, is_told: bool) -> None:
    """Put in what an output surely means: a literal, the site's address. Report others, lose their links."""
    expression, *filters = [part.strip() for part in inner.split("|")]
    names = {part.split(":")[0].strip() for part in filters}
    if expression in ("site.baseurl", "site.url", "site.github.url", "pathPrefix") and not filters:
        rewriting.replace(tag.start, tag.end, _site_address(rewriting, tag))
    elif is_literal(expression) and (names <= _ADDRESSES or _only_prepends_site(filters)):
        rewriting.replace(tag.start, tag.end, unquote(expression))
    elif is_told:
        rewriting.replace(tag.start, tag.end, LOST)
    else:
        _lose_output(rewriting, tag, inner)


def _site_address(rewriting: Rewriting, tag: Tag) -> str:
    """Return the site's own address: nothing before a path, since links are made absolute later."""
    if rewriting.body[tag.end : tag.end + 1] == "/" or rewriting.body.startswith("{{", tag.end):
        return ""
    return (
        "/"
        if rewriting.body[tag.start - 1 : tag.start] in ("(", '"', "'")
        else (rewriting.references.link("/") or "")
    )


def _only_prepends_site(filters: list[str]) -> bool:
    return all(part.replace(" ", "") in ("prepend:site.baseurl", "prepend:site.url") for part in filters)


def _lose_output(rewriting: Rewriting, tag: Tag, inner: str) -> None:
    rewriting.replace(tag.start, tag.end, LOST)
    shown = " ".join(inner.split())[:60]
    rewriting.report(
        tag.start,
        "liquid",
        f"the value of “{shown}” is known only to the site's generator; it was left out"
        + (", and the link with it" if _in_address(rewriting, tag) else ""),
        "Write the value out, or put {% raw %} around it if it is meant to be read.",
    )


def _in_address(rewriting: Rewriting, tag: Tag) -> bool:
    before = rewriting.body[max(0, tag.start - 300) : tag.start]
    word = re.split(r"\s", before)[-1]
    return "](" in word or 'href="' in word or 'src="' in word
