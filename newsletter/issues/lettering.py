"""A letter to the author as HTML: made from its text, so that both say the same and a template has only one of them."""

import re
from dataclasses import dataclass, replace

from markupsafe import Markup, escape

from newsletter.issues.rendering import Masthead, inlined
from newsletter.issues.templating import Templates

#: What a command, a name or an address is written between or begins with, in a letter's text.
_SPECIAL = re.compile(r"`([^`\n]+)`|(https?://[^\s<>”]+[\w/])")

#: What stands above a signature (RFC 3676, section 4.3).
_SIGNATURE = "\n-- \n"

_CODE, _LINK = Markup("<code>{}</code>"), Markup('<a href="{0}">{0}</a>')


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One paragraph, or what is to be typed or was said word for word."""

    is_code: bool
    html: Markup


def letter_html(subject: str, text: str, masthead: Masthead, templates: Templates) -> str:
    """Return the HTML part of a letter. Its words are English, and no file comes with it, so no logo either.

    Raises TemplateError.
    """
    plain = replace(
        masthead,
        language="en",
        own_language="en",
        design=replace(masthead.design, logo=None, logo_file=None),
    )
    body, _, signature = f"\n{text}".partition(_SIGNATURE)
    facts = {"subject": subject, "preheader": "", "masthead": plain}
    shown = {"paragraphs": _paragraphs(body), "signature": _words(signature)}
    page = templates.render("email/author/letter.html", **facts, **shown)
    return inlined(page, plain.design.measure)


def _paragraphs(text: str) -> list[Paragraph]:
    """Take a text apart at its empty lines; what is indented by four columns is code."""
    blocks = [block.strip("\n") for block in re.split(r"\n\s*\n", text) if block.strip()]
    return [_code(block) if block.startswith("    ") else Paragraph(False, _words(block)) for block in blocks]


def _code(block: str) -> Paragraph:
    return Paragraph(True, escape("\n".join(line.removeprefix("    ") for line in block.split("\n"))))


def _words(block: str) -> Markup:
    """Join the lines of a paragraph, but for those that are indented: each of these is a line of its own."""
    lines = re.split(r"\n(?= )", block.strip("\n"))
    joined = (" ".join(line.split()) for line in lines)
    return Markup("<br>").join(map(_marked, joined))


def _marked(line: str) -> Markup:
    """Write commands as code, and addresses as links."""
    pieces, at = [], 0
    for found in _SPECIAL.finditer(line):
        code, address = found.groups()
        pieces.append(escape(line[at : found.start()]))
        pieces.append(_CODE.format(code) if code else _LINK.format(address))
        at = found.end()
    return Markup("").join([*pieces, escape(line[at:])])
