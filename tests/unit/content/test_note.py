"""The author's words for the next issue."""

import hashlib
from pathlib import Path

import pytest

from newsletter.content.note import Note
from newsletter.content.reader import ContentFolder
from tests.folders import LONDON, matter, write
from tests.pictures import drawn

DATED = {"title": "T", "date": "2024-01-31"}


def note(root: Path) -> Note | None:
    return ContentFolder(root, timezone=LONDON).note()


def test_a_note_has_a_subject_and_an_introduction(tmp_path: Path) -> None:
    """From `_next.md` beside the posts, which is never a post itself."""
    text = matter("Dear *readers*.", subject="Spring tides")
    site = write(tmp_path, {"_next.md": text, "a.md": matter(**DATED)})
    found = note(site)
    assert found is not None
    assert (found.path, found.subject, found.problems) == ("_next.md", "Spring tides", ())
    assert "<em>readers</em>" in found.intro_html
    assert "Dear" in found.intro_text
    assert found.hash == hashlib.sha256(text.encode()).hexdigest()
    assert [post.path for post in ContentFolder(site, timezone=LONDON).scan().posts] == ["a.md"]


def test_a_note_may_show_a_picture(tmp_path: Path) -> None:
    """Proves that a picture beside the note comes along where no site shows it."""
    files = {"_next.md": "![A boat](boat.png)", "boat.png": drawn(40, 20), "a.md": matter(**DATED)}
    found = note(write(tmp_path, files))
    assert found is not None
    assert [f"cid:{image.cid}" in found.intro_html for image in found.images] == [True]


@pytest.mark.parametrize("text", ["Only words.", "---\nsubject: Only a subject\n---\n"])
def test_either_may_stand_alone(tmp_path: Path, text: str) -> None:
    """An introduction without front matter, a subject without introduction."""
    found = note(write(tmp_path, {"_next.md": text}))
    assert found is not None
    assert bool(found.subject) != bool(found.intro_html)


def test_no_note(tmp_path: Path) -> None:
    """None without the file, or with nothing in it."""
    assert note(write(tmp_path, {"a.md": matter(**DATED)})) is None
    assert note(write(tmp_path, {"_next.md": "---\n---\n \n"})) is None


@pytest.mark.parametrize(
    ("text", "kind", "line"),
    [(b"---\nsubject: a: b\n---\n", "front-matter", 2), (b"a\n\xff", "encoding", 2), (b"a\0", "nul-byte", 1)],
)
def test_a_broken_note_says_so(tmp_path: Path, text: bytes, kind: str, line: int) -> None:
    """With an error, so that no issue goes out without it."""
    found = note(write(tmp_path, {"_next.md": text}))
    assert found is not None
    assert [(each.kind, each.line, each.severity) for each in found.problems] == [(kind, line, "error")]


def test_the_note_is_found_beside_the_posts_of_a_site(tmp_path: Path) -> None:
    """In `_posts` of a Jekyll site; of two notes the one nearer to the top is used, and the other told."""
    site = write(tmp_path, {"_config.yml": "", "_posts/_next.md": "Inner"})
    found = note(site)
    assert found is not None
    assert found.path == "_posts/_next.md"
    write(tmp_path, {"_next.md": "Outer"})
    found = note(site)
    assert found is not None
    assert (found.path, [each.kind for each in found.problems]) == ("_next.md", ["second-note"])
