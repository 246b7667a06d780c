"""Obsidian: links between notes, embeds and marks."""

from tests.dialects import kinds, translated

PAGES = {"Tides": "https://site.example/Tides", "Tides#High water": "https://site.example/Tides#High+water"}


def test_wiki_links_become_links() -> None:
    """With another text, to a heading, and in a table, where the bar is escaped."""
    result = translated(
        "[[Tides]] [[Tides|the sea]] [[Tides#High water]] [[Tides\\|x]]", "obsidian", pages=PAGES
    )
    assert result.markdown == (
        "[Tides](<https://site.example/Tides>) [the sea](<https://site.example/Tides>) "
        "[Tides > High water](<https://site.example/Tides#High+water>) [x](<https://site.example/Tides>)"
    )
    assert result.problems == ()


def test_a_link_to_an_unpublished_note_keeps_its_text() -> None:
    """The author is told that readers cannot follow it."""
    result = translated("See\n[[Diary|my diary]].", "obsidian")
    assert result.markdown == "See\nmy diary."
    assert kinds(result) == [(2, "unknown-reference")]


def test_embedded_images_become_images() -> None:
    """With a size, with a description, with both."""
    body = "![[a b.png]] ![[c.jpg|300]] ![[d.gif|300x200]] ![[e.png|A tide]] ![[f.png|A tide|99]]"
    result = translated(body, "obsidian")
    assert result.markdown == (
        '<img src="a b.png" alt=""> <img src="c.jpg" alt="" width="300"> '
        '<img src="d.gif" alt="" width="300" height="200"> <img src="e.png" alt="A tide"> '
        '<img src="f.png" alt="A tide" width="99">'
    )
    assert result.problems == ()


def test_images_of_markdown_may_have_a_size() -> None:
    """`![alt|300](url)`; a number alone is a size, other words are a description."""
    result = translated("![A tide|300](a.png) ![200x100](b.png) ![c](d.png)", "obsidian")
    assert result.markdown == (
        '<img src="a.png" alt="A tide" width="300"> <img src="b.png" alt="" width="200" height="100"> ![c](d.png)'
    )


def test_embedded_notes_become_links_and_a_problem() -> None:
    """Another note's text is not part of this post."""
    result = translated("![[Tides]]\n\n![[talk.pdf]]", "obsidian", pages=PAGES)
    assert result.markdown == "[Tides](<https://site.example/Tides>)\n\ntalk.pdf"
    assert kinds(result) == [(1, "embed"), (3, "embed")]


def test_comments_vanish_and_marks_are_marks() -> None:
    """`%%` hides, `==` marks, and an equation with equals signs is neither."""
    result = translated("a %%b\nc%% d ==e f== if x == y or z == 1 `==g==`", "obsidian")
    assert result.markdown == "a  d <mark>e f</mark> if x == y or z == 1 `==g==`"


def test_callouts_are_quotations_with_a_title() -> None:
    """Folded or not, with a title of their own or the one of their kind."""
    result = translated("> [!warning]- High **water**\n> Mind it.\n\n> [!note]\n> x", "obsidian")
    assert result.markdown == "> **High **water****\n> \n> Mind it.\n\n> **Note**\n> \n> x"


def test_block_ids_are_dropped() -> None:
    """They are targets of links, and nothing to read. A power of two is something to read."""
    assert translated("A sentence. ^quote-1\n\n^alone\n\n2^8 is 256", "obsidian").markdown == (
        "A sentence.\n\n\n\n2^8 is 256"
    )


def test_a_heading_of_the_same_note_is_a_link_within_the_post() -> None:
    """It will lead to the post's own page."""
    assert translated("[[#High water]]", "obsidian").markdown == "[High water](<#High%20water>)"


def test_code_is_never_touched() -> None:
    """Bash and Lua write `[[ … ]]`."""
    body = "`[[ -f a ]]`\n\n```bash\nif [[ $a == $b ]]; then echo %%; fi\n```"
    result = translated(body, "obsidian")
    assert result.markdown == body
    assert result.problems == ()
