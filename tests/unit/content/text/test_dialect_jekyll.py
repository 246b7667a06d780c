"""Jekyll: Liquid and kramdown."""

import pytest

from tests.dialects import kinds, translated


def test_highlight_becomes_a_fenced_block_and_raw_vanishes() -> None:
    """Liquid inside highlighted code is shown, as `raw` asks."""
    body = "{% highlight ruby linenos %}\n{% raw %}{{ x }}{% endraw %}\nputs 1\n{% endhighlight %}"
    result = translated(body, "jekyll")
    assert result.markdown == "```ruby\n{{ x }}\nputs 1\n```"
    assert result.problems == ()


def test_raw_protects_what_it_holds_also_inside_code() -> None:
    """Jekyll runs Liquid before Markdown, so `raw` stands inside code too, and must not be seen there."""
    body = (
        "`{% raw %}{% include a %}{% endraw %}`\n\n"
        "```\n{% raw %}\n{{ page.x }}\n{% endraw %}\n```\n{% raw %}{{ y }}{% endraw %}"
    )
    result = translated(body, "jekyll")
    assert result.markdown == "`{% include a %}`\n\n```\n\n{{ page.x }}\n\n```\n{{ y }}"
    assert result.problems == ()


def test_liquid_in_code_is_shown_rather_than_dropped() -> None:
    """A code sample without `raw` is the author's slip; the sample is kept and no alarm is raised."""
    body = "`{{ site.title }}` and\n\n```liquid\n{% for a in b %}{{ a }}{% endfor %}\n```"
    result = translated(body, "jekyll")
    assert result.markdown == body
    assert result.problems == ()


def test_links_to_posts_and_pages_become_addresses() -> None:
    """`post_url` and `link` stand for addresses; an unknown one is reported."""
    pages = {"2020-01-01-x": "https://site.example/x/", "_posts/2020-01-02-y.md": "https://site.example/y/"}
    body = "[x]({% post_url 2020-01-01-x %}) [y]({%- link _posts/2020-01-02-y.md -%}#z)\n[n]({% link nothing.md %})"
    result = translated(body, "jekyll", pages=pages)
    assert result.markdown.startswith("[x](https://site.example/x/) [y](https://site.example/y/#z)")
    assert kinds(result) == [(2, "unknown-reference")]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("[a]({{ site.baseurl }}/b)", "[a](/b)"),
        ("[a]({{site.url}}{{site.baseurl}}/b)", "[a](/b)"),
        ("[a]({{ '/b' | relative_url }})", "[a](/b)"),
        ('[a]({{ "/b" | absolute_url }})', "[a](/b)"),
        ("[a]({{ '/b' | prepend: site.baseurl }})", "[a](/b)"),
        ("[a]({{ site.baseurl }})", "[a](/)"),
        ("{{ 'b' }}", "b"),
    ],
)
def test_addresses_of_the_site_are_known(written: str, meant: str) -> None:
    """The usual ways to write a root-relative link; making it absolute is the work of a later hand."""
    result = translated(written, "jekyll")
    assert result.markdown == meant
    assert result.problems == ()


def test_an_unknown_value_is_lost_with_its_link() -> None:
    """Half an address would be a wrong link, which is worse than none."""
    result = translated("See [x]({{ page.source }}/y).", "jekyll")
    assert kinds(result) == [(1, "liquid")]
    assert "page.source" in result.problems[0].message
    assert "the link with it" in result.problems[0].message


def test_loops_conditions_and_includes_lose_their_tags_only() -> None:
    """The prose inside is kept; tags that show nothing themselves are not worth a word."""
    body = (
        "{% assign a = 1 %}\n{% if a %}\nyes\n{% else %}\nno\n{% endif %}\n"
        "{% include b.html %}{% comment %}c{% endcomment %}"
    )
    result = translated(body, "jekyll")
    assert result.markdown.split() == ["yes", "no"]
    assert kinds(result) == [(2, "liquid"), (7, "liquid")]


def test_a_loop_is_told_once() -> None:
    """Proves that of a loop one loss is told, not each value in it, and after it the next one again."""
    body = "{% for issue in issues %}\n[#{{ issue }}]: {{ site.repository }}/{{ issue }}\n{% endfor %}\n{{ after }}"
    assert kinds(translated(body, "jekyll")) == [(1, "liquid"), (4, "liquid")]


def test_a_gist_becomes_a_link() -> None:
    """jekyll-gist is a plugin that nearly every blog uses."""
    result = translated("{% gist parkr/931c1c8d465a04042403 %}", "jekyll")
    assert "https://gist.github.com/parkr/931c1c8d465a04042403" in result.markdown
    assert kinds(result) == [(1, "embed")]


def test_kramdown_attribute_lists_are_dropped() -> None:
    """On a line of their own, after an element, at the head of a list item, and with a language for code."""
    body = (
        '# A {: #a}\n\ntext\n{: .lead}\n\n[b](c){: target="_blank"} and *d*{:.e}\n\n- {:.f} g\n\n'
        "```\nh {: .i}\n```\n{: .j}\n\n`k {:l}` stays, as {:m => 1} does"
    )
    result = translated(body, "jekyll")
    assert " ".join(result.markdown.split()) == (
        "# A text [b](c) and *d* - g ``` h {: .i} ``` `k {:l}` stays, as {:m => 1} does"
    )
    assert result.problems == ()


def test_the_table_of_contents_is_dropped_with_the_item_that_it_replaces() -> None:
    """A mail has no anchors to jump to."""
    assert translated("* TOC\n{:toc}\n\ntext", "jekyll").markdown.strip() == "text"


def test_kramdown_comments_options_and_abbreviations_are_dropped() -> None:
    """None of them is shown by kramdown either."""
    body = '{::options a="b" /}\n{::comment}\nhidden\n{:/comment}\n*[HTML]: Hyper Text\nshown'
    assert translated(body, "jekyll").markdown.strip() == "shown"


def test_markdown_inside_html_is_opened() -> None:
    """`markdown="1"` asks for what CommonMark does after a blank line."""
    result = translated('<div class="a" markdown="1">\n**b**\n</div>', "jekyll")
    assert result.markdown == '<div class="a">\n\n**b**\n</div>'
