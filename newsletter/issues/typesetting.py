"""Make the HTML of posts hold in every mail client.

Word, which draws mails in Outlook for Windows, knows padding and backgrounds only on table cells and takes
the width of a picture only from its attribute; Yahoo knows no HTML5 sections. So code and quotes move into
cells, pictures get a width, sections become plain blocks.
"""

from collections.abc import Iterator

from lxml.html import HtmlElement

#: HTML5 elements that Outlook for Windows and Yahoo do not know (caniemail, "html-semantics").
_SECTIONS = ("article", "aside", "figure", "footer", "header", "main", "nav", "section")


def set_type(document: HtmlElement, *, measure: int) -> None:
    """Change every element of class `prose` in `document`; `measure` is the width of the text in pixels."""
    texts = document.find_class("prose")
    for number, prose in enumerate(texts, 1):
        if len(texts) > 1:
            _keep_apart(f"t{number}", prose)
        for picture in prose.iter("img"):
            _set_picture(picture, measure)
        for table in list(prose.iter("table")):
            _set_table(table)
        for block in _outermost(prose, "pre"):
            block.attrib.pop("style", None)
            _put_into_cell(block, "code")
        for quote in list(prose.iter("blockquote")):
            _wrap_content(quote, "quote")
        for section in list(prose.iter(*_SECTIONS)):
            _flatten(section)


def _keep_apart(html_id: str, prose: HtmlElement) -> None:
    """Make the ids of one post unlike those of the others: a footnote must lead to its own post's note."""
    for child in prose.iter():
        if not isinstance(child.tag, str):
            continue
        if child.get("id"):
            child.set("id", f"{html_id}-{child.get('id')}")
        target = child.get("href", "")
        if child.tag == "a" and target.startswith("#") and len(target) > 1:
            child.set("href", f"#{html_id}-{target[1:]}")


def _set_picture(picture: HtmlElement, measure: int) -> None:
    width, height = (_pixels(picture.get(name)) for name in ("width", "height"))
    picture.attrib.pop("height", None)
    if width is not None:
        if width > measure and height is not None:
            height = round(height * measure / width)
        picture.set("width", str(min(width, measure)))
        if height is not None:
            picture.set("height", str(height))
    elif _stands_alone(picture):
        # Only Outlook heeds this attribute, since our style says `width: auto`; there a large picture would
        # burst the page. A small one beside words is left as it is.
        picture.set("width", str(measure))
    picture.set("class", "picture" if _stands_alone(picture) else "glyph")


def _pixels(value: str | None) -> int | None:
    digits = (value or "").strip().removesuffix("px")
    return int(digits) if digits.isdigit() and int(digits) > 0 else None


def _stands_alone(picture: HtmlElement) -> bool:
    """Tell whether nothing but other pictures shares the picture's block."""
    block = picture.getparent()
    while block is not None and block.tag in ("a", "picture", "span", "em", "strong"):
        block = block.getparent()
    if block is None:
        return False
    words = "".join(block.itertext()) if block.tag in ("p", "li", "td", "th", "dd") else ""
    return not words.strip() and block.tag not in ("td", "th")


def _set_table(table: HtmlElement) -> None:
    table.set("class", "data")
    for attribute in ("width", "border", "cellpadding", "cellspacing"):
        table.attrib.pop(attribute, None)
    table.set("cellpadding", "0")
    table.set("cellspacing", "0")
    for row in table.iter("tr"):
        cells = [cell for cell in row if cell.tag == "th"]
        for cell in cells:
            if not cell.get("scope"):
                cell.set("scope", "col" if len(cells) == len(row) else "row")


def _outermost(prose: HtmlElement, tag: str) -> list[HtmlElement]:
    return [block for block in prose.iter(tag) if next(block.iterancestors(tag), None) is None]


def _put_into_cell(block: HtmlElement, name: str) -> None:
    """Put `block` into the cell of a layout table; a wrapper that only coloured it goes."""
    while (parent := block.getparent()) is not None and _only_wraps(parent, block):
        _replace(parent, block)
    table = _layout_table(block, name)
    tail, block.tail = block.tail, None
    parent = block.getparent()
    assert parent is not None, "a post's text stands inside an element of class prose"
    parent.replace(block, table)
    table.tail = tail
    next(table.iter("td")).append(block)


def _only_wraps(parent: HtmlElement, block: HtmlElement) -> bool:
    """Tell whether `parent` is the box that Pygments puts around a block of code."""
    return (
        parent.tag == "div"
        and "prose" not in parent.get("class", "").split()
        and len(parent) == 1
        and not (parent.text or "").strip()
        and not (block.tail or "").strip()
    )


def _replace(parent: HtmlElement, block: HtmlElement) -> None:
    block.tail = parent.tail
    grandparent = parent.getparent()
    assert grandparent is not None, "the box of a block of code stands inside the text"
    grandparent.replace(parent, block)


def _wrap_content(quote: HtmlElement, name: str) -> None:
    """Move all that a quote holds into the cell of a layout table within it."""
    table = _layout_table(quote, name)
    cell = next(table.iter("td"))
    cell.text, quote.text = quote.text, None
    for child in list(quote):
        cell.append(child)
    quote.append(table)


def _layout_table(beside: HtmlElement, name: str) -> HtmlElement:
    attributes = {
        "role": "presentation",
        "width": "100%",
        "cellpadding": "0",
        "cellspacing": "0",
        "border": "0",
    }
    table = beside.makeelement("table", {**attributes, "class": f"{name}-box"})
    row = table.makeelement("tr", {})
    cell = table.makeelement("td", {"class": name})
    row.append(cell)
    table.append(row)
    return table


def _flatten(section: HtmlElement) -> None:
    section.set("class", section.get("class") or section.tag)
    for caption in _captions(section):
        caption.tag = "div"
        caption.set("class", "caption")
    section.tag = "div"


def _captions(section: HtmlElement) -> Iterator[HtmlElement]:
    return (child for child in list(section) if child.tag == "figcaption")
