"""A content folder as a whole: bad files harm nothing else, and the text of a post is read when it is wanted."""

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newsletter.content.folder.generators import detect
from newsletter.content.folder.reading import open_source, read
from newsletter.content.post import Problem
from newsletter.content.reader import ContentFolder
from newsletter.errors import ContentError
from tests.folders import LONDON, kinds, matter, posts, problem, scan, write
from tests.requirements import require

DATED = {"title": "T", "date": "2024-01-31"}
GOOD = {"good.md": matter(**DATED)}


@pytest.mark.parametrize(
    ("content", "line", "kind"),
    [
        ("---\ntitle: A: B\ndate: 2024-01-31\n---\n", 2, "front-matter"),
        ("+++\ntitle = 'A'\ndate = \n+++\n", 3, "front-matter"),
        ('{"title": "A",\n"date"}\n', 2, "front-matter"),
        ("---\ntitle: A\n\nText\n", 1, "front-matter"),
        (b"---\ntitle: A\ndate: 2024-01-31\n---\nText\n\xe9t\xe9\n", 6, "encoding"),
        ("---\ntitle: A\n---\n".encode("utf-16"), 1, "encoding"),
        (b"---\ntitle: A\ndate: 2024-01-31\n---\nText\0\n", 5, "nul-byte"),
        (matter(date="2024-01-31"), 1, "no-title"),
        (matter(title="A"), 1, "no-date"),
        (matter(title="A", date="yesterday"), 3, "date"),
    ],
    ids=["yaml", "toml", "json", "fence", "latin-1", "utf-16", "nul", "title", "date", "no date"],
)
def test_a_broken_post_is_told_and_the_others_are_read(
    tmp_path: Path, content: str | bytes, line: int, kind: str
) -> None:
    """File, line, kind and remedy; the post is not sendable, its neighbour is."""
    write(tmp_path, {"bad.md": content, **GOOD})
    found = scan(tmp_path)
    assert kinds(found) == [("bad.md", line, kind)]
    assert found.problems[0].remedy
    assert found.problems[0].message.endswith(".")
    sendable = [post.path for post in found.posts if post.held_back is None and post.published_at]
    assert sendable == ["good.md"]


def test_two_posts_with_one_id_are_both_held_back(tmp_path: Path) -> None:
    """Each names the other; neither is sent until the author has decided."""
    write(
        tmp_path,
        {
            "a.md": matter(**DATED, id="x"),
            "b.md": matter(**DATED, id="x"),
            "2023-01-01-c.md": matter(**DATED),
            "c.md": matter(**DATED),
            **GOOD,
        },
    )
    found = scan(tmp_path)
    assert [(post.path, post.held_back) for post in found.posts] == [
        ("2023-01-01-c.md", "same id as c.md"), ("a.md", "same id as b.md"), ("b.md", "same id as a.md"),
        ("c.md", "same id as 2023-01-01-c.md"), ("good.md", None),
    ]  # fmt: skip
    assert {(each.path, each.kind, each.severity) for each in found.problems} == {
        (path, "duplicate-id", "error") for path in ("a.md", "b.md", "c.md", "2023-01-01-c.md")
    }
    assert "b.md" in found.problems[1].message


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    """Twenty megabytes are no text that somebody wrote."""
    write(tmp_path, GOOD)
    with (tmp_path / "huge.md").open("wb") as file:
        file.truncate(20_000_000)
    found = scan(tmp_path)
    assert kinds(found) == [("huge.md", None, "too-large")]
    assert "20 MB" in found.problems[0].message
    assert len(found.posts) == 1


