"""Words that run the other way than the mail: Arabic in an English newsletter, English in an Arabic one.

`dir` alone moves the marks of lists, but neither the room that they stand in nor the line beside a quote, and Outlook
for Windows knows none of the properties of CSS that follow the direction. So these are told apart, as class `turned`.
"""

from lxml.html import HtmlElement

_TURNED = ("ul", "ol", "dd", "th", "caption")

#: Kinds of cells that have a side; one of the table that holds the text, or a block of code, has none.
_SIDED = (None, "quote", "whole")

#: Is read from the left in every language; else its brackets change places and its indents are lost.
_CODE = ("pre", "code", "kbd", "samp")


def turn(document: HtmlElement) -> None:
    """Align what has a direction of its own, and mark what has to be mirrored in it."""
    given = document.get("dir") or "ltr"
    for item in document.xpath("//ul[@class='headlines']/li[@dir]"):
        _turn_words(item)
    for prose in document.find_class("prose"):
        for element in prose.xpath("descendant-or-self::*[@dir]"):
            if element.get("dir") in ("ltr", "rtl"):
                _align(element)
        for element in prose.iter(*_CODE):
            if _direction(element, given) == "rtl":
                element.set("dir", "ltr")
        for element in prose.iter(*_TURNED, "td"):
            has_side = element.tag != "td" or element.get("class") in _SIDED
            if has_side and _direction(element, given) != given:
                element.set("class", f"{element.get('class') or ''} turned".strip())


def _turn_words(item: HtmlElement) -> None:
    """Let the words of an item run the other way, not its mark, which would stand on the far side of the list."""
    words = item.makeelement(
        "span", {name: item.attrib.pop(name) for name in ("lang", "dir") if name in item.attrib}
    )
    words.text, item.text = item.text, None
    words.extend(list(item))
    item.append(words)


def _align(element: HtmlElement) -> None:
    side = "right" if element.get("dir") == "rtl" else "left"
    if element.tag in ("td", "th"):
        element.set("align", side)
    else:
        element.set("style", f"text-align:{side};{element.get('style') or ''}")


def _direction(element: HtmlElement, given: str) -> str:
    own = (str(around.get("dir")) for around in (element, *element.iterancestors()))
    return next((direction for direction in own if direction in ("ltr", "rtl")), given)
