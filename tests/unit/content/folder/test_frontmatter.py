"""Front matter in all its notations, and whatever else may stand at the top of a file."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.content.folder.frontmatter import parse
from newsletter.content.folder.notations import NotationError, Timestamp, read_yaml
from newsletter.content.folder.reading import decoded
from newsletter.content.post import Problem


@pytest.mark.parametrize(
    ("text", "fields", "body", "line"),
    [
        ("---\ntitle: A\n---\nText\n", {"title": "A"}, "Text\n", 4),
        ("---\ntitle: A\n...\nText\n", {"title": "A"}, "Text\n", 4),
        ("---   \nTitle: A\n---  \nText\n", {"title": "A"}, "Text\n", 4),
        ("\ufeff---\ntitle: A\n---\nText\n", {"title": "A"}, "Text\n", 4),
        ("---\n---\nText\n", {}, "Text\n", 3),
        ("---yaml\ntitle: A\n---\nText\n", {"title": "A"}, "Text\n", 4),
        ('---json\n{"title": "A"}\n---\nText\n', {"title": "A"}, "Text\n", 4),
        ('---toml\ntitle = "A"\n---\nText\n', {"title": "A"}, "Text\n", 4),
        ('+++\ntitle = "A"\n+++\nText\n', {"title": "A"}, "Text\n", 4),
        ('\n\n+++\ntitle = "A"\n+++\nText\n', {"title": "A"}, "Text\n", 6),
        ('{"Title": "A",\n"draft": true}\nText\n', {"title": "A", "draft": True}, "Text\n", 3),
        ("Title: A\nDate: 2024-01-31\n\nText\n", {"title": "A", "date": "2024-01-31"}, "Text\n", 4),
        ("Just text: here\n", {}, "Just text: here\n", 1),
        ("---\n\nA rule, and text below.\n", {}, "---\n\nA rule, and text below.\n", 1),
        ("{% include a.html %}\n", {}, "{% include a.html %}\n", 1),
        ("", {}, "", 1),
    ],
)
def test_every_notation_is_told_apart_by_its_first_bytes(
    text: str, fields: dict[str, object], body: str, line: int
) -> None:
    """Fields, text, and the line on which the text begins, for each way to open a file."""
    found = parse(text)
    assert (found.fields, found.body, found.first_line) == (fields, body, line)


def test_yaml_scalars_stay_as_they_were_written() -> None:
    """Norway, version numbers, clock times and leading zeros survive; only nothing and timestamps are special."""
    fields = read_yaml(
        "a: No\nb: 1.10\nc: 12:30:00\nd: 007\ne:\nf: ~\ng: 2024-01-31 10:00:00\nh: '2024-01-31 10:00:00'"
    )
    assert fields == {
        "a": "No", "b": "1.10", "c": "12:30:00", "d": "007", "e": None, "f": None,
        "g": "2024-01-31 10:00:00", "h": "2024-01-31 10:00:00",
    }  # fmt: skip
    assert [isinstance(fields[name], Timestamp) for name in "gh"] == [True, False]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("---\ntitle: A: B\n---\n", 2, "mapping values"),
        ("---\ntitle: A\n\tdate: x\n---\n", 3, "cannot"),
        ("---\ntitle: 'A\n---\n", 2, "unexpected end"),
        ("---\na: *b\n---\n", 2, "alias"),
        ("---\n- a\n---\n", 2, "list of fields"),
        ("---\ntitle: A\n", 1, "never closed"),
        ("+++\ntitle = A\n+++\n", 2, "Invalid value"),
        ("\n+++\na = 1\nb = [\n+++\n", 4, "Invalid"),
        ("+++\ntitle = 'A'\n", 1, "never closed"),
        ('{"a": 1,\n"b": }\n', 2, "Expecting"),
        ("---js\n({title: 'A'})\n---\n", 1, "never run"),
        ("---\na: !!python/object/apply:os.system ['true']\n---\n", 2, "constructor"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_line(text: str, line: int, words: str) -> None:
    """A mistake names the line of the file, says what is wrong, and what to do."""
    with pytest.raises(NotationError) as caught:
        parse(text)
    assert caught.value.line == line
    assert words in caught.value.message
    assert caught.value.remedy


@pytest.mark.parametrize(
    "text",
    [
        "[" * 60_000,
        "{a: " * 15_000,
        "- " * 30_000,
        "? " * 30_000,
        "a: " + "x" * 70_000,
        "a: &a [x]\n" + "".join(f"{name}: &{name} {{<<: [*{name}0, *{name}0]}}\n" for name in "bc"),
        "a0: &a0 {x: 1}\n"
        + "".join(f"a{n}: &a{n} {{k{n}: 1, <<: [*a{n - 1}, *a{n - 1}]}}\n" for n in range(1, 40)),
        "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 40)),
        "a: &a [*a]",
    ],
    ids=["flow", "maps", "sequences", "keys", "length", "alias", "merge bomb", "alias bomb", "circle"],
)
def test_front_matter_that_would_cost_the_stack_or_the_memory_is_refused(text: str) -> None:
    """Nesting without end and aliases that unfold to billions of values are errors, and quickly."""
    with pytest.raises(NotationError):
        parse(f"---\n{text}\n---\n")


def test_nesting_is_refused_in_every_notation() -> None:
    """TOML and JSON are nested too deeply for their readers, and that is an error like any other."""
    for text in ("+++\na = " + "[" * 5_000 + "\n+++\n", '{"a": ' + "[" * 100_000):
        with pytest.raises(NotationError):
            parse(text)


def test_pelican_reads_lines_and_not_yaml() -> None:
    """Keys in any case, continuation lines, colons in values, optional fences (Python-Markdown, meta.py)."""
    found = parse("Title: One: two\nTAGS: a, b\nSummary: First\n    and second\n\nText\n", meta=True)
    assert found.fields == {"title": "One: two", "tags": "a, b", "summary": ["First", "and second"]}
    assert (found.body, found.first_line, found.kind) == ("Text\n", 6, "meta")
    assert parse("---\nTitle: A: b\n---\nText\n", meta=True).fields == {"title": "A: b"}
    assert parse("---\ntags:\n- a\n- b\n---\nText\n", meta=True).fields == {"tags": ["a", "b"]}


def test_a_field_knows_its_line() -> None:
    """Problems name the line of the field that they are about, in each notation."""
    assert parse("---\na: 1\ndate: x\n---\n").line_of("date") == 3
    assert parse("\n+++\na = 1\ndate = 'x'\n+++\n").line_of("date") == 4
    assert parse('{"a": 1,\n"date": "x"}\n').line_of("date") == 2
    assert parse("Title: a\nDate: x\n\n").line_of("date") == 2
    assert parse("no fields\n").line_of("date") is None


_PIECES = st.sampled_from(
    ["---", "+++", "...", "{", "}", "[", "]", "\n", "title", "date", ":", " ", "=", "- ", "&a", "*a", "<<", "!!", "'",
     '"', "\t", "\\", "#", "|", ">", "?", "2024-01-31", "99999-99-99", "é", "\x85", "\u2028", "%", "@", "`", ","]
)  # fmt: skip


@given(
    st.one_of(
        st.text(),
        st.lists(_PIECES).map("".join),
        st.lists(_PIECES).map(lambda p: "---\n" + "".join(p) + "\n---\n"),
    )
)
def test_no_text_breaks_the_reader(text: str) -> None:
    """Whatever stands in a file, it is read or refused with a line, in a Pelican folder as in others."""
    for meta in (False, True):
        try:
            found = parse(text, meta=meta)
        except NotationError as error:
            line = 1 if error.line is None else error.line
        else:
            line = found.first_line - 1
            assert text.endswith(found.body)
        assert 0 <= line <= text.count("\n") + 1


@given(st.binary())
def test_no_bytes_break_the_decoder(data: bytes) -> None:
    """Bytes become text without NUL and carriage returns, or a problem that says in which line."""
    text = decoded(data, path="a.md")
    if isinstance(text, Problem):
        assert text.line is None or text.line >= 1
    else:
        assert "\0" not in text
        assert "\r" not in text