def test_links_that_lead_in_circles_nowhere_or_outside(tmp_path: Path) -> None:
    """Each is told, none is followed for ever, and nothing outside the folder is read."""
    write(
        tmp_path,
        {
            "site/a/b/x.md": matter(**DATED),
            "outside/secret.md": matter(**DATED),
            "site/good.md": matter(**DATED),
        },
    )
    site = tmp_path / "site"
    (site / "a/b/up").symlink_to(site / "a")
    (site / "self.md").symlink_to(site / "self.md")
    (site / "loop").symlink_to(site / "loop")
    (site / "gone.md").symlink_to(site / "nothing.md")
    (site / "out").symlink_to(tmp_path / "outside")
    (site / "secret.md").symlink_to(tmp_path / "outside/secret.md")
    (site / "to-b").symlink_to(site / "a/b")
    (site / "latest.md").symlink_to(site / "good.md")
    found = scan(site)
    assert [post.path for post in found.posts] == ["a/b/x.md", "good.md"]
    assert kinds(found) == [
        ("a/b/up", None, "link-loop"),
        ("gone.md", None, "broken-link"),
        ("loop", None, "link-loop"),
        ("out", None, "link-outside"),
        ("secret.md", None, "link-outside"),
        ("self.md", None, "link-loop"),
    ]


def test_a_link_within_the_site_is_followed(tmp_path: Path) -> None:
    """Posts may lie elsewhere in the same site."""
    write(tmp_path, {"hugo.toml": "", "texts/a.md": matter(**DATED), "content/posts/b.md": matter(**DATED)})
    (tmp_path / "content/posts/more").symlink_to(tmp_path / "texts")
    assert list(posts(tmp_path)) == ["content/posts/b.md", "content/posts/more/a.md"]


def test_what_is_no_file_is_never_opened(tmp_path: Path) -> None:
    """A pipe would wait for ever."""
    write(tmp_path, GOOD)
    os.mkfifo(tmp_path / "pipe.md")
    (tmp_path / "folder.md").mkdir()
    assert kinds(scan(tmp_path)) == [("pipe.md", None, "not-a-file")]


def test_a_file_name_that_is_no_utf8(tmp_path: Path) -> None:
    """It can be told, but not used in an address or a mail."""
    write(tmp_path, GOOD)
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.md")).write_text(matter(**DATED))
    found = scan(tmp_path)
    assert kinds(found) == [("caf\ufffd.md", None, "file-name")]
    assert len(found.posts) == 1


_AS_NOBODY = """
import os, sys
from pathlib import Path
from tests.folders import scan
from newsletter.errors import ContentError
folder = Path(sys.argv[1])
scan(folder)  # as another user, Python might not find its own modules
os.setgid(65534), os.setuid(65534)
for each in scan(folder).problems:
    print(each.path, each.kind, each.severity)
try:
    scan(folder / "closed")
except ContentError as error:
    print("refused:", "cannot be read" in str(error))
"""


def test_what_may_not_be_read() -> None:
    """An unreadable file or folder is told; as the content folder itself it is an error."""
    require("the right to become another user", os.geteuid() == 0)
    with TemporaryDirectory() as name:
        folder = write(Path(name), {"shut.md": matter(**DATED), "closed/x.md": matter(**DATED), **GOOD})
        for path, mode in ((folder, 0o755), (folder / "shut.md", 0), (folder / "closed", 0)):
            path.chmod(mode)
        command = [sys.executable, "-c", _AS_NOBODY, name]
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[3]
        )
    told = ["closed unreadable error", "shut.md unreadable error", "refused: True"]
    assert done.stdout.splitlines() == told, done.stderr


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("missing", "There is no content folder"),
        ("file.md", "is a file"),
        ("a\0b", "cannot be read"),
        ("loop", "cannot be read"),
    ],
)
def test_a_folder_that_is_none(tmp_path: Path, name: str, words: str) -> None:
    """Missing, a file, a name that no folder can have, a link to itself."""
    write(tmp_path, {"file.md": ""})
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with pytest.raises(ContentError, match=words) as caught:
        ContentFolder(tmp_path / name, timezone=LONDON)
    assert caught.value.remedy


def test_a_folder_that_vanishes_is_an_error_at_the_next_scan(tmp_path: Path) -> None:
    """Rather than an empty folder, which would look as if all posts were gone."""
    folder = ContentFolder(write(tmp_path / "posts", GOOD), timezone=LONDON)
    assert len(folder.scan().posts) == 1
    (tmp_path / "posts").rename(tmp_path / "elsewhere")
    with pytest.raises(ContentError):
        folder.scan()


