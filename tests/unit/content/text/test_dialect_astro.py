"""Astro: MDX without running it."""

from tests.dialects import kinds, translated


def test_imports_and_exports_vanish() -> None:
    """Also over several lines; a sentence that begins with the word stays."""
    body = (
        "import A from './A.astro';\nimport {\n  B,\n  C,\n} from '../b';\n\nexport const d = {\n  e: 1,\n};\n\n"
        "Prices rose.\nimport duties did not.\n"
    )
    result = translated(body, "astro", path="a.mdx")
    assert result.markdown.split() == ["Prices", "rose.", "import", "duties", "did", "not."]
    assert result.problems == ()


def test_an_image_component_is_an_image() -> None:
    """Its source is a name that an import gave to a file."""
    body = 'import cat from "./cat.png"\n\n<Image src={cat} alt="A cat" width={300} />\n<img src={cat} alt={`b`}/>'
    result = translated(body, "astro", path="a.mdx")
    assert '<img src="./cat.png" alt="A cat" width="300">' in result.markdown
    assert '<img src="./cat.png" alt="b">' in result.markdown
    assert result.problems == ()


def test_components_are_dropped_and_their_text_is_kept() -> None:
    """Attributes may hold anything, even what looks like the end of the tag."""
    body = '<Note kind="a > b" style={{ color: "red" }} {...props} client:load>\n\nRead *this*.\n\n</Note>\n<A.B/>'
    result = translated(body, "astro", path="a.mdx")
    assert result.markdown.split() == ["Read", "*this*."]
    assert kinds(result) == [(1, "mdx"), (6, "mdx")]


def test_videos_become_links() -> None:
    """As the components of astro-embed are called."""
    result = translated('<YouTube id="abc" />', "astro", path="a.mdx")
    assert result.markdown == "<https://www.youtube.com/watch?v=abc>"
    assert kinds(result) == [(1, "embed")]


def test_expressions_are_not_run() -> None:
    """A plain string is what it says, a comment is nothing, and the rest is reported."""
    body = 'a{" "}b {/* c */} {`d`} {5} {props.e}\n\n\\{f} `{g}`\n\n```js\n{h}\n```'
    result = translated(body, "astro", path="a.mdx")
    assert result.markdown == "a b  d 5 \ufffc\n\n\\{f} `{g}`\n\n```js\n{h}\n```"
    assert kinds(result) == [(1, "mdx")]


def test_html_keeps_what_html_knows() -> None:
    """Attributes in braces are for JavaScript."""
    result = translated('<div className="a" onClick={() => { b("}") }}>c</div>', "astro", path="a.mdx")
    assert result.markdown == '<div class="a">c</div>'
    assert result.problems == ()


def test_plain_markdown_is_left_alone() -> None:
    """In Astro's `.md` files braces mean nothing."""
    body = "import x from 'y'\n\n{a} <Note>b</Note>"
    result = translated(body, "astro", path="a.md")
    assert result.markdown == body
    assert result.problems == ()
