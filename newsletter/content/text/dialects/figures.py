"""The Markdown for what shortcodes of many names mean: pictures, and things that live elsewhere."""

from collections.abc import Callable, Mapping
from html import escape
from urllib.parse import quote

from newsletter.content.text.dialects.rewriting import Rewriting
from newsletter.content.text.dialects.tags import Arguments


def picture(src: str, alt: str, *, caption: str = "", link: str = "", size: Arguments | None = None) -> str:
    """Return one line with an image, and its caption below. The caption is Markdown, as in Hugo."""
    attributes = f'src="{escape(src)}" alt="{escape(alt or caption)}"'
    for name in ("width", "height") if size else ():
        value = (size.get(name) if size else "").removesuffix("px")
        attributes += f' {name}="{value}"' if value.isascii() and value.isdigit() else ""
    image = f"<img {attributes}>"
    image = f'<a href="{escape(link)}">{image}</a>' if link else image
    words = " ".join(caption.split())
    return f"{image}<br><small>{words}</small>" if words else image


def embed_address(name: str, given: Arguments) -> str:
    """Return the public page of what `youtube`, `gist`, `tweet`, … would show, or an empty string."""
    name = name.lower()
    find = _EMBEDS.get(_SAME.get(name, name))
    return find(given) if find else ""


def replace_embed(rewriting: Rewriting, start: int, end: int, address: str, title: str = "") -> None:
    """Put a link where something from elsewhere would have been shown, and say so."""
    words = " ".join(title.replace("[", "(").replace("]", ")").split())
    rewriting.replace_block(start, end, f"[{words}](<{address}>)" if words else f"<{address}>")
    rewriting.report(
        start,
        "embed",
        f"a mail cannot show what is embedded here, so a link to {address} stands in its place",
        "Add a sentence or a picture if readers should see more than the link.",
    )


def _address(base: str, name: str) -> str:
    if name.startswith(("https://", "http://")):
        return quote(name, safe=":/?&=#%~+,;@!$*.-_")
    return base + quote(name, safe="/-_.~") if name else ""


def _gist(given: Arguments) -> str:
    if given.get("url"):
        return _address("", given.get("url"))
    if len(given.positional) >= 2 and "." not in given.positional[1]:
        return _address("https://gist.github.com/", "/".join(given.positional[:2]))
    return _address("https://gist.github.com/", given.get("id", position=0))


def _status(given: Arguments) -> str:
    if given.get("user"):
        return _address(f"https://x.com/{quote(given.get('user'), safe='')}/status/", given.get("id"))
    return _address("https://x.com/i/status/", given.get("id", position=0))


_EMBEDS: Mapping[str, Callable[[Arguments], str]] = {
    "youtube": lambda given: _address("https://www.youtube.com/watch?v=", given.get("id", position=0)),
    "vimeo": lambda given: _address("https://vimeo.com/", given.get("id", position=0)),
    "streamable": lambda given: _address("https://streamable.com/", given.get("id", position=0)),
    "instagram": lambda given: _address("https://www.instagram.com/p/", given.get("id", position=0)),
    "gist": _gist,
    "x": _status,
}
_SAME = {
    "tweet": "x",
    "twitter": "x",
    "x_simple": "x",
    "vimeo_simple": "vimeo",
    "instagram_simple": "instagram",
}
