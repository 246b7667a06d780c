"""One post is the issue, several are a digest, and no issue is so large that Gmail cuts it off."""

import re
from dataclasses import replace
from hashlib import sha256
from itertools import pairwise
from pathlib import Path

import lxml.html
import pytest
from lxml.html import HtmlElement

from newsletter.content.post import InlineImage, Manuscript, Picture, Problem
from newsletter.errors import TemplateError
from newsletter.issues import merge
from newsletter.issues.rendering import Rendering, render_issue, render_notice
from newsletter.issues.templating import Templates
from newsletter.languages import OFFERED
from tests.manuscripts import MASTHEAD, manuscript, note

TEMPLATES = Templates(None)
TITLES = ("The harbour wakes at five", "São Jorge & the yams", "Bréhat <twice> a day", "Fog")


def digest(body: str = "summary", titles: tuple[str, ...] = TITLES, **more: object) -> Rendering:
    posts = [manuscript(title, **more) for title in titles]  # type: ignore[arg-type]
    return render_issue(posts, MASTHEAD, TEMPLATES, body="full" if body == "full" else "summary", note=None)


def parsed(rendering: Rendering) -> HtmlElement:
    return lxml.html.document_fromstring(rendering.html)


def texts(document: HtmlElement, path: str) -> list[str]:
    return [" ".join(element.text_content().split()) for element in document.xpath(path)]


def test_one_post_is_the_issue() -> None:
    """Proves that an issue of one post has its title as the heading, all of its text, and a link to it."""
    rendering = digest(titles=TITLES[:1])
    document = parsed(rendering)
    assert rendering.subject == TITLES[0]
    assert rendering.preheader == "Nobody rings a bell."
    assert texts(document, "//h1") == [TITLES[0]]
    assert texts(document, "//h2") == ["The quiet part"]
    assert "It is an ordinary Tuesday." in rendering.html
    assert f"All of {TITLES[0]}, in plain text." in rendering.text
    assert document.xpath("//a[starts-with(., 'On the web: ')]/@href") == [
        "https://example.com/the-harbour-wakes-at-five/"
    ]


def test_a_digest_says_what_is_inside() -> None:
    """Proves that subject and preheader name the posts, and that both lists of headlines hold them all."""
    rendering = digest()
    assert rendering.subject == "The harbour wakes at five, and 3 more"
    assert rendering.preheader == "Also: São Jorge & the yams; Bréhat <twice> a day; Fog"
    assert texts(parsed(rendering), "//ul/li") == list(TITLES)
    assert "- São Jorge & the yams\n- Bréhat <twice> a day\n- Fog" in rendering.text


def test_two_posts_need_no_list_of_headlines() -> None:
    """Proves that the list of headlines begins with three posts."""
    rendering = digest(titles=TITLES[:2])
    assert "In this issue" not in rendering.html + rendering.text
    assert "In this issue" in digest(titles=TITLES[:3]).html


@pytest.mark.parametrize("body", ["summary", "full"])
def test_headings_tell_the_order_of_things(body: str) -> None:
    """Proves that there is one h1, no level is skipped, and a post's headings stand below its title."""
    document = parsed(digest(body))
    levels = [int(heading.tag[1]) for heading in document.xpath("//h1|//h2|//h3|//h4|//h5|//h6")]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert texts(document, "//h1") == ["Tide Notes"]
    assert texts(document, "//h3") == (["The quiet part"] * 4 if body == "full" else [])


def test_every_summary_has_a_link_of_its_own_words() -> None:
    """Proves that a reader who hears only the links knows which post each one opens."""
    document = parsed(digest())
    assert [text for text in texts(document, "//a") if text.startswith("Read: ")] == [
        f"Read: {t}" for t in TITLES
    ]
    assert "Read: Fog\nhttps://example.com/fog/" in digest().text


