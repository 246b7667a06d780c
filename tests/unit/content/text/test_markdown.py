"""Markdown to the HTML of a mail."""

from pathlib import Path

import pytest

from tests.pictures import drawn
from tests.texts import FakeReferences, manuscript

NOWHERE = FakeReferences(url=None)
PNG = drawn(1200, 800)


def html(body: str, **facts: object) -> str:
    """Return the HTML of a plain text."""
    return manuscript(body, **facts).html  # type: ignore[arg-type]


def kinds(body: str, **facts: object) -> list[tuple[int | None, str]]:
    """Return the lines and kinds of what was said about a plain text."""
    return [(problem.line, problem.kind) for problem in manuscript(body, **facts).problems]  # type: ignore[arg-type]


# What Markdown gives


def test_tables_have_heads_with_a_scope_and_alignment() -> None:
    """A screen reader says which column a cell belongs to."""
    result = html("| a | b |\n|:--|--:|\n| 1 | 2 |")
    assert '<th scope="col" style="text-align:left">a</th>' in result
    assert '<td style="text-align:right">2</td>' in result


def test_strikethrough_task_lists_and_definitions() -> None:
    """A form field has no place in a mail, so a task is a sign."""
    result = html("~~a~~\n\n- [ ] b\n- [x] c\n\nd\n: e")
    assert "<s>a</s>" in result
    assert "<li>☐ b</li>" in result
    assert "<li>☑ c</li>" in result
    assert "<dt>d</dt>\n<dd>e</dd>" in result
    assert "<input" not in result


def test_footnotes_are_a_list_without_links() -> None:
    """Several posts may share a mail, in which `#fn1` would lead to the wrong note."""
    result = html("a[^x] b[^y]\n\n[^x]: One.\n[^y]: Two.")
    assert "a<sup>[1]</sup> b<sup>[2]</sup>" in result
    assert "<hr><ol><li><p>One.</p>" in result
    assert "href" not in result
    assert " id=" not in result


def test_code_ends_where_its_words_end() -> None:
    """Proves that blanks at the ends of lines, which nobody sees, cost no bytes, and that those before words stay."""
    post = manuscript("```\none  \n\t\n  two\t \n```")
    assert "<code>one\n\n  two\n</code>" in post.html


def test_code_is_highlighted_with_inline_styles() -> None:
    """Classes and style sheets would not survive the way."""
    result = html("```python title=x\ndef a(): ...\n```")
    assert '<pre><code><span style="color:#b31d28">def </span>' in result
    assert "class" not in result


@pytest.mark.parametrize("fence", ["```rust,ignore", "``` {.rust}", "~~~rust"])
def test_code_fences_name_their_language_in_many_ways(fence: str) -> None:
    """Rust's book, Pandoc and plain."""
    assert '<span style="color:#b31d28">fn' in html(f"{fence}\nfn a() {{}}\n{fence[:3]}")


def test_headings_begin_below_the_title() -> None:
    """The mail's title is the first level."""
    assert html("# a\n\n### b").replace("\n", "") == "<h2>a</h2><h3>b</h3>"


def test_a_first_heading_that_repeats_the_title_is_dropped() -> None:
    """In a plain folder the title often is the first heading."""
    assert html("# A  *title*\n\ntext") == "<p>text</p>"
    assert "A title" in html("text\n\n# A title")


# Links


def test_links_are_absolute() -> None:
    """By the site's address, the post's own for a fragment, and as they are."""
    result = html(
        "[a](b/c) [d](#e) [f](//g.example/h) [i](https://j.example) <k@l.example>",
        url="https://site.example/p/",
    )
    assert '<a href="https://site.example/b/c">a</a>' in result
    assert '<a href="https://site.example/p/#e">d</a>' in result
    assert '<a href="https://g.example/h">f</a>' in result
    assert '<a href="https://j.example">i</a>' in result
    assert '<a href="mailto:k@l.example">k@l.example</a>' in result


