"""The second scan parses only what changed, and gives exactly what a first one would."""

import os
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.content.folder.cache import Kept, load, row_of, save
from newsletter.content.folder.reading import Reading
from newsletter.content.post import Post, Problem
from newsletter.content.reader import ContentFolder, Scan
from tests.folders import LONDON, matter, write

DATED = {"title": "T", "date": "2024-01-31"}
FILES = {
    "a.md": matter(
        title="Ä 'quote'",
        date="2024-07-01 10:00",
        tags="[sea, sky]",
        author="Ana",
        updated="2024-08-01",
        image="a.png",
    ),
    "b.md": matter(**DATED, draft="true", expiryDate="2030-01-01"),
    "sub/c.md": matter(title="C"),
    "broken.md": "---\ntitle: A: B\n---\n",
    "twin.md": matter(**DATED, id="b"),
}


def read(folder: Path, cache: Path | None, **settings: object) -> Scan:
    return ContentFolder(folder, timezone=LONDON, cache=cache, **settings).scan()  # type: ignore[arg-type]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder whose files were written long ago."""
    write(tmp_path / "posts", FILES)
    age(tmp_path / "posts")
    return tmp_path / "posts"


def age(folder: Path, seconds: int = 3600) -> None:
    for path in folder.rglob("*.md"):
        before = path.stat().st_mtime_ns - seconds * 1_000_000_000
        os.utime(path, ns=(before, before))


def test_an_unchanged_folder_is_not_parsed_again(folder: Path, tmp_path: Path) -> None:
    """And the posts and problems are the same, to the last field."""
    cache = tmp_path / "cache/scan.json"
    first, second = read(folder, cache), read(folder, cache)
    assert (first.parsed, second.parsed) == (5, 0)
    assert (first.posts, first.problems, first.files) == (second.posts, second.problems, second.files)
    assert [repr(post) for post in first.posts] == [repr(post) for post in second.posts]
    assert read(folder, None).posts == second.posts
    assert [path.name for path in cache.parent.iterdir()] == ["scan.json"]


def test_the_cache_is_not_written_again_without_need(folder: Path, tmp_path: Path) -> None:
    """A scan that finds nothing new leaves the disk alone."""
    cache = tmp_path / "scan.json"
    read(folder, cache)
    written = cache.stat().st_ino
    read(folder, cache)
    assert cache.stat().st_ino == written


def test_only_changed_files_are_parsed(folder: Path, tmp_path: Path) -> None:
    """A new file, an edit and a removal; a touched file is looked at, and not parsed."""
    cache = tmp_path / "scan.json"
    read(folder, cache)
    write(folder, {"a.md": matter(title="New", date="2024-07-01"), "d.md": matter(**DATED)})
    (folder / "sub/c.md").unlink()
    (folder / "b.md").touch()
    again = read(folder, cache)
    assert again.parsed == 2
    assert again.posts == read(folder, None).posts
    assert [post.title for post in again.posts] == ["New", "T", "T", "T"]


def test_an_edit_within_one_tick_of_the_clock_is_seen(folder: Path, tmp_path: Path) -> None:
    """Same size, same mtime, other bytes: a file that was new when the cache was written is never trusted."""
    cache = tmp_path / "scan.json"
    write(folder, {"d.md": matter(title="Old", date="2024-01-31")})
    read(folder, cache)
    facts = (folder / "d.md").stat()
    write(folder, {"d.md": matter(title="New", date="2024-01-31")})
    os.utime(folder / "d.md", ns=(facts.st_atime_ns, facts.st_mtime_ns))
    assert "New" in {post.title for post in read(folder, cache).posts}


def test_without_a_cache_one_object_remembers(folder: Path) -> None:
    """By the bytes of the files, since nothing says when it looked."""
    content = ContentFolder(folder, timezone=LONDON)
    assert [content.scan().parsed for _ in range(2)] == [5, 0]
    write(folder, {"b.md": matter(title="New", date="2024-01-31")})
    assert content.scan().parsed == 1


