"""Markdown to clean markup: CommonMark with tables, strikethrough, footnotes, task and definition lists.

Footnotes become plain marks and an ordered list at the end, without links between them: several posts may
share a mail, in which `#fn1` would lead to the wrong note, and many clients follow no links inside a mail.
Headings get no anchors for the same reason.
"""

import re
from collections.abc import Callable, Sequence
from html import escape
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.footnote import footnote_plugin
from mdit_py_plugins.tasklists import tasklists_plugin

from newsletter.content.text.addresses import scheme_of
from newsletter.content.text.cleaning import clean_for_mail, clean_widely
from newsletter.content.text.highlighting import highlight
from newsletter.content.text.markup import End, Event, Start, Text, read, write

LONGEST_PARAGRAPH = 50_000  # characters; nobody writes one, and emphasis in it could take seconds to resolve
MOST_TAGS = 10_000  # of raw HTML; what nests deeper than that is an attack on the parser

_TRAILING = re.compile(r"[ \t]+$", re.MULTILINE)  # nobody sees these, and a validator takes offence
_MORE = re.compile(r"<!--\s*more\s*-->", re.IGNORECASE)
_SCHEME = re.compile(r"""[^<>]{0,2000}?\bhref\s*=\s*["']?\s*([A-Za-z][A-Za-z0-9+.-]{0,50}):""", re.IGNORECASE)
_LOCATED = re.compile(r"<(img|iframe|video|audio|embed|object|a(?=\s[^<>]*href))(?=[\s/>])", re.IGNORECASE)


def parse(markdown: str, line_of: Callable[[int], int]) -> list[Event]:
    """Return the markup of a text, safe and well-formed. Links and images say their line in `data-line`.

    `line_of` tells the line of the file from the line of the Markdown, which counts from 0.
    """
    parser = _PARSER
    tokens = parser.parse(markdown, {})
    _mark(tokens, line_of)
    html = parser.renderer.render(tokens, parser.options, {})
    return list(read(clean_widely(html)))


def to_html(events: Sequence[Event]) -> str:
    """Return the HTML that a mail may hold, code in colours."""
    pieces: list[str] = []
    position = index = 0
    while index < len(events):
        block = _code_block(events, index)
        if block is not None:
            code, language, end = block
            pieces.append(write(events[position:index]))
            pieces.append(f"<pre><code>{highlight(_TRAILING.sub('', code), language)}</code></pre>")
            position = index = end
        else:
            index += 1
    pieces.append(write(events[position:]))
    return clean_for_mail("".join(pieces)).strip()


def _code_block(events: Sequence[Event], index: int) -> tuple[str, str, int] | None:
    """Return the code, its language, and the place after it, if `<pre><code>` with nothing but text begins here."""
    match events[index : index + 5]:
        case [Start("pre"), Start("code", attributes), Text(code), End("code"), End("pre")]:
            return code, attributes.get("data-language", ""), index + 5
        case _:
            return None


def _mark(tokens: Sequence[Token], line_of: Callable[[int], int]) -> None:
    """Say for each link and image on which line it stands, and find where the author ends the summary."""
    first = 0
    tags = 0
    for token in tokens:
        first = token.map[0] if token.map else first
        if token.type == "html_block":
            tags += token.content.count("<")
            marked = _mark_html(token.content, first, line_of, "div")
            token.content = marked if tags <= MOST_TAGS else escape(token.content)
        elif token.children:
            tags += sum(child.type == "html_inline" for child in token.children)
            _mark_inline(token.children, first, line_of, show_html=tags > MOST_TAGS)


def _mark_inline(
    children: Sequence[Token], first: int, line_of: Callable[[int], int], *, show_html: bool
) -> None:
    line = first
    for child in children:
        if child.type in ("softbreak", "hardbreak"):
            line += 1
        elif child.type in ("link_open", "image"):
            child.attrSet("data-line", str(line_of(line)))
            if child.type == "link_open":
                child.attrSet("data-scheme", scheme_of(str(child.attrGet("href"))))
            elif not child.content.strip():
                # An author of HTML may mean alt="", one of Markdown forgot it.
                child.attrSet("data-bare", "1")
        elif child.type == "html_inline" and show_html:
            child.type = "text"
        elif child.type == "html_inline":
            child.content = _mark_html(child.content, line, line_of, "span")
            line += child.content.count("\n")


def _mark_html(html: str, first: int, line_of: Callable[[int], int], element: str) -> str:
    html = _MORE.sub(f'<{element} data-more="1"></{element}>', html)

    def locate(tag: re.Match[str]) -> str:
        scheme = _SCHEME.match(html, tag.end())
        named = f' data-scheme="{scheme[1]}"' if scheme and tag[1].lower() == "a" else ""
        return f'{tag[0]} data-line="{line_of(first + html.count(chr(10), 0, tag.start()))}"{named}'

    return _LOCATED.sub(locate, html)


def _parse_paragraphs(state: StateCore) -> None:
    """Parse what stands inside paragraphs, but for monsters, which are shown as they are."""
    for token in state.tokens:
        if token.type != "inline":
            continue
        token.children = []
        if len(token.content) > LONGEST_PARAGRAPH:
            token.children.append(Token("text", "", 0, content=token.content))
        else:
            state.md.inline.parse(token.content, state.md, state.env, token.children)


def _note_mark(renderer: Any, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    del renderer, options, env
    number = int(tokens[index].meta["id"]) + 1
    return f'<sup data-note="{number}">[{number}]</sup>'


def _always(html: str) -> Callable[..., str]:
    """Return a rule that writes the same for every token."""
    return lambda *_: html


def _accept(url: str) -> bool:
    del url
    return True


def _build_parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": True, "maxNesting": 30}).enable(["table", "strikethrough"])
    parser.use(footnote_plugin).use(tasklists_plugin).use(deflist_plugin)
    # Every address becomes a link here, so that an unsafe one can be told about; cleaning takes its target away.
    parser.validateLink = _accept  # type: ignore[method-assign]
    parser.add_render_rule("footnote_ref", _note_mark)
    parser.add_render_rule("footnote_block_open", _always('<div data-notes="1"><hr><ol data-notes="1">'))
    parser.add_render_rule("footnote_block_close", _always("</ol></div>"))
    parser.add_render_rule("footnote_open", _always("<li>"))
    parser.add_render_rule("footnote_anchor", _always(""))
    parser.core.ruler.at("inline", _parse_paragraphs)
    return parser


_PARSER = _build_parser()
