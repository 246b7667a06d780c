"""A letter to the author is made of its text."""

from dataclasses import replace

import lxml.html

from newsletter.content.post import InlineImage, Picture
from newsletter.issues.design import Design
from newsletter.issues.lettering import letter_html
from tests.manuscripts import MASTHEAD
from tests.showpieces import TEMPLATES

TEXT = """
The relay says `550 <no>`; see https://example.com/why?a&b. It is
said on two lines:

  posts/fog.md:3 no title
  posts/mud.md:4 no date

What to do:

    newsletter resume 7
    newsletter issues

--
Tide Notes writes this.
""".replace("--\n", "-- \n")


def body(text: str = TEXT) -> lxml.html.HtmlElement:
    logo = InlineImage("logo@images.newsletter", "image/png", "logo.png", b"")
    design = Design(logo=Picture(f"cid:{logo.cid}", "Tide Notes", 180, 45), logo_file=logo)
    html = letter_html("A letter", text, replace(MASTHEAD, design=design, language="ar"), TEMPLATES)
    return lxml.html.document_fromstring(html)


def test_a_letter_keeps_the_form_of_its_text() -> None:
    """Proves that lines are joined, lists keep theirs, commands can be copied, and nothing is taken for HTML."""
    prose = body().find_class("prose")[0]
    first, listed, todo = prose.findall("p")
    assert (
        first.text_content()
        == "The relay says 550 <no>; see https://example.com/why?a&b. It is said on two lines:"
    )
    assert [first.findtext("code"), first.find("a").get("href")] == [
        "550 <no>",
        "https://example.com/why?a&b",
    ]
    assert [*listed.itertext()] == ["posts/fog.md:3 no title", "posts/mud.md:4 no date"]
    assert todo.text_content() == "What to do:"
    assert prose.find(".//pre").text_content() == "newsletter resume 7\nnewsletter issues"


def test_a_letter_needs_nothing_else() -> None:
    """Proves that no file must travel along, and that its words are said to be English in every newsletter."""
    document = body()
    assert document.findall(".//img") == []
    assert document.get("lang") == "en"
    assert "Tide Notes writes this." in document.find_class("foot")[0].text_content()
