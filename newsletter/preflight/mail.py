"""A mail as preflight looks at it: what was rendered, taken apart once. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import lxml.html
from lxml.html import HtmlElement

from newsletter.content.post import Manuscript
from newsletter.issues.rendering import Rendering

#: Where no rule about words looks: what stands there is shown as it was written, or not at all.
_NO_PROSE = ("pre", "code", "kbd", "samp", "style", "title", "head")


@dataclass(frozen=True)
class Mail:
    """One rendering with the manuscripts that it was made of; `language` is the one that it should be in."""

    rendering: Rendering
    manuscripts: Sequence[Manuscript] = ()
    language: str = "en"

    @cached_property
    def document(self) -> HtmlElement:
        """The HTML part."""
        return lxml.html.document_fromstring(self.rendering.html)

    @cached_property
    def prose(self) -> tuple[str, ...]:
        """What is there to read, one text for each element that has any, without code."""
        return tuple(_prose(self.document))

    def path_of(self, words: str) -> str:
        """Return the file that some words or an address come from, as far as can be told."""
        for manuscript in self.manuscripts:
            if words in manuscript.html or words in manuscript.text or words in manuscript.post.title:
                return manuscript.post.path
        return "the mail"


def is_hidden(element: HtmlElement) -> bool:
    """Say whether an element is not shown, such as the preheader."""
    return "display:none" in (element.get("style") or "").replace(" ", "")


def words_of(element: HtmlElement) -> str:
    """Return the words of an element, with the descriptions of its images, on one line."""
    descriptions = (image.get("alt") or "" for image in element.iter("img"))
    return " ".join(" ".join((element.text_content(), *descriptions)).split())


def _prose(element: HtmlElement) -> Iterator[str]:
    if not isinstance(element.tag, str) or element.tag in _NO_PROSE or is_hidden(element):
        return
    own = " ".join(filter(None, (element.text, *(child.tail for child in element))))
    if own.strip():
        yield " ".join(own.split())
    for child in element:
        yield from _prose(child)
