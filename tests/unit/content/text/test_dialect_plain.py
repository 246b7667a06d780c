"""A folder without a generator, and what holds for every dialect."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.content.text import dialects
from tests.dialects import kinds, translated
from tests.texts import FakeReferences

DIALECTS = ("hugo", "jekyll", "zola", "pelican", "eleventy", "astro", "obsidian", "plain")


def test_markdown_is_left_alone() -> None:
    """Braces, percent signs and brackets are text like any other."""
    body = "{% a %} {{ b }} [[c]] ==d== {: .e} @/f"
    assert translated(body, "plain").markdown == body


def test_shortcodes_of_hugo_are_not_mailed() -> None:
    """Posts that left their site would be a bad mail with tags in the prose."""
    result = translated('text\n{{< gallery "x" >}}', "plain")
    assert result.markdown == "text\n"
    assert kinds(result) == [(2, "shortcode")]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_text_without_marks_is_unchanged(dialect: str) -> None:
    """Plain Markdown is the same in every dialect."""
    body = "# A\n\nb *c* [d](https://e.example) `f`\n\n- g\n\n> h\n\n```\ni\n```\n"
    result = translated(body, dialect)
    assert result.markdown == body
    assert result.lines == tuple(range(body.count("\n") + 1))
    assert result.problems == ()


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_file_in_the_wrong_dialect_gives_a_bearable_list(dialect: str) -> None:
    """Nobody reads a thousand problems of one file."""
    body = "{{< a >}} {% a() %} {{ a }} ![[a]] <A> {a}\n" * 500
    assert len(translated(body, dialect, path="a.mdx").problems) <= 50


def test_newlines_are_made_plain_and_unprintable_characters_vanish() -> None:
    """Windows wrote some files, and a NUL byte must not reach a database."""
    assert dialects.tidy("a\r\nb\rc\x00d\x1fe\ufffcf\ud800g\th") == "a\nb\ncdefg\th"


_MARKS = re.findall(
    r"\S+",
    """{{< >}} {{% %}} {% %} {{ }} {# #} [[ ![[ ]] %% == {: {:: } { ``` ` ~~~ import export <A < > /> </A> = raw endraw
    highlight endhighlight comment /highlight /* */ a b( ) end " ' | (@/ ]( ^a {filename} ](|static| [TOC]
    markdown="1" <div *[a]: \\ é""",
)
_PIECES = st.sampled_from([*_MARKS, " ", "\n", "\n\n", "    ", "- ", "> ", "> [!a] "])


@given(st.lists(_PIECES, max_size=40).map("".join), st.sampled_from(DIALECTS))
def test_any_text_is_translated(body: str, dialect: str) -> None:
    """Nothing that an author writes breaks a dialect, each line knows where it came from, and problems name lines."""
    references = FakeReferences()
    result = dialects.translate(body, dialect, path="a.mdx", first_line=1, references=references)
    last = body.count("\n")
    assert len(result.lines) == result.markdown.count("\n") + 1
    assert all(0 <= line <= last for line in result.lines)
    assert list(result.lines) == sorted(result.lines)
    assert all(problem.line is not None and 1 <= problem.line <= last + 1 for problem in result.problems)
    early = dialects.problems(body, dialect, path="a.mdx", first_line=1)
    assert {problem for problem in result.problems if problem.kind != "unknown-reference"} >= {
        problem for problem in early if problem.kind != "unknown-reference"
    } or len(result.problems) == 50
