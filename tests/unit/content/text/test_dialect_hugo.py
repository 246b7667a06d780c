"""Hugo: shortcodes and attribute lists."""

import pytest

from newsletter.content.text import dialects
from tests.dialects import kinds, translated


def test_a_figure_becomes_an_image_with_its_caption() -> None:
    """What a shortcode surely means is translated without a word about it."""
    result = translated(
        '{{< figure src="/a.png" alt="A tide" caption="High *water*" width="300px" >}}', "hugo"
    )
    assert result.markdown == '<img src="/a.png" alt="A tide" width="300"><br><small>High *water*</small>'
    assert result.problems == ()


def test_a_figure_without_alternative_text_takes_its_caption() -> None:
    """Hugo's own figure shortcode does the same."""
    result = translated('{{% figure src="a.png" caption="A tide" /%}}', "hugo")
    assert 'alt="A tide"' in result.markdown


def test_a_figure_may_be_a_link_and_stands_apart_from_the_text_around_it() -> None:
    """A figure is a block in Hugo, so it must not be drawn into a paragraph."""
    result = translated('Before\n{{< figure src="a.png" alt="x" link="/b?c&d" >}}\nAfter', "hugo")
    assert result.markdown == 'Before\n\n<a href="/b?c&amp;d"><img src="a.png" alt="x"></a>\n\nAfter'


def test_references_become_addresses() -> None:
    """`ref` and `relref` stand for the address of a page."""
    body = '[a]({{< ref "b.md#c" >}}) and [d]({{% relref path="e.md" %}})'
    result = translated(
        body, "hugo", pages={"b.md#c": "https://site.example/b/#c", "e.md": "https://site.example/e/"}
    )
    assert result.markdown == "[a](https://site.example/b/#c) and [d](https://site.example/e/)"
    assert result.problems == ()


def test_an_unknown_reference_is_reported_with_its_line() -> None:
    """A link that leads nowhere is told about where the author wrote it."""
    result = translated('x\n\n[a]({{< ref "gone.md" >}})', "hugo")
    assert kinds(result) == [(3, "unknown-reference")]
    assert "gone.md" in result.problems[0].message


def test_highlight_becomes_a_fenced_block() -> None:
    """The code inside is kept as it is, also where it holds backticks or what looks like a shortcode."""
    body = '{{< highlight go "linenos=table" >}}\na := `x`\n{{< not a tag >}}\n{{< /highlight >}}\nafter'
    result = translated(body, "hugo")
    assert result.markdown == "```go\na := `x`\n{{< not a tag >}}\n```\nafter"
    assert result.problems == ()


def test_highlight_on_one_line_becomes_a_fenced_block() -> None:
    """A fence needs lines of its own."""
    result = translated("a {{< highlight py >}}b = ```c```{{< /highlight >}} d", "hugo")
    assert result.markdown == "a \n\n````py\nb = ```c```\n````\n d"


@pytest.mark.parametrize(
    ("shortcode", "address"),
    [
        ('{{< youtube "w7Ft2ymGmfc" >}}', "https://www.youtube.com/watch?v=w7Ft2ymGmfc"),
        ("{{< youtube id=w7Ft2ymGmfc autoplay=true >}}", "https://www.youtube.com/watch?v=w7Ft2ymGmfc"),
        ("{{< vimeo 146022717 >}}", "https://vimeo.com/146022717"),
        ("{{< gist spf13 7896402 >}}", "https://gist.github.com/spf13/7896402"),
        (
            '{{< x user="SanDiegoZoo" id="1453110110599868418" >}}',
            "https://x.com/SanDiegoZoo/status/1453110110599868418",
        ),
        ("{{< instagram CxOWiQNP2MO >}}", "https://www.instagram.com/p/CxOWiQNP2MO/"),
    ],
)
def test_what_lives_elsewhere_becomes_a_link_and_a_problem(shortcode: str, address: str) -> None:
    """A mail plays no videos: readers get the page, and the author is told."""
    result = translated(shortcode, "hugo")
    assert address.rstrip("/") in result.markdown
    assert result.markdown.startswith("<https://")
    assert kinds(result) == [(1, "embed")]


