"""What works on a web page is given the form that works in a mail."""

import lxml.html
import pytest

from newsletter.issues.typesetting import set_type


def typeset(*posts: str, measure: int = 536) -> lxml.html.HtmlElement:
    cells = "".join(f'<tr><td class="prose">{post}</td></tr>' for post in posts)
    document = lxml.html.document_fromstring(
        f"<html><body><table role=presentation>{cells}</table></body></html>"
    )
    set_type(document, measure=measure)
    return document


def test_code_moves_into_a_cell_without_a_change() -> None:
    """Proves that a block of code keeps every space, and that what follows it stays."""
    code = '<code><span style="color:#080">def</span> f():\n    return  1\n</code>'
    document = typeset(f"<p>before</p><pre>{code}</pre>after")
    [pre] = document.xpath("//td[@class='code']/pre")
    assert pre.text_content() == "def f():\n    return  1\n"
    assert document.xpath("//table[@class='code-box'][@role='presentation']")[0].tail == "after"


def test_quotes_keep_their_words_and_order() -> None:
    """Proves that a quote's content moves into one cell, nested quotes and code included."""
    document = typeset(
        "<blockquote>one<p>two</p><blockquote><p>three</p></blockquote><pre>four</pre></blockquote>"
    )
    assert (
        len(
            document.xpath(
                "//blockquote/table/tr/td[@class='quote'] | //blockquote/table/tbody/tr/td[@class='quote']"
            )
        )
        == 2
    )
    assert "".join(document.xpath("//td[@class='prose']")[0].itertext()) == "onetwothreefour"


@pytest.mark.parametrize(
    ("attributes", "width", "height"),
    [
        ('width="1200" height="675"', "536", "302"),
        ('width="300px" height="200"', "300", "200"),
        ('width="100%"', "536", None),
        ("", "536", None),
        ('width="1200"', "536", None),
    ],
)
def test_a_picture_of_its_own_gets_a_width(attributes: str, width: str, height: str | None) -> None:
    """Proves that Outlook, which knows no max-width, is told one that fits the column."""
    [picture] = typeset(f'<p><a href="x"><img src="a.png" alt="" {attributes}></a></p>').xpath("//img")
    assert (picture.get("width"), picture.get("height"), picture.get("class")) == (width, height, "picture")


def test_a_small_picture_among_words_keeps_its_size() -> None:
    """Proves that an icon in a sentence is not blown up."""
    [picture] = typeset('<p>Press <img src="a.png" alt="the anchor"> now</p>').xpath("//img")
    assert (picture.get("width"), picture.get("class")) == (None, "glyph")


def test_tables_say_what_their_heads_are_for() -> None:
    """Proves that a screen reader can name column and row of a cell, and passes over layout tables."""
    document = typeset(
        "<table><tr><th>Port</th><th>High</th></tr><tr><th>Horta</th><td>05:12</td></tr></table><pre>x</pre>"
    )
    assert [cell.get("scope") for cell in document.xpath("//th")] == ["col", "col", "row"]
    [data] = document.find_class("data")
    assert data.get("role") is None


def test_an_empty_head_names_nothing() -> None:
    """Proves that the empty corner of a table is an ordinary cell, so that no screen reader stumbles over it."""
    document = typeset("<table><tr><th></th><th>High</th></tr><tr><td>Horta</td><td>05:12</td></tr></table>")
    assert [(cell.tag, cell.get("scope")) for cell in document.xpath("//table[@class='data']//tr[1]/*")] == [
        ("td", None),
        ("th", "col"),
    ]


def test_short_words_in_tables_are_not_broken() -> None:
    """Proves that a cell breaks its words only where a phone has no room for them."""
    row = "".join(
        f"<td>{words}</td>" for words in ("Mon", "High water", "https://example.com/a/very/long/address")
    )
    document = typeset(f"<table><tr>{row}</tr></table>")
    assert [cell.get("class") for cell in document.find_class("data")[0].iter("td")] == [
        "whole",
        "whole",
        None,
    ]


def test_a_caption_gets_a_block_of_its_own() -> None:
    """Proves that a picture with a caption stands alone, and that its caption is known as such."""
    document = typeset('<p><img src="a.png" alt="boat"><br><small>A <em>boat</em></small></p>')
    [figure] = document.find_class("figure")
    assert [child.tag for child in figure] == ["img", "div"]
    assert figure.find_class("caption")[0].text_content() == "A boat"
    assert figure.find("img").get("class") == "picture"


def test_italics_below_a_picture_are_its_caption() -> None:
    """Proves that a picture and a line in italics are a figure, so that Outlook is told its width, and others not."""
    document = typeset('<p><a href="x"><img src="a.png" alt="boat"></a>\n<em>A boat</em></p>')
    [figure] = document.find_class("figure")
    assert [child.get("class") for child in figure] == [None, "caption"]
    assert figure.find(".//img").get("width") == "536"
    for words in ('<img src="a.png" alt="b"> <em>A boat</em>', '<img src="a.png" alt="b">\n<em>A</em> boat'):
        assert typeset(f"<p>{words}</p>").find_class("figure") == []


def test_small_print_is_no_caption() -> None:
    """Proves that small words without a picture stay as they are."""
    document = typeset("<p>Nothing here<br><small>is a caption.</small></p>")
    assert document.find_class("caption") == []
    assert len(document.xpath("//p/small")) == 1


def test_footnotes_are_known_by_their_form() -> None:
    """Proves that the list of notes below a post is set apart, and that no second rule is drawn above it."""
    document = typeset("<p>Fog<sup>[1]</sup></p><div><hr><ol><li><p>Grey.</p></li></ol></div>")
    [notes] = document.find_class("footnotes")
    assert [child.tag for child in notes] == ["ol"]


def test_what_outlook_would_drop_becomes_a_span() -> None:
    """Proves that marked words keep a style of their own, and that both kinds keep their words and explanations."""
    document = typeset('<p><mark>one</mark> <abbr title="high water">HW</abbr></p>')
    assert [span.attrib for span in document.iter("span")] == [{"class": "mark"}, {"title": "high water"}]
    assert document.xpath("//td[@class='prose']")[0].text_content() == "one HW"


def test_a_list_of_names_is_not_one_long_row() -> None:
    """Proves that each of many long names is a paragraph, which filters judge alone; other lists stay as they are."""
    names = [
        "alexander",
        "christopher",
        "harbourmaster",
        "jennifer",
        "nathaniel",
        "seamstress",
        "stewardess",
    ] * 2
    items = "".join(f"<li><em>{name}</em> of it</li>" for name in names)
    plain = "".join(f"<li>{name}, a name</li>" for name in names)
    document = typeset(
        f"<ul>{items.replace(' of it', '')}<li>one<ul><li>two</li></ul></li></ul>", f"<ul>{plain}</ul>"
    )
    first, second = document.xpath("//td[@class='prose']/ul")
    assert [item[0].tag for item in first] == ["p"] * len(names) + ["ul"]
    assert first[0].text_content() == "alexander"
    assert second.xpath(".//p") == []
