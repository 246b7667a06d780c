"""Zola: shortcodes of both kinds, and internal links."""

from tests.dialects import kinds, translated


def test_internal_links_become_addresses() -> None:
    """In a link, in a definition and in HTML, with an anchor or without."""
    pages = {"@/a/b.md": "https://site.example/a/b/", "@/c.md#d": "https://site.example/c/#d"}
    body = '[x](@/a/b.md) [y][y] <a href="@/a/b.md">z</a>\n\n[y]: @/c.md#d\n\n`[q](@/code.md)`'
    result = translated(body, "zola", pages=pages)
    assert result.markdown == (
        '[x](https://site.example/a/b/) [y][y] <a href="https://site.example/a/b/">z</a>\n\n'
        "[y]: https://site.example/c/#d\n\n`[q](@/code.md)`"
    )
    assert result.problems == ()


def test_an_internal_link_to_nothing_is_reported() -> None:
    """Zola would refuse to build the site."""
    assert kinds(translated("a\n[x](@/gone.md)", "zola")) == [(2, "unknown-reference")]


def test_known_shortcodes_are_translated() -> None:
    """A picture is a picture; a video is a link."""
    result = translated(
        '{{ figure(src="a.png", alt="A", caption="B") }}\n\n{{ youtube(id="abc", autoplay=true) }}', "zola"
    )
    assert result.markdown == (
        '<img src="a.png" alt="A"><br><small>B</small>\n\n<https://www.youtube.com/watch?v=abc>'
    )
    assert kinds(result) == [(3, "embed")]


def test_unknown_shortcodes_are_dropped_and_their_body_is_kept() -> None:
    """Both kinds, with one report each and none for the end."""
    result = translated('{% quote(author="V") %}\nA *text*\n{% end %}\n\n{{ counter(n=[1, 2]) }}', "zola")
    assert result.markdown.split() == ["A", "*text*"]
    assert kinds(result) == [(1, "shortcode"), (5, "shortcode")]


def test_braces_that_are_no_call_are_plain_text() -> None:
    """Compiler output and format strings hold braces; Zola reads them as text, so no alarm is raised."""
    body = "prints {{closure}} and {{ x }} and {% raw %}"
    result = translated(body, "zola")
    assert result.markdown == body
    assert result.problems == ()


def test_escaped_shortcodes_are_shown_and_code_is_kept() -> None:
    """Writing about shortcodes needs no shortcode to run."""
    result = translated('```\n{{/* youtube(id="x") */}}\n{{ gist(url="y") }}\n{%/* a() */%}\n```', "zola")
    assert result.markdown == '```\n{{ youtube(id="x") }}\n{{ gist(url="y") }}\n{% a() %}\n```'
    assert result.problems == ()


def test_heading_ids_are_dropped() -> None:
    """Zola takes `{#id}` from the end of a heading."""
    assert translated("## A {#b}", "zola").markdown == "## A"