def test_a_link_that_leads_nowhere_loses_its_target_and_is_reported() -> None:
    """With the line of the file on which it stands."""
    body = "a\nb [c](d)\n\n- e\n- f [g][g] <a href='h'>i</a>\n\n[g]: #j"
    result = manuscript(body, references=NOWHERE, first_line=10)
    assert "href" not in result.html
    assert "<p>a\nb c</p>" in result.html
    assert [(problem.line, problem.kind) for problem in result.problems] == [
        (11, "relative-link"),
        (14, "relative-link"),
        (14, "relative-link"),
    ]


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "vbscript:x", "file:///etc/passwd", "data:text/html,x", "c:\\x"]
)
def test_unsafe_links_are_dropped_and_reported(address: str) -> None:
    """Also those that Markdown itself would show as text."""
    for body in (f"[a](<{address}>)", f'<a href="{address}">a</a>'):
        result = manuscript(body)
        assert "href" not in result.html
        assert ">a<" in result.html
        assert [problem.kind for problem in result.problems] == ["unsafe-link"]
        assert address.partition(":")[0] in result.problems[0].message


@pytest.mark.parametrize("address", ["https://", "http:///x", "https://[x"])
def test_addresses_without_a_host_are_reported(address: str) -> None:
    """They look like links and are none."""
    assert kinds(f"[a](<{address}>)") == [(1, "relative-link")]


# Images


def test_images_are_absolute_and_keep_their_description() -> None:
    """The site shows them."""
    assert html("![A *tide*](a.png)") == '<p><img src="https://site.example/a.png" alt="A tide"></p>'


def test_local_images_travel_inside_the_mail() -> None:
    """Shown no wider than the mail, and sent once, however often they appear."""
    path = Path("/folder/tide.png")
    references = FakeReferences(url=None, images={"tide.png": path})
    result = manuscript("![a](tide.png) ![b](tide.png)", references=references, files={path: PNG})
    (image,) = result.images
    assert (image.content_type, image.filename, image.data) == ("image/png", "tide.png", PNG)
    assert f'<img src="cid:{image.cid}" alt="a" width="600" height="400">' in result.html
    assert result.problems == ()


def test_the_authors_size_counts() -> None:
    """The other side follows from the file."""
    path = Path("/folder/tide.png")
    references = FakeReferences(url=None, images={"tide.png": path})
    result = manuscript('<img src="tide.png" alt="" width="300">', references=references, files={path: PNG})
    assert 'width="300" height="200"' in result.html


def test_data_addresses_become_attachments() -> None:
    """Gmail shows no `data:` image."""
    result = manuscript(
        "![a](data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7)"
    )
    assert [(image.content_type, image.filename) for image in result.images] == [("image/gif", "image.gif")]
    assert 'width="1" height="1"' in result.html


@pytest.mark.parametrize(
    "src", ["gone.png", "data:image/png;base64,@", "data:text/html,x", "cid:x", "file:///a.png", ""]
)
def test_a_missing_image_is_reported_and_its_description_stays(src: str) -> None:
    """A reader sees words instead of a broken image."""
    result = manuscript(f'\n<img src="{src}" alt="A tide">', references=NOWHERE)
    assert "<img" not in result.html
    assert "A tide" in result.html
    assert [(problem.line, problem.kind) for problem in result.problems] == [(2, "missing-image")]


def test_what_is_no_image_is_reported() -> None:
    """A file's name says nothing about what is in it."""
    path = Path("/folder/a.png")
    references = FakeReferences(url=None, images={"a.png": path})
    result = manuscript("![a](a.png)", references=references, files={path: b"<html>"})
    assert result.images == ()
    assert [problem.kind for problem in result.problems] == ["missing-image"]


def test_an_image_without_description_is_reported() -> None:
    """In Markdown an empty one is an omission; in HTML it says that the image is mere decoration."""
    assert kinds("![](a.png)\n\n<img src='b.png'>\n\n<img src='c.png' alt=''>") == [
        (1, "no-alt"),
        (3, "no-alt"),
    ]


def test_images_that_mail_programs_do_not_show_are_reported() -> None:
    """By their ending, where they are on a site that is not ours to change."""
    assert kinds("![a](https://a.example/a.webp)\n![b](https://a.example/b.svg?c)") == [
        (1, "image-format"),
        (2, "image-format"),
    ]


# Raw HTML


