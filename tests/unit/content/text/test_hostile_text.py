"""Whatever stands in a post, it becomes a manuscript that may be mailed."""

import cProfile
import re

import lxml.html
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from newsletter.content.text import dialects
from newsletter.content.text.dialects import LONGEST
from tests.texts import manuscript

_MARKS = re.findall(
    r"\S+",
    """[ ] ( ) ! * _ ` ``` ~~ # ## > - 1. | |--|--| < > </ /> <div> </div> <p> <b> <i> <a <table> <tr> <td> </table>
    <pre> <code> <ul> <li> <img <iframe <svg> <math> <style> <script> </script> <details> <summary> <figure>
    <figcaption> </figure> <video> <object> <noscript> <template> <input <progress href= src= onerror=x onclick="y"
    style="z" javascript: data: class= alt= " ' = & &#x3c; &#0; &amp; \\ [^1] [^1]: ^[ <!-- --> <!--more-->
    <![CDATA[ ]]> <?x ?> http://a https://b {{<x>}} {%y%} {:z} word é 漢字 : ~ * * * [a]: [a]""",
)
_TEXTS = st.lists(
    st.one_of(st.sampled_from([*_MARKS, " ", "\n", "\n\n", "    ", "\t", "- "]), st.text(max_size=5)),
    max_size=60,
).map("".join)
_FORBIDDEN = {"script", "style", "iframe", "object", "embed", "svg", "math", "form", "input"}
_ADDRESSES = ("https:", "http:", "mailto:", "cid:", "tel:", "sms:", "ftp:", "xmpp:", "geo:")
_DIALECTS = st.sampled_from(["hugo", "jekyll", "zola", "pelican", "eleventy", "astro", "obsidian", "plain"])


@given(_TEXTS, _DIALECTS)
@example("<a href='javascript:alert(1)' onclick=x>b</a><img src=x onerror=y><svg/onload=z>", "plain")
@example(
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=x&gt;'>", "plain"
)
@example("<object><object></object><p>", "plain")
@example("<figure><figure></figure>", "plain")
def test_any_text_becomes_a_safe_manuscript(body: str, dialect: str) -> None:
    """Nothing that runs, nothing that is styled from outside, well-formed, and no line that SMTP would refuse."""
    result = manuscript(body, dialect, path="a.mdx")
    for written in (result.html, result.summary_html):
        root = lxml.html.fragment_fromstring(written, create_parent="div")
        for element in root.iter():
            assert isinstance(element.tag, str), "no comment is left"
            assert element.tag not in _FORBIDDEN
            names = set(element.attrib)
            assert not any(name.startswith(("on", "data-")) for name in names)
            assert not names & {"id", "class", "srcset"}
            for name in ("href", "src"):
                assert element.get(name, "https:").startswith(_ADDRESSES)
        levels = [int(element.tag[1]) for element in root.iter("h1", "h2", "h3", "h4", "h5", "h6")]
        assert all(deeper - level <= 1 for level, deeper in zip([1, *levels], levels, strict=False))
    for text in (result.text, result.summary_text):
        assert not any(len(line.encode()) > 998 for line in text.split("\n"))
        assert all(character == "\n" or character >= " " for character in text if character != "\t")
    assert all(problem.line is None or problem.line >= 1 for problem in result.problems)


#: What costs most to read when there is no end of it: openings without an end, ends without a beginning, nesting.
_MONSTERS = {
    "plain": [
        *re.findall(
            r"\S+",
            "[ ![ *a ` < <!-- <div> <b> <b><p> > - ^[ |a ]( &#0; \\ <table><tr><td> <pre><code> a 漢 {{ {{a}} {% {: =",
        ),
        *("word ", "word\n", "- ", "> "),
    ],
    "hugo": ["{{<", '{{<"', "{{<x>}}", "{{%highlight%}}", "{#a}\n"],
    "jekyll": ["{%raw%}", "{%highlight%}", "{{a|b}}", "{:a}", "{::comment}", "*[a]: b\n"],
    "zola": ["{{x(}}", "{%x()%}", "](@/"],
    "pelican": ["]({static}", "    :::a\n", "[TOC]\n"],
    "eleventy": ["{#", "{%image%}"],
    "astro": ["{", '{"', "{{<", "{%", "<A ", "<A b={", "import a\n\n", "export {\n\n"],
    "obsidian": ["[[", "![[", "==a", "%%", "^a\n", "> [!a] b\n", "![1]("],
}


@pytest.mark.parametrize(
    ("dialect", "unit"), [(name, unit) for name in _MONSTERS for unit in _MONSTERS[name]]
)
def test_twice_the_text_is_twice_the_work(dialect: str, unit: str) -> None:
    """Work is counted in calls, which nothing else on the machine can slow down; four times would be quadratic."""
    once, twice = (_calls(unit * (length // len(unit)), dialect) for length in (600, 1_200))
    assert twice < 2.5 * once


def _calls(body: str, dialect: str) -> int:
    """Return how many functions are called while a text is read."""
    profile = cProfile.Profile()
    profile.runcall(manuscript, body, dialect, path="a.mdx")
    return sum(entry.callcount for entry in profile.getstats())


@pytest.mark.parametrize("dialect", _MONSTERS)
def test_monstrous_texts_are_read(dialect: str) -> None:
    """All of them in five megabytes, which are cut, told about, and read in a second or a few.

    This is for what happens within one call: a pattern that looks through the text again from each place in it
    would take minutes.
    """
    units = _MONSTERS[dialect]
    share = LONGEST // len(units)
    body = "".join(unit * (share // len(unit)) for unit in units)
    result = manuscript(body + "word " * 1_000_000, dialect, path="a.mdx")
    assert "too-long" in {problem.kind for problem in result.problems}


def test_a_scan_reads_no_more_than_a_mail_shows() -> None:
    """Else the marks in one file of five megabytes would hold up all the others."""
    shortcodes = "{{<x>}}\n" * 1_000
    found = dialects.problems("word\n" * (LONGEST // 5) + shortcodes, "hugo", path="a.md", first_line=1)
    assert found == ()
    assert dialects.problems(shortcodes, "hugo", path="a.md", first_line=1)


def test_deep_nesting_is_flattened() -> None:
    """The parser of premailer, which comes later, refuses more than 256 levels."""
    body = "<div>" * 300 + "deep" + "</div>" * 300 + "\n\n" + "> " * 300 + "quoted"
    result = manuscript(body)
    assert "deep" in result.html
    root = lxml.html.fragment_fromstring(result.html, create_parent="div")
    depths = [sum(1 for _ in element.iterancestors()) for element in root.iter()]
    assert max(depths) < 100
