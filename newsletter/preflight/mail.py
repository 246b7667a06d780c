"""A mail as preflight looks at it: what was rendered, taken apart once. Pure."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import lxml.html
from lxml.html import HtmlElement

from newsletter.content.post import Manuscript
from newsletter.issues.rendering import Rendering
from newsletter.preflight.rules import Place

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

    def place_of(self, words: str, *others: str) -> Place:
        """Return the file, and the line, that some words or an address come from; `others` lie around these."""
        for manuscript in self.manuscripts:
            post = manuscript.post
            if any(
                words in text
                for text in (manuscript.html, manuscript.text, manuscript.summary_text, post.title)
            ):
                return Place(post.path, manuscript.line_of(*others, words))
        return Place()

    def place_of_link(self, words: str, href: str) -> Place:
        """Return where a link is read, which is not where its address stands if Markdown keeps that under a label."""
        labelled = re.compile(
            rf"^ {{0,3}}\[([^\]\n]+)\]:\s*<?{re.escape(href)}>?\s*(?:[\"'(]|$)", re.MULTILINE
        )
        labels = [label for one in self.manuscripts for label in labelled.findall(one.source)]
        by_label = (f"[{words}][{label}]" for label in labels)
        shortened = (f"[{words}]" for label in labels if label.casefold() == words.casefold())
        return self.place_of(href, f"[{words}]({href}", *by_label, *shortened, href, f"[{words}]")


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