def test_a_post_is_loaded_as_it_is_now(tmp_path: Path) -> None:
    """An edit counts; a post that vanished, broke or became another is an error."""
    folder = ContentFolder(write(tmp_path, GOOD), timezone=LONDON)
    (post,) = folder.scan().posts
    assert "<p>The text.</p>" in folder.load(post).html
    write(tmp_path, {"good.md": matter("New *words*.", title="New", date="2024-01-31")})
    manuscript = folder.load(post)
    assert "<em>words</em>" in manuscript.html
    assert manuscript.post.title == "New"
    for text, words in (
        (matter(**DATED, id="other"), "another post"),
        ("---\ntitle: A: B\n---\n", "good.md:2"),
        (None, "cannot be read"),
    ):
        if text is None:
            (tmp_path / "good.md").unlink()
        else:
            write(tmp_path, {"good.md": text})
        with pytest.raises(ContentError, match=words):
            folder.load(post)


def test_problems_of_the_text_are_told_by_the_scan(tmp_path: Path) -> None:
    """What a generator would have filled in is listed with the line of the file."""
    write(
        tmp_path,
        {"_config.yml": "", "_posts/2024-01-31-a.md": matter("One\n\n{% include x.html %}", title="A")},
    )
    assert problem(scan(tmp_path), "liquid").line == 7


def test_line_ends_of_windows_change_nothing(tmp_path: Path) -> None:
    """A checkout with other line ends is no edit."""
    write(
        tmp_path,
        {
            "a.md": matter(**DATED),
            "b.md": matter(**DATED).replace("\n", "\r\n"),
            "c.md": b"\xef\xbb\xbf" + matter(**DATED).encode(),
        },
    )
    assert len({post.body_hash for post in scan(tmp_path).posts}) == 1


@pytest.mark.parametrize(
    "settings_file",
    ["hugo.toml", "zola.toml", "_config.yml", "pelicanconf.py", ".eleventy.js", "astro.config.mjs", "x"],
)
@given(
    data=st.one_of(
        st.binary(max_size=200),
        st.text(max_size=200).map(
            lambda t: f"---\ntitle: {t}\ndate: {t}\ntags: {t}\nslug: {t}\nimage: {t}\n---\n{t}".encode()
        ),
    )
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_no_bytes_stop_a_scan(tmp_path: Path, settings_file: str, data: bytes) -> None:
    """Under the rules of every generator any bytes give a post or a problem."""
    write(tmp_path, {settings_file: "", "content/a.md": "", "src/a.md": "", ".obsidian/a": ""})
    rules = detect(tmp_path, url="https://e.org", timezone=LONDON, language="en")
    reading = read(data, path="p/2024-01-31-a.md", place="_posts/2024-01-31-a.md", rules=rules)
    assert reading.post is not None or reading.problems or rules.name == "eleventy"


@pytest.mark.parametrize("generator", ["_config.yml", ".obsidian/app.json", "hugo.toml"])
@pytest.mark.parametrize(
    "piece",
    [
        "# " + " " * 1000,
        "#a ",
        "](",
        "[",
        "```\n",
        "{% raw %}{{ site.a }}",
        "{{ site.",
        "---\n",
        "+++\n",
        '{"',
        "a: b\n",
        "# a #",
        "`",
    ],
)
def test_monstrous_files_are_read(tmp_path: Path, generator: str, piece: str) -> None:
    """A megabyte of one sign after another takes no longer than a megabyte of prose."""
    write(tmp_path, {generator: "{}" if "json" in generator else "", "content/a.md": ""})
    rules = detect(tmp_path, url=None, timezone=LONDON, language="en")
    for head in ("", "---\ndate: 2024-01-31\n---\n"):
        data = (head + piece * (1_000_000 // len(piece))).encode()
        source = open_source(data, path="a.md", place="_posts/2024-01-31-a.md", rules=rules)
        if not isinstance(source, Problem):
            assert rules.describe(source).path == "a.md"
            assert rules.filled(source.matter.body).count("raw") == source.matter.body.count("raw")