def test_posts_without_an_address_stand_in_full_and_unlinked() -> None:
    """Proves that where no site is known nothing is held back from the reader, and no link leads nowhere."""
    rendering = digest("summary", url=None)
    assert rendering.html.count("It is an ordinary Tuesday.") == 4
    assert "All of Fog, in plain text." in rendering.text
    links = set(parsed(rendering).xpath("//a/@href"))
    assert links == {merge.PREFERENCES_URL, merge.UNSUBSCRIBE_URL, "https://news.example.com/archive"}
    assert rendering.posts[0].url is None


def test_the_authors_words_come_first_and_give_the_subject() -> None:
    """Proves that a note's subject wins and that its intro stands in both parts, before the posts."""
    posts = [manuscript(title) for title in TITLES]
    rendering = render_issue(posts, MASTHEAD, TEMPLATES, body="summary", note=note("After the fog"))
    assert rendering.subject == "After the fog"
    assert rendering.preheader.startswith("The harbour wakes at five; São Jorge & the yams")
    for part in (rendering.html, rendering.text):
        assert part.index("Dear all, the fog has gone.") < part.index("In this issue")
    silent = render_issue(posts, MASTHEAD, TEMPLATES, body="summary", note=note(None))
    assert silent.subject == "The harbour wakes at five, and 3 more"


@pytest.mark.parametrize("length", [10, 60, 71, 300])
def test_subjects_stay_short(length: int) -> None:
    """Proves that a subject keeps to 70 characters, says how many more there are, and never has two lines."""
    title = ("Mud\n and weather " * 30)[:length]
    assert len(digest(titles=(title,)).subject) <= 70
    several = digest(titles=(title, *TITLES))
    assert len(several.subject) <= 70
    assert several.subject.endswith(", and 4 more")
    assert "\n" not in several.subject


def test_both_parts_say_the_same() -> None:
    """Proves that the text part names every post, date, link and way out that the HTML has."""
    rendering = digest()
    for words in (*TITLES, "9 November 2026", "Marin Hale", "3 minutes", "Issue 12", MASTHEAD.postal_address):
        assert words in rendering.text
        assert words in " ".join(parsed(rendering).text_content().split())
    for link in parsed(rendering).xpath("//a/@href"):
        assert link in rendering.text


def test_what_the_reader_is_told_about_leaving() -> None:
    """Proves that every issue says to whom it went, and how to change that or to leave."""
    rendering = digest()
    for part in (rendering.html, rendering.text):
        for field in (merge.READER_EMAIL, merge.PREFERENCES_URL, merge.UNSUBSCRIBE_URL):
            assert field in part
    assert f'href="{merge.UNSUBSCRIBE_URL}"' in rendering.html


def test_no_word_of_a_post_acts_as_a_merge_field() -> None:
    """Proves that a post about merge fields does not get the reader's address printed into it."""
    sly = manuscript(
        f"About {merge.READER_EMAIL}",
        html=f"<p><code>{merge.CONFIRM_URL}</code></p>",
        summary=merge.READER_NAME,
    )
    rendering = render_issue(
        [sly], MASTHEAD, TEMPLATES, body="full", note=note(merge.READER_EMAIL, merge.UNSUBSCRIBE_URL)
    )
    both = rendering.html + rendering.text + rendering.subject + rendering.preheader
    fields = merge.split(both)[1::2]
    assert merge.CONFIRM_URL not in fields
    assert merge.READER_NAME not in fields
    assert fields.count(merge.READER_EMAIL) == 2  # the footer's, in each part
    assert fields.count(merge.UNSUBSCRIBE_URL) == 2


