"""Words that run the other way than the mail."""

import lxml.html

from newsletter.issues.turning import turn


def turned(inside: str, direction: str = "ltr") -> lxml.html.HtmlElement:
    document = lxml.html.document_fromstring(
        f'<html dir="{direction}"><body><table><tr>{inside}</tr></table></body></html>'
    )
    turn(document)
    return document


def test_lists_and_quotes_are_mirrored() -> None:
    """Proves that in words that run the other way, room and lines stand where their lines begin."""
    quote = "<table><tr><td class='quote'>c</td></tr></table>"
    document = turned(f"<td class='prose'><ul><li>a</ul><div dir='rtl'><ul><li>b</ul>{quote}</div></td>")
    assert [each.get("class") for each in document.iter("ul")] == [None, "turned"]
    assert document.find_class("quote")[0].get("class") == "quote turned"
    [division] = document.iter("div")
    assert "text-align:right" in division.get("style")


def test_a_post_in_another_language_is_aligned_as_it_is_read() -> None:
    """Proves that an English post in an Arabic newsletter is read from the left, and its table heads stand there."""
    document = turned("<td class='prose' align='right' dir='ltr'><table><tr><th>a</table></td>", "rtl")
    [cell] = document.find_class("prose")
    assert cell.get("align") == "left"
    assert [head.get("class") for head in document.iter("th")] == ["turned"]


def test_tables_are_mirrored_whole() -> None:
    """Proves that caption and cells of a table stand where its heads do, and that code has no side."""
    inside = "<table><caption>c</caption><tr><td>a<td class='whole'>b<td class='code'>d</table>"
    document = turned(f"<td class='prose' dir='ltr'>{inside}</td>", "rtl")
    assert [each.get("class") for each in document.xpath("//caption|//td[not(@dir)]")] == [
        "turned", "turned", "whole turned", "code",
    ]  # fmt: skip


def test_the_marks_of_headlines_stay_in_line() -> None:
    """Proves that of a headline in another language its words are turned, not its mark."""
    document = turned("<td><ul class='headlines'><li lang='ar' dir='rtl'><a href='x'>b</a></li></ul></td>")
    [item] = document.iter("li")
    assert (item.get("dir"), item[0].tag, item[0].get("dir"), item[0].get("lang")) == (
        None,
        "span",
        "rtl",
        "ar",
    )
    assert item.text_content() == "b"


def test_code_is_read_from_the_left() -> None:
    """Proves that in Arabic words code keeps its signs in their places, and that in English ones it says nothing."""
    inside = "<td class='prose'>a <code>b()</code><pre>c()</pre></td>"
    assert [each.get("dir") for each in turned(inside, "rtl").iter("code", "pre")] == ["ltr", "ltr"]
    assert [each.get("dir") for each in turned(inside).iter("code", "pre")] == [None, None]


def test_nothing_is_changed_where_all_run_one_way() -> None:
    """Proves that a direction which is that of the mail marks nothing."""
    document = turned("<td class='prose'><ul dir='rtl'><li>a</ul></td>", "rtl")
    assert [each.get("class") for each in document.iter("ul")] == [None]
