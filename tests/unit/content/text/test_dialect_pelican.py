"""Pelican: its links, and Python-Markdown's extras."""

from tests.dialects import kinds, translated


def test_links_to_files_become_addresses() -> None:
    """`{filename}` in new and old spelling, and lists by tag and category."""
    pages = {
        "{filename}b.md": "https://site.example/b.html",
        "{tag}tides": "https://site.example/tag/tides.html",
    }
    result = translated("[a]({filename}b.md) [c](|filename|b.md)\n[d]({tag}tides)", "pelican", pages=pages)
    assert result.markdown == (
        "[a](https://site.example/b.html) [c](https://site.example/b.html)\n[d](https://site.example/tag/tides.html)"
    )
    assert result.problems == ()


def test_static_files_keep_their_path() -> None:
    """`{static}` and `{attach}` lead to the file itself."""
    result = translated(
        '![a]({static}/images/a.jpg) ![b]({attach}b.jpg) <img src="{static}/c.png">', "pelican"
    )
    assert result.markdown == '![a](/images/a.jpg) ![b](b.jpg) <img src="/c.png">'
    assert result.problems == ()


def test_an_unknown_file_is_reported() -> None:
    """Pelican would warn as well."""
    assert kinds(translated("x\n\n[a]({filename}gone.md)", "pelican")) == [(3, "unknown-reference")]


def test_the_table_of_contents_and_code_languages_are_dropped() -> None:
    """`[TOC]` and `:::python` are instructions, not text."""
    result = translated("[TOC]\n\ntext\n\n    :::python\n    print(1)\n\n`[TOC]`", "pelican")
    assert result.markdown == "\n\ntext\n\n    print(1)\n\n`[TOC]`"


def test_code_is_never_touched() -> None:
    """A sample that shows a link of Pelican's stays, and so does a line that only looks like a language."""
    body = "`[a]({filename}b.md)`\n\n    x\n    :::python\n"
    result = translated(body, "pelican")
    assert result.markdown == body
    assert result.problems == ()
