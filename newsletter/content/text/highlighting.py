"""Code in colours, with inline styles: mail clients keep no style sheet for sure (GMX drops all of them).

Every colour has a contrast of at least 4.5 : 1 (WCAG 2.2, 1.4.3) on BACKGROUND; a test computes it.
"""

from html import escape

from pygments import lex
from pygments.lexers import get_lexer_by_name
from pygments.token import Comment, Generic, Keyword, Literal, Name, Number, Operator, String, _TokenType
from pygments.util import ClassNotFound

BACKGROUND = "#f6f8fa"
# Lexers are regular expressions of many hands; what is longer than this is shown without colours.
LONGEST = 20_000  # characters

COLOURS: dict[_TokenType, str] = {
    Comment: "color:#57606a;font-style:italic",
    Comment.Preproc: "color:#953800",
    Comment.PreprocFile: "color:#0a3069",
    Generic.Deleted: "color:#a40e26",
    Generic.Error: "color:#a40e26",
    Generic.Heading: "color:#0550ae;font-weight:bold",
    Generic.Inserted: "color:#116329",
    Generic.Prompt: "color:#57606a",
    Generic.Subheading: "color:#0550ae",
    Generic.Emph: "font-style:italic",
    Generic.Strong: "font-weight:bold",
    Keyword: "color:#b31d28",
    Keyword.Constant: "color:#0550ae",
    Literal.Date: "color:#0550ae",
    Name.Attribute: "color:#0550ae",
    Name.Builtin: "color:#0550ae",
    Name.Class: "color:#953800",
    Name.Constant: "color:#0550ae",
    Name.Decorator: "color:#6639ba",
    Name.Exception: "color:#953800",
    Name.Function: "color:#6639ba",
    Name.Label: "color:#0550ae",
    Name.Namespace: "color:#953800",
    Name.Tag: "color:#116329",
    Name.Variable: "color:#953800",
    Number: "color:#0550ae",
    Operator.Word: "color:#b31d28",
    String: "color:#0a3069",
    String.Escape: "color:#0550ae",
    String.Interpol: "color:#0550ae",
    String.Regex: "color:#116329",
}


def highlight(code: str, language: str) -> str:
    """Return HTML for the inside of a `<code>`; without colours where the language is not known."""
    if not language or len(code) > LONGEST:
        return escape(code, quote=False)
    try:
        lexer = get_lexer_by_name(language, stripnl=False, ensurenl=False)
    except ClassNotFound:
        return escape(code, quote=False)
    pieces: list[str] = []
    last_style, run = "", ""
    for kind, text in lex(code, lexer):
        style = _style(kind) if text.strip() else last_style
        if style != last_style:
            pieces.append(_span(run, last_style))
            last_style, run = style, ""
        run += text
    pieces.append(_span(run, last_style))
    return "".join(pieces)


def _style(kind: _TokenType) -> str:
    known: _TokenType | None = kind
    while known is not None and known not in COLOURS:
        known = known.parent
    return COLOURS[known] if known is not None else ""


def _span(text: str, style: str) -> str:
    written = escape(text, quote=False)
    return f'<span style="{style}">{written}</span>' if style and text else written
