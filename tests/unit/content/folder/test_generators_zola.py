"""Zola's rules, as its sources have them (components/content/src/page.rs)."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.folders import kinds, posts, scan, write

CONFIG = 'base_url = "https://e.org"\ndefault_language = "en"\n'


def page(body: str = "The text.", *lines: str) -> str:
    return "+++\n" + "".join(f"{line}\n" for line in lines) + f"+++\n\n{body}\n"


def dated(*lines: str) -> str:
    return page("The text.", 'title = "T"', "date = 2024-01-31", *lines)


def test_pages_sections_and_bundles(tmp_path: Path) -> None:
    """A page is a post when it has a date; undated files where nothing has a date are pages of the site."""
    write(
        tmp_path,
        {
            "config.toml": CONFIG + 'ignored_content = ["*.tmp.md", "old/*"]\n',
            "content/_index.md": page(),
            "content/blog/_index.md": page(),
            "content/blog/_index.fr.md": page(),
            "content/blog/a.md": dated(),
            "content/blog/bundle/index.md": dated(),
            "content/blog/undated.md": page("x", 'title = "U"'),
            "content/blog/x.tmp.md": dated(),
            "content/blog/bare.md": "No front matter, which Zola refuses.",
            "content/old/x.md": dated(),
            "content/lists/latest.md": page("", 'template = "latest.html"'),
        },
    )
    found = scan(tmp_path)
    assert [(post.id, post.held_back) for post in found.posts] == [
        ("blog/a", None), ("blog/bare", "no front matter"), ("blog/bundle", None), ("blog/undated", None),
    ]  # fmt: skip
    assert kinds(found) == [
        ("content/blog/bare.md", None, "front-matter"),
        ("content/blog/undated.md", 1, "no-date"),
    ]


@pytest.mark.parametrize(
    ("settings", "file", "lines", "path"),
    [
        ("", "Blog/Tide Table.v2.md", (), "Blog/tide-table-v2/"),
        ("", "blog/Über ß.md", (), "blog/uber-ss/"),
        ("", "blog/2024-01-31-tides.md", (), "blog/tides/"),
        ("", "blog/2024-01-31_tides/index.md", (), "blog/tides/"),
        ("", "blog/2024-01-31T10:00:00Z-tides.md", (), "blog/tides/"),
        ("", "blog/2024-01-31.md", (), "blog/2024-01-31/"),
        ("[slugify]\npaths_keep_dates = true", "blog/2024-01-31-tides.md", (), "blog/2024-01-31-tides/"),
        ("[slugify]\npaths = 'safe'", "blog/Tide Table?.md", (), "blog/Tide%20Table/"),
        ("[slugify]\npaths = 'off'", "blog/Tide Table.md", (), "blog/Tide%20Table/"),
        ("", "blog/a.md", ('slug = "My Slug!"',), "blog/my-slug/"),
        ("", "blog/a.md", ('path = "2024/01/31/Tide.v2"',), "2024/01/31/Tide.v2/"),
        ("", "blog/a.md", ('path = "/top/"',), "top/"),
        ("[languages.fr]", "blog/a.fr.md", (), "fr/blog/a/"),
        ("", "roadmap@0.md", (), "roadmap-0/"),
    ],
)
def test_addresses(tmp_path: Path, settings: str, file: str, lines: tuple[str, ...], path: str) -> None:
    """Folders as they are, the name as a slug without its date, `path` as it stands."""
    write(tmp_path, {"config.toml": CONFIG + settings, f"content/{file}": dated(*lines)})
    (post,) = scan(tmp_path).posts
    assert post.url == f"https://e.org/{path}"


def test_a_name_that_no_table_makes_ascii_gives_no_link(tmp_path: Path) -> None:
    """Zola would write pinyin; no link is better than a wrong one."""
    write(tmp_path, {"config.toml": CONFIG, "content/潮.md": dated(), "content/b.md": dated()})
    assert posts(tmp_path)["content/潮.md"].url is None


def test_dates_come_from_the_field_the_name_or_the_path(tmp_path: Path) -> None:
    """In this order; `path` may hold the only date there is."""
    write(
        tmp_path,
        {
            "zola.toml": CONFIG,
            "content/2024-01-01-a.md": page("x", 'title = "A"', "date = 2024-02-02T10:00:00Z"),
            "content/2024-01-01-b.md": page("x", 'title = "B"'),
            "content/2024-01-01T08:30:00+02:00-c.md": page("x", 'title = "C"'),
            "content/d.md": page("x", 'title = "D"', 'path = "inside/2024/01/31/d"'),
            "content/2024/03/04/e.md": page("x", 'title = "E"', 'date = "2024-03-05"'),
        },
    )
    assert {post.title: post.published_at for post in scan(tmp_path).posts} == {
        "A": datetime(2024, 2, 2, 10, tzinfo=UTC), "B": datetime(2024, 1, 1, tzinfo=UTC),
        "C": datetime(2024, 1, 1, 6, 30, tzinfo=UTC), "D": datetime(2024, 1, 31, tzinfo=UTC),
        "E": datetime(2024, 3, 5, tzinfo=UTC),
    }  # fmt: skip


def test_fields(tmp_path: Path) -> None:
    """Taxonomies, authors, description, the extra image, drafts and pages that are not rendered."""
    write(
        tmp_path,
        {
            "config.toml": CONFIG,
            "content/a.md": dated(
                'authors = ["Ana", "Ben"]', 'description = "About tides."', "updated = 2024-02-01",
                "[taxonomies]", 'tags = ["sea", "sky"]', 'categories = ["out"]', "[extra]", 'image = "a.png"',
            ),
            "content/b.md": dated("draft = true"),
            "content/c.md": dated("render = false"),
        },
    )  # fmt: skip
    post, draft, hidden = scan(tmp_path).posts
    assert (post.tags, post.authors, post.summary, post.cover) == (
        ("sea", "sky", "out"), ("Ana", "Ben"), "About tides.", "a.png",
    )  # fmt: skip
    assert post.updated_at == datetime(2024, 2, 1, tzinfo=UTC)
    assert (draft.held_back, hidden.held_back) == ("draft", "render: false")