def test_an_address_cannot_be_broken_out_of() -> None:
    """What stands in an argument is quoted."""
    result = translated('{{< youtube "x> <b onclick=1>" >}}', "hugo")
    assert result.markdown == "<https://www.youtube.com/watch?v=x%3E%20%3Cb%20onclick%3D1%3E>"


def test_an_unknown_shortcode_is_dropped_and_the_text_inside_is_kept() -> None:
    """Nested shortcodes each lose their tags, none of the prose, and each is reported once."""
    body = '{{% notice "tip" %}}\nHold {{< kbd >}}Ctrl{{< /kbd >}}\n{{% /notice %}}\n{{< spacer />}}'
    result = translated(body, "hugo")
    assert result.markdown.split() == ["Hold", "Ctrl"]
    assert kinds(result) == [(1, "shortcode"), (2, "shortcode"), (4, "shortcode")]
    assert "notice" in result.problems[0].message


def test_details_keep_their_summary_and_comments_vanish() -> None:
    """Two shortcodes of Hugo itself that need no report."""
    body = '{{< details summary="More" >}}\ntext\n{{< /details >}}\n{{% comment %}} secret {{% /comment %}}'
    result = translated(body, "hugo")
    assert result.markdown.split() == ["**More**", "text"]
    assert result.problems == ()


def test_an_escaped_shortcode_is_shown() -> None:
    """`{{</* x */>}}` is how an author writes about shortcodes, in code and outside."""
    result = translated('Use {{</* ref "a" */>}} or `{{%/* b */%}}`', "hugo")
    assert result.markdown == 'Use {{&lt; ref "a" >}} or `{{% b %}}`'
    assert result.problems == ()


def test_code_is_never_touched() -> None:
    """A sample that shows a shortcode stays, in a fence, a span and an indented block."""
    body = '```\n{{< figure src="a" >}}\n```\n\n`{{< b >}}` and ``{{< ` >}}``\n\n    {{< c >}}\n'
    result = translated(body, "hugo")
    assert result.markdown == body
    assert result.problems == ()


def test_a_list_continues_and_is_no_code() -> None:
    """Four spaces inside a list are not code, so a shortcode there is translated."""
    result = translated("- item\n\n    {{< youtube abc >}}\n", "hugo")
    assert kinds(result) == [(3, "embed")]


def test_attribute_lists_are_dropped() -> None:
    """They say how a page looks; a mail looks otherwise."""
    body = "## Tides {#tides .blue}\n\ntext\n{.lead}\n\nA set {#1} stays, {.so} too\n\n```\n## x {#y}\n```"
    result = translated(body, "hugo")
    assert result.markdown == "## Tides\n\ntext\n\n\nA set {#1} stays, {.so} too\n\n```\n## x {#y}\n```"


def test_lines_are_remembered() -> None:
    """A problem that is found later can be named by the line of the file, whatever came in between."""
    result = translated(
        'a\n{{< figure src="b" alt="c" >}}\nd\n{{< highlight go >}}e{{< /highlight >}}\nf', "hugo"
    )
    lines = result.markdown.split("\n")
    assert len(lines) == len(result.lines)
    assert [result.lines[lines.index(text)] for text in ("a", "d", "e", "f")] == [0, 2, 3, 4]


def test_problems_at_scan_are_those_of_the_translation() -> None:
    """A scan reports what is surely wrong, and leaves references to the time when the whole folder is known."""
    body = '{{< gallery >}}\n[a]({{< ref "gone.md" >}})'
    found = dialects.problems(body, "hugo", path="p.md", first_line=7)
    assert [(problem.path, problem.line, problem.kind) for problem in found] == [("p.md", 7, "shortcode")]
    assert (
        found[0] == dialects.translate(body, "hugo", path="p.md", first_line=7, references=_NONE).problems[0]
    )
    assert dialects.problems("plain {{ x }}", "hugo", path="p.md", first_line=1) == ()


class _Nothing:
    def page(self, name: str) -> None:
        return None

    def link(self, href: str) -> None:
        return None

    def image(self, src: str) -> None:
        return None


_NONE = _Nothing()