def test_everything_falls_when_a_setting_changes(tmp_path: Path) -> None:
    """Address, zone, language, the generator's settings, and what files inherit."""
    cache = tmp_path / "scan.json"
    site = write(
        tmp_path / "site",
        {"hugo.toml": "", "content/posts/a.md": matter(**DATED), "content/posts/_index.md": "---\n---\n"},
    )
    age(site)

    def parsed(zone: ZoneInfo = LONDON, **settings: str) -> int:
        return ContentFolder(site, timezone=zone, cache=cache, **settings).scan().parsed  # type: ignore[arg-type]

    assert [parsed(), parsed()] == [1, 0]
    assert [parsed(url="https://e.org"), parsed(language="fr"), parsed(ZoneInfo("Asia/Tokyo"))] == [1, 1, 1]
    assert parsed() == 1
    write(site, {"hugo.toml": "baseURL = 'https://e.org'"})
    assert [parsed(), parsed()] == [1, 0]
    write(site, {"content/posts/_index.md": "---\ncascade: {draft: true}\n---\n"})
    assert [parsed(), parsed()] == [1, 0]
    assert read(site, cache).posts[0].held_back == "in a section that is a draft"


@pytest.mark.parametrize("rest", ["", "{", "[]", "null", '{"fingerprint": 1}', "[" * 100_000, "\0"])
def test_a_broken_cache_is_no_cache(folder: Path, tmp_path: Path, rest: str) -> None:
    """It may be lost at any time."""
    cache = tmp_path / "scan.json"
    cache.write_text(rest)
    assert read(folder, cache).parsed == 5
    assert read(folder, cache).parsed == 0


def test_a_cache_that_cannot_be_written_harms_nothing(folder: Path, tmp_path: Path) -> None:
    """A full disk, or a folder that is a file: the posts are read all the same."""
    write(tmp_path, {"file": "x"})
    for cache in (tmp_path / "file/scan.json", Path("/dev/full/scan.json"), tmp_path):
        content = ContentFolder(folder, timezone=LONDON, cache=cache)
        assert [len(content.scan().posts), content.scan().parsed] == [4, 0]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "posts"]


_TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12)
_TIME = st.none() | st.datetimes(timezones=st.just(LONDON)).filter(lambda t: 2 < t.year < 9998).map(
    lambda t: t.astimezone(ZoneInfo("UTC")).replace(microsecond=0).astimezone(LONDON)
)
_WORDS = st.lists(_TEXT.filter(bool), max_size=3).map(tuple)
_POSTS = st.builds(
    Post, id=_TEXT, path=_TEXT, title=_TEXT, slug=_TEXT, published_at=_TIME, body_hash=_TEXT, url=st.none() | _TEXT,
    updated_at=_TIME, expires_at=_TIME, tags=_WORDS, authors=_WORDS, language=st.none() | _TEXT,
    summary=st.none() | _TEXT, cover=st.none() | _TEXT, cover_alt=_TEXT, held_back=st.none() | _TEXT,
)  # fmt: skip
_PROBLEMS = st.builds(
    Problem, path=_TEXT, line=st.none() | st.integers(1), kind=_TEXT, message=_TEXT, remedy=_TEXT,
    severity=st.sampled_from(["error", "warning"]),
)  # fmt: skip
_READINGS = st.builds(Reading, st.none() | _POSTS, st.lists(_PROBLEMS, max_size=2).map(tuple))


@given(st.dictionaries(_TEXT, _READINGS, max_size=5))
def test_what_is_kept_is_what_was_read(
    tmp_path_factory: pytest.TempPathFactory, readings: dict[str, Reading]
) -> None:
    """Posts and problems survive the way to the disk and back, in the order of their places."""
    path = tmp_path_factory.mktemp("cache") / "scan.json"
    rows = [row_of((place, 1, 2), "digest", reading) for place, reading in readings.items()]
    assert save(path, "mark", Kept().with_rows(rows))
    kept = load(path, "mark")
    ordered = [readings[place] for place in sorted(readings)]
    assert kept.posts(LONDON) == [reading.post for reading in ordered if reading.post is not None]
    assert kept.problems() == [problem for reading in ordered for problem in reading.problems]
    assert len(load(path, "other")) == 0
