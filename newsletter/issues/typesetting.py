"""Make the HTML of posts hold in every mail client.

Word, which draws mails in Outlook for Windows, knows padding and backgrounds only on table cells and takes
the width of a picture only from its attribute. So code and quotes move into cells and pictures get a width.
What is given here is the clean HTML of a manuscript: no classes, no ids, no HTML5 sections.
"""

from lxml.html import HtmlElement

from newsletter.issues.salad import row_of_long_words

#: What cannot stand in a paragraph, of all that an item of a list may hold.
_BLOCKS = ("p", "ul", "ol", "dl", "div", "table", "blockquote", "pre", "hr", "h2", "h3", "h4", "h5", "h6")


def set_type(document: HtmlElement, *, measure: int) -> None:
    """Change every element of class `prose` in `document`; `measure` is the width of the text in pixels."""
    for prose in document.find_class("prose"):
        for picture in prose.iter("img"):
            _set_picture(picture, measure)
        for table in list(prose.iter("table")):
            _set_table(table)
        for block in [block for block in prose.iter("pre") if next(block.iterancestors("pre"), None) is None]:
            _set_code(block)
        for quote in list(prose.iter("blockquote")):
            _wrap_content(quote, "quote")
        for items in list(prose.iter("ul", "ol")):
            _set_list(items)
        for block in prose.findall("div"):
            _set_footnotes(block)
        for words in list(prose.iter("abbr", "mark")):
            _set_span(words)


def _set_list(items: HtmlElement) -> None:
    """Let every item of a list of names be a paragraph; read as one, they would be taken for spam (see salad)."""
    if row_of_long_words(" ".join(map(str, items.itertext()))) is None:
        return
    for item in items.findall("li"):
        if not any(child.tag in _BLOCKS for child in item):
            paragraph = item.makeelement("p", {"style": "margin:0"})
            paragraph.text, item.text = item.text, None
            paragraph.extend(list(item))
            item.append(paragraph)


def _set_span(words: HtmlElement) -> None:
    """Outlook for Windows and Yahoo drop these elements, and their style with them (caniemail.com, html-semantics)."""
    if words.tag == "mark":
        words.set("class", "mark")
    words.tag = "span"


def _set_picture(picture: HtmlElement, measure: int) -> None:
    width, height = (_pixels(picture.get(name)) for name in ("width", "height"))
    picture.attrib.pop("height", None)
    block = _block_of_its_own(picture)
    if width is not None:
        if width > measure and height is not None:
            height = round(height * measure / width)
        picture.set("width", str(min(width, measure)))
        if height is not None:
            picture.set("height", str(height))
    elif block is not None:
        # Only Outlook heeds this attribute, since our style says `width: auto`; there a large picture would
        # burst the page. A small one beside words is left as it is.
        picture.set("width", str(measure))
    picture.set("class", "glyph" if block is None else "picture")
    if block is not None:
        _set_caption(block)


def _pixels(value: str | None) -> int | None:
    digits = (value or "").strip().removesuffix("px")
    return int(digits) if digits.isdigit() and int(digits) > 0 else None


def _block_of_its_own(picture: HtmlElement) -> HtmlElement | None:
    """Return the picture's block if it shares it with nothing but other pictures and their captions."""
    block = picture.getparent()
    while block is not None and block.tag in ("a", "span", "em", "strong"):
        block = block.getparent()
    if block is None or block.tag in ("td", "th"):
        return None
    if block.tag not in ("p", "li", "dd") and block.get("class") != "figure":
        return block
    if _caption_below(block) is not None:
        return block
    words = block.xpath(".//text()[not(ancestor::small or ancestor::div[@class='caption'])]")
    return None if "".join(words).strip() else block


def _set_caption(block: HtmlElement) -> None:
    """Give a picture's caption, in a manuscript `<br><small>`, a block of its own."""
    captions = [small for small in block.findall("small") if _follows_break(small)]
    if (below := _caption_below(block)) is not None:
        captions.append(below)
    if block.tag != "p" or not captions:
        return
    for caption in captions:
        line_break = caption.getprevious()
        if line_break is not None and line_break.tag == "br":
            block.remove(line_break)
        caption.tag = "div"
        caption.set("class", "caption")
    block.tag = "div"  # a paragraph cannot hold blocks
    block.set("class", "figure")


def _caption_below(block: HtmlElement) -> HtmlElement | None:
    """Return the words in italics on the line below a picture, as captions are often written in Markdown."""
    match list(block):
        case [picture, words] if block.tag == "p" and words.tag in ("em", "i"):
            between = picture.tail or ""
            is_picture = picture.tag == "img" or picture.find(".//img") is not None
            around = f"{block.text or ''}{picture.text_content()}{between}{words.tail or ''}"
            return words if is_picture and "\n" in between and not around.strip() else None
        case _:
            return None


def _follows_break(small: HtmlElement) -> bool:
    before = small.getprevious()
    return before is not None and before.tag == "br" and not (before.tail or "").strip()


def _set_footnotes(block: HtmlElement) -> None:
    """Know the footnotes by their form, a rule and a numbered list, and let their style draw the rule."""
    if [child.tag for child in block] == ["hr", "ol"]:
        block.remove(block[0])
        block.set("class", "footnotes")


def _set_table(table: HtmlElement) -> None:
    table.set("class", "data")
    table.set("cellpadding", "0")
    table.set("cellspacing", "0")
    rows = list(table.iter("tr"))
    columns = max((len(row) for row in rows), default=1)
    for row in rows:
        heads = [cell for cell in row if cell.tag == "th"]
        for head in heads:
            if not head.text_content().strip():
                head.tag = "td"  # it names nothing, and a screen reader would announce it
                head.attrib.pop("scope", None)
            elif not head.get("scope"):
                head.set("scope", "col" if len(heads) == len(row) else "row")
        for cell in row:
            if _longest_word(cell) <= _letters_on_phone(columns):
                cell.set("class", "whole")


def _letters_on_phone(columns: int) -> int:
    """Return how long a word may be that a phone (350 pixels, 9 a letter, 12 between cells) need not break."""
    return (350 - 12 * columns) // (9 * columns) if columns else 0


def _longest_word(cell: HtmlElement) -> int:
    return max(map(len, cell.text_content().split()), default=0)


def _set_code(block: HtmlElement) -> None:
    """Put a block of code into the cell of a layout table.

    The style of a `<code>` is for one among words; in here `<pre>` says all that there is to say.
    """
    for code in list(block.iter("code")):
        code.drop_tag()
    table = _layout_table(block, "code")
    parent = block.getparent()
    assert parent is not None, "a post's text stands inside an element of class prose"
    table.tail, block.tail = block.tail, None
    parent.replace(block, table)
    next(table.iter("td")).append(block)


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
    row.append(table.makeelement("td", {"class": name}))
    table.append(row)
    return table