def test_what_only_a_page_can_show_becomes_a_link() -> None:
    """Each is told about, with its line."""
    body = (
        '<iframe src="https://www.youtube.com/embed/abc" title="Tides"></iframe>\n\n'
        '<video controls><source src="/v.mp4"><source src="/v.webm">No <b>video</b></video>\n\n'
        'a <audio src="b.mp3"></audio> c <embed src="d.swf"> <object data="e.pdf"><p>f</p></object>'
    )
    result = manuscript(body)
    assert '<p><a href="https://www.youtube.com/watch?v=abc">Tides</a></p>' in result.html
    assert '<a href="https://site.example/v.mp4">https://site.example/v.mp4</a>' in result.html
    assert 'a <a href="https://site.example/b.mp3">' in result.html
    assert "d.swf" in result.html
    assert "e.pdf" in result.html
    assert "video</b>" not in result.html
    assert [(p.line, p.kind) for p in result.problems] == [(1, "embed"), (3, "embed"), *[(5, "embed")] * 3]


def test_structure_that_mail_programs_drop_becomes_plain() -> None:
    """Nothing of the text is lost."""
    body = "<section><article>\n<details open><summary>S</summary>\n\n*t*\n\n</details></article></section>"
    assert html(body).replace("\n", "") == (
        "<div><div><div><div><strong>S</strong></div><p><em>t</em></p></div></div></div>"
    )


def test_a_figure_is_a_paragraph_with_its_caption_below() -> None:
    """As the figures of shortcodes are."""
    body = '<figure>\n<img src="a.png" alt="b">\n<figcaption>c <em>d</em></figcaption>\n</figure>'
    assert html(body) == (
        '<p><img src="https://site.example/a.png" alt="b"><br><small>c <em>d</em></small></p>'
    )


def test_a_figure_with_blocks_stays_a_block() -> None:
    """A paragraph can hold no code block."""
    result = html("<figure>\n\n```\na\n```\n\n<figcaption>b</figcaption></figure>")
    assert result.replace("\n", "") == "<div><pre><code>a</code></pre><div><small>b</small></div></div>"


def test_small_marks_of_html_stay() -> None:
    """They are known by mail programs, and are lost as Markdown."""
    body = (
        'H<sub>2</sub>O, <kbd>Ctrl</kbd>, <abbr title="b">a</abbr>, <mark>c</mark>, x<sup>2</sup>, <q>d</q>'
    )
    assert html(body) == f"<p>{body}</p>"


def test_how_a_word_is_read_stands_behind_it() -> None:
    """Gmail and Outlook know no `<ruby>`, and would run the two together; the text part has no room above a word."""
    ruby = "<ruby>潮<rp>[</rp><rt>しお</rt><rp>]</rp></ruby>の"
    assert html(ruby) == "<p>潮 (しお)の</p>"
    assert "潮 (しお)の" in manuscript(ruby).text


def test_styles_classes_and_ids_are_dropped_but_for_alignment_in_tables() -> None:
    """The mail's own style rules."""
    body = (
        '<p id="a" class="b" style="color:red">c</p>\n\n<span style="color:#fff">d</span>\n\n'
        '<table width="9"><tr><td style="text-align: right; color: red" class="e" align="left">f</td>'
        '<th align="center">g</th></tr></table>'
    )
    result = html(body)
    assert "color" not in result
    assert "class" not in result
    assert "id=" not in result
    assert '<td style="text-align:right">f</td><th scope="col" style="text-align:center">g</th>' in result


def test_charts_of_html_read_as_numbers() -> None:
    """A `<progress>` is drawn by no mail program."""
    assert (
        html('<progress value="2" max="5"></progress> <progress value=".25"></progress>') == "<p>2/5 25 %</p>"
    )


def test_scripts_are_gone_and_their_fallback_is_shown() -> None:
    """A mail runs nothing."""
    result = html('<script>alert(1)</script>\n\n<noscript><img src="a.png" alt="b"></noscript>')
    assert "alert" not in result
    assert 'alt="b"' in result


def test_empty_elements_are_dropped() -> None:
    """No gap where something was."""
    assert html('<div><p> </p></div>\n\n<a name="x"></a>\n\ntext') == "<p>text</p>"


def test_text_stays_as_it_is() -> None:
    """Entities, quotation marks, and words longer than a mail is wide."""
    long = "a" * 500
    assert html(f'"x" & < y &lt;b&gt; &copy; {long}') == f'<p>"x" &amp; &lt; y &lt;b&gt; © {long}</p>'
