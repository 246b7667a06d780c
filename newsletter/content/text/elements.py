"""The elements of HTML, by what becomes of each in a mail."""

#: These have no end tag.
VOID = frozenset({"br", "hr", "img", "wbr", "input", "source", "embed"})

HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
#: What a mail may hold and no paragraph may.
BLOCKS = HEADINGS | {
    "p", "div", "ul", "ol", "li", "dl", "dt", "dd", "blockquote", "pre", "hr",
    "table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td",
}  # fmt: skip
INLINE = frozenset({
    "a", "abbr", "b", "bdi", "bdo", "br", "cite", "code", "del", "dfn", "em", "i", "img", "ins", "kbd", "mark", "q",
    "s", "samp", "small", "span", "strong", "sub", "sup", "u", "var", "wbr",
})  # fmt: skip

#: Written as another element, which mail programs know.
RENAMED = {
    **dict.fromkeys(
        ("details", "section", "article", "main", "header", "footer", "aside", "nav", "address", "hgroup", "center"),
        "div",
    ),
    "tt": "code",
    "strike": "s",
    "acronym": "abbr",
}  # fmt: skip
#: Left out, but what stands in them is kept.
UNWRAPPED = frozenset(
    {"noscript", "picture", "font", "big", "time", "data", "label", "button", "source", "ruby", "rb"}
)
#: Replaced by a link to what they would show.
EMBEDDED = frozenset({"iframe", "video", "audio", "object", "embed"})
#: Each put into words or other elements in a way of its own.
TRANSLATED = frozenset({"figure", "figcaption", "summary", "input", "progress", "meter", "rt"})
#: Left out with all that is in them.
DROPPED = frozenset({
    "script", "style", "svg", "math", "template", "select", "textarea", "title", "canvas", "dialog", "map",
    "rp",  # the parentheses that it holds are written in any case
})  # fmt: skip
