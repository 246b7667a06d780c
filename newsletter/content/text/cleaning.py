"""Which HTML a post may hold, by nh3: first widely, to see what was meant, then as a mail needs it."""

import nh3

from newsletter.content.text.elements import BLOCKS, DROPPED, EMBEDDED, INLINE, RENAMED, TRANSLATED, UNWRAPPED

LINK_SCHEMES = frozenset({"http", "https", "mailto", "tel", "sms", "ftp", "xmpp", "geo"})

_MAIL = BLOCKS | INLINE
_EVERYWHERE = {"lang", "dir"}
_TABLE_CELL = {"colspan", "rowspan", "scope", "style"}

_WIDE = nh3.Cleaner(
    tags=set(_MAIL | RENAMED.keys() | UNWRAPPED | EMBEDDED | TRANSLATED),
    clean_content_tags=set(DROPPED),
    attributes={
        "*": _EVERYWHERE | {"data-line"},
        "a": {"href", "title", "data-scheme"},
        "abbr": {"title"},
        "acronym": {"title"},
        "audio": {"src", "title"},
        "code": {"class"},
        "div": {"data-more", "data-notes"},
        "embed": {"src", "title"},
        "iframe": {"src", "title"},
        "img": {"src", "alt", "width", "height", "data-bare"},
        "input": {"type", "checked"},
        "li": {"value"},
        "meter": {"value", "max"},
        "object": {"data", "title"},
        "ol": {"start", "type", "data-notes"},
        "progress": {"value", "max"},
        "source": {"src"},
        "span": {"data-more"},
        "sup": {"data-note"},
        "td": _TABLE_CELL | {"align"},
        "th": _TABLE_CELL | {"align"},
        "video": {"src", "title"},
    },
    filter_style_properties={"text-align"},
    url_schemes=set(LINK_SCHEMES) | {"data"},
    link_rel=None,
    strip_comments=True,
)
_NARROW = nh3.Cleaner(
    tags=set(_MAIL),
    attributes={
        "*": _EVERYWHERE,
        "a": {"href", "title"},
        "abbr": {"title"},
        "img": {"src", "alt", "width", "height"},
        "li": {"value"},
        "ol": {"start", "type"},
        "span": {"style"},
        "td": _TABLE_CELL,
        "th": _TABLE_CELL,
    },
    filter_style_properties={"text-align", "color", "font-weight", "font-style", "text-decoration"},
    url_schemes=set(LINK_SCHEMES) | {"cid"},
    link_rel=None,
    strip_comments=True,
)


def clean_widely(html: str) -> str:
    """Return well-formed HTML without scripts, handlers and styles, with all that can still be translated."""
    return _WIDE.clean(html)


def clean_for_mail(html: str) -> str:
    """Return the HTML that may stand in a mail; this comes last, so nothing escapes it."""
    return _NARROW.clean(html)