def long(title: str, size: int = 28_000) -> Manuscript:
    return manuscript(title, html="<p>" + "the sea comes in and goes out again " * (size // 36) + "</p>")


def test_long_posts_fall_back_to_summaries_last_first() -> None:
    """Proves that as few posts as need be stand as summaries, and that the author is told which."""
    posts = [long(title) for title in TITLES] + [manuscript("A short one")]
    rendering = render_issue(posts, MASTHEAD, TEMPLATES, body="full", note=None)
    assert len(rendering.html.encode()) <= 100_000
    assert rendering.html.count("On the web: ") == 3
    assert texts(parsed(rendering), "//a[starts-with(., 'Read: ')]") == ["Read: Fog", "Read: A short one"]
    assert [(p.path, p.kind, p.severity) for p in rendering.problems] == [
        ("fog.md", "too-long", "warning"),
        ("a-short-one.md", "too-long", "warning"),
    ]


def test_a_single_post_that_is_too_long_is_read_on_the_web() -> None:
    """Proves that even an issue of one post keeps below the limit, with a link to the rest."""
    rendering = render_issue([long("War and tides", 300_000)], MASTHEAD, TEMPLATES, body="full", note=None)
    assert len(rendering.html.encode()) <= 100_000
    assert texts(parsed(rendering), "//a[starts-with(., 'Read on: ')]") == ["Read on: War and tides"]


def test_an_issue_that_cannot_be_made_small_enough_is_an_error() -> None:
    """Proves that a mail which Gmail would cut is refused with the post, the size and a remedy."""
    posts = [replace_url(long(title, 60_000)) for title in TITLES]
    *_, problem = render_issue(posts, MASTHEAD, TEMPLATES, body="summary", note=None).problems
    assert problem.severity == "error"
    assert re.search(r"the issue has 2\d\d,\d{3} bytes", problem.message)
    assert "[content] url" in problem.remedy


def replace_url(post: Manuscript) -> Manuscript:
    return replace(post, post=replace(post.post, url=None))


def test_forty_summaries_fit() -> None:
    """Proves that the styles in the elements leave room for a month of daily posts."""
    titles = tuple(f"Day {n} of the long storm, told from the harbour wall" for n in range(40))
    rendering = digest(titles=titles, summary="The wind went round, and the fog tore along the middle. " * 5)
    assert rendering.problems == ()
    assert len(rendering.html.encode()) < 100_000


def test_only_pictures_that_are_shown_travel() -> None:
    """Proves that a picture of a summarised post stays at home, and that each one travels once."""
    shown = InlineImage("a@tide", "image/png", "a.png", b"a")
    hidden = InlineImage("b@tide", "image/png", "b.png", b"b")
    cover = Picture("cid:a@tide", "A boat", 1200, 675)
    html = '<p><img src="cid:b@tide" alt="A net"></p>'
    posts = [manuscript(t, cover=cover, html=html, images=(shown, hidden)) for t in TITLES]
    assert render_issue(posts, MASTHEAD, TEMPLATES, body="summary", note=None).images == (shown,)
    assert render_issue(posts, MASTHEAD, TEMPLATES, body="full", note=None).images == (shown, hidden)


def test_pictures_of_the_note_travel_too() -> None:
    """Proves that what the author's own words show arrives, and once where a post shows the same."""
    image = InlineImage("a@tide", "image/png", "a.png", b"a")
    shown = replace(note(), intro_html='<p><img src="cid:a@tide" alt="A boat"></p>', images=(image,))
    posts = [manuscript(images=(image,))]
    assert render_issue(posts, MASTHEAD, TEMPLATES, body="full", note=shown).images == (image,)


def test_pictures_may_be_fetched_from_our_pages() -> None:
    """Proves that with `serves_images` none travels, and that each stands under a digest of its content."""
    image = InlineImage("a@tide", "image/png", "a.png", b"a")
    posts = [manuscript(t, cover=Picture("cid:a@tide", "A boat", 1200, 675), images=(image,)) for t in TITLES]
    served = replace(MASTHEAD, serves_images=True)
    rendering = render_issue(posts, served, TEMPLATES, body="summary", note=None)
    (ours,) = rendering.served
    assert rendering.images == ()
    assert "cid:" not in rendering.html
    assert ours.address == f"https://news.example.com/images/{sha256(b'a').hexdigest()[:32]}.png"
    assert rendering.html.count(ours.address) == len(TITLES)


def test_a_cover_is_not_shown_twice() -> None:
    """Proves that a cover which the text shows as well appears once, and with its size and its words."""
    cover = Picture("https://example.com/a.png", "A boat", 1072, 600)
    post = manuscript(cover=cover, html='<p><img src="https://example.com/a.png" alt="A boat"></p>')
    alone = render_issue([post], MASTHEAD, TEMPLATES, body="full", note=None)
    assert alone.html.count("a.png") == 1
    several = render_issue([post, manuscript("Fog")], MASTHEAD, TEMPLATES, body="summary", note=None)
    [image] = parsed(several).xpath("//img")
    assert (image.get("alt"), image.get("width"), image.get("height")) == ("A boat", "536", "300")


def test_problems_of_the_posts_and_of_the_note_are_passed_on() -> None:
    """Proves that what was found while the text was read is still known when the issue is made."""
    fault = Problem("fog.md", 3, "shortcode", "an unknown shortcode", "write it out")
    words = replace(note(), problems=(replace(fault, path="_next.md"),))
    rendering = render_issue(
        [manuscript("Fog", problems=(fault,))], MASTHEAD, TEMPLATES, body="full", note=words
    )
    assert rendering.problems == (fault, replace(fault, path="_next.md"))


def test_a_post_in_another_language_says_so() -> None:
    """Proves that a screen reader changes its voice, and the text its direction, for a post in Arabic."""
    document = parsed(
        render_issue(
            [manuscript("Fog"), manuscript("ضباب", language="ar")],
            MASTHEAD,
            TEMPLATES,
            body="full",
            note=None,
        )
    )
    [heading] = document.xpath("//h2[.='ضباب']")
    assert (heading.get("lang"), heading.get("dir")) == ("ar", "rtl")
    assert document.get("dir") == "ltr"


def test_a_newsletter_from_right_to_left() -> None:
    """Proves that direction and alignment follow the newsletter's language."""
    rendering = render_issue(
        [manuscript("ضباب")], replace(MASTHEAD, language="ar"), TEMPLATES, body="full", note=None
    )
    document = parsed(rendering)
    assert document.get("dir") == "rtl"
    assert document.xpath("//div[@role='article']/@dir") == ["rtl"]
    assert 'align="left"' not in rendering.html


def test_english_posts_in_an_arabic_mail() -> None:
    """Proves that name, author's words and posts run as the newsletter does, in a frame that runs the other way."""
    arabic = replace(MASTHEAD, language="ar", own_language="en")
    posts = [manuscript(title) for title in TITLES]
    rendering = render_issue(posts, arabic, TEMPLATES, body="summary", note=note())
    document = parsed(rendering)
    assert (document.get("lang"), document.get("dir"), rendering.language) == ("ar", "rtl", "ar")
    assert {(h.get("lang"), h.get("dir")) for h in document.xpath("//h1|//h2[@class!='label']")} == {
        ("en", "ltr")
    }
    proses = document.find_class("prose")
    assert {(prose.get("dir"), prose.get("align")) for prose in proses} == {("ltr", "left")}
    assert len(proses) == 1 + len(TITLES)
    assert "letter-spacing:0.8px" not in rendering.html
    assert rendering.subject == "The harbour wakes at five، و3 مقالات أخرى"
    assert "\u2068Marin Hale\u2069" in rendering.text


def test_an_arabic_newsletter_to_a_german() -> None:
    """Proves that posts which name no language are in the newsletter's, whatever that of the mail is."""
    german = replace(MASTHEAD, language="de", own_language="ar", title="نشرة المد")
    rendering = render_issue([manuscript("ضباب")], german, TEMPLATES, body="full", note=None)
    document = parsed(rendering)
    assert document.get("dir") == "ltr"
    [heading] = document.xpath("//h1")
    assert (heading.get("lang"), heading.get("dir")) == ("ar", "rtl")
    assert "9. November 2026 · Marin Hale · 3 Minuten Lesezeit" in rendering.text
    [name] = document.find_class("small-name")
    assert (name.get("lang"), name.get("dir")) == ("ar", "rtl")


@pytest.mark.parametrize("language", OFFERED)
def test_subjects_stay_short_in_every_language(language: str) -> None:
    """Proves that a long title is cut so that a subject says how many more there are within 70 characters."""
    masthead = replace(MASTHEAD, language=language, own_language="en", title="Tide " * 30)
    posts = [manuscript("Mud and weather " * 9), *(manuscript(title) for title in TITLES)]
    subject = render_issue(posts, masthead, TEMPLATES, body="summary", note=None).subject
    assert 50 < len(subject) <= 70
    assert "4" in subject
    for kind in ("confirm", "welcome", "goodbye", "leave"):
        assert len(render_notice(kind, masthead, TEMPLATES).subject) <= 70


@pytest.mark.parametrize("kind", ["confirm", "welcome", "goodbye"])
def test_notices(kind: str) -> None:
    """Proves that every notice has a subject, one heading, both parts, and who sends it."""
    rendering = render_notice(kind, MASTHEAD, TEMPLATES)
    assert "Tide Notes" in rendering.subject
    assert len(parsed(rendering).xpath("//h1")) == 1
    for part in (rendering.html, rendering.text):
        assert MASTHEAD.postal_address in part
        assert merge.READER_EMAIL in part
        assert (merge.CONFIRM_URL in part) == (kind == "confirm")
        assert (merge.UNSUBSCRIBE_URL in part) == (kind == "welcome")


def test_a_confirmation_carries_nothing_that_a_stranger_wrote() -> None:
    """Proves that a form cannot be used to send words to others: only the address is in it."""
    rendering = render_notice("confirm", MASTHEAD, TEMPLATES)
    fields = set(merge.split(rendering.html + rendering.text)[1::2])
    assert fields == {merge.CONFIRM_URL, merge.READER_EMAIL}


def test_a_welcome_names_the_rhythm() -> None:
    """Proves that a fact given to a notice reaches its words."""
    assert "How often? Once a week." in render_notice("welcome", MASTHEAD, TEMPLATES, cadence="weekly").text


def test_a_site_changes_one_words_only(tmp_path: Path) -> None:
    """Proves that an author's own subject template is used, and that its fault names its file."""
    own = tmp_path / "email/issue/subject.txt"
    own.parent.mkdir(parents=True)
    own.write_text("Nº {{ masthead.number }}: {{ posts[0].title }}", encoding="utf-8")
    templates = Templates(tmp_path)
    posts = [manuscript(title) for title in TITLES]
    rendering = render_issue(posts, MASTHEAD, templates, body="summary", note=None)
    assert rendering.subject == "Nº 12: The harbour wakes at five"
    own.write_text("{{ masthead.nummer }}", encoding="utf-8")
    with pytest.raises(TemplateError, match=r"subject\.txt, line 1: .* has no attribute 'nummer'"):
        render_issue(posts, MASTHEAD, Templates(tmp_path), body="summary", note=None)


def test_the_html_is_what_mail_clients_need() -> None:
    """Proves the frame: wrappers with a language, layout tables, Outlook's table, styles below 16 kB."""
    rendering = digest("full")
    document = parsed(rendering)
    assert rendering.html.startswith("<!DOCTYPE html>\n<html")
    assert document.xpath("//div[@role='article']/@aria-label") == [rendering.subject]
    assert document.findtext(".//title") == rendering.subject
    assert all(table.get("role") == "presentation" for table in document.xpath("//table"))
    assert "<!--[if mso]><table" in rendering.html
    styles = document.xpath("//style/text()")
    assert sum(len(style.encode()) for style in styles) < 16_000
    assert all(style.count("@media") <= 1 for style in styles)
    assert "!important" in rendering.html
    assert "data-premailer" not in rendering.html
    [preheader] = document.find_class("preheader")
    assert "display:none" in preheader.get("style", "")
    assert "font-size" not in preheader.get("style", "")


def test_a_rendering_is_the_same_each_time() -> None:
    """Proves that a preview and an issue made from the same posts have the same bytes."""
    assert digest("full") == digest("full")
