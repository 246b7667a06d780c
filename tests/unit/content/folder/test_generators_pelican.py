"""Pelican's rules; tests/contract holds them to Pelican itself."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.folders import kinds, posts, scan, write

CONFIG = (
    "SITEURL = 'https://e.org/base'\nTIMEZONE = 'Europe/Berlin'\nAUTHOR = 'Zoë Müller'\nDEFAULT_LANG = 'en'\n"
)


def article(**fields: str) -> str:
    fields = {"Title": "Über die Flut: C++ (x)", "Date": "2024-01-31 10:20", **fields}
    return "".join(f"{name}: {value}\n" for name, value in fields.items() if value) + "\nThe text.\n"


def test_articles_and_what_is_none(tmp_path: Path) -> None:
    """Pages and hidden files are none; reST is reported; without a date there is no article."""
    write(
        tmp_path,
        {
            "pelicanconf.py": CONFIG,
            "content/a.md": article(),
            "content/tech/b.markdown": article(),
            "content/pages/c.md": article(),
            "content/.d.md": article(),
            "content/e.rst": "e\n#\n",
            "content/f.md": article(Date=""),
            "content/g.md": article(Title=""),
        },
    )
    found = scan(tmp_path)
    assert [post.id for post in found.posts] == ["a", "f", "g", "tech/b"]
    assert kinds(found) == [
        ("content/e.rst", None, "format"),
        ("content/f.md", 1, "no-date"),
        ("content/g.md", 1, "no-title"),
    ]


@pytest.mark.parametrize(
    ("settings", "fields", "path"),
    [
        ("", {}, "uber-die-flut-c-x.html"),
        ("SLUGIFY_SOURCE = 'basename'", {}, "2024-01-01-tide_table.html"),
        ("", {"Slug": "own"}, "own.html"),
        ("", {"Lang": "fr"}, "uber-die-flut-c-x-fr.html"),
        ("", {"Url": "own/place.html"}, "own/place.html"),
        ("ARTICLE_URL = '{date:%Y}/{date:%b}/{slug}/'", {}, "2024/Jan/uber-die-flut-c-x/"),
        ("ARTICLE_URL = '{category}/{author}/{lang}/'", {}, "tech/zoe-muller/en/"),
        ("ARTICLE_URL = '{category}/x'\nUSE_FOLDER_AS_CATEGORY = False", {}, "misc/x"),
        ("FILENAME_METADATA = r'(?P<date>.{10})-(?P<slug>.*)'", {}, "tide_table.html"),
        (
            "PATH_METADATA = r'(?P<category>.*?)/.*'\nARTICLE_URL = '{category}'",
            {"Category": "Big News"},
            "big-news",
        ),
        ("ARTICLE_URL = '{mystery}/{slug}'", {}, None),
    ],
)
def test_addresses(tmp_path: Path, settings: str, fields: dict[str, str], path: str | None) -> None:
    """ARTICLE_URL with its fields; a field that cannot be told gives no link."""
    write(
        tmp_path,
        {"pelicanconf.py": CONFIG + settings, "content/tech/2024-01-01-tide_table.md": article(**fields)},
    )
    (post,) = scan(tmp_path).posts
    assert post.url == (f"https://e.org/base/{path}" if path else None)


def test_fields(tmp_path: Path) -> None:
    """Tags by commas, or by semicolons if one occurs; several authors; defaults by setting and path."""
    write(
        tmp_path,
        {
            "pelicanconf.py": CONFIG + "DEFAULT_METADATA = {'status': 'draft'}\n"
            "EXTRA_PATH_METADATA = {'live': {'status': 'published'}, 'live/b.md': {'category': 'Bees'}}\n",
            "content/a.md": article(),
            "content/live/b.md": article(
                Tags="a, b c", Authors="Ann B; Carl D", Modified="2024-02-01", Summary="Short."
            ),
            "content/live/c.md": article(Tags="a; b, c", Status="hidden"),
        },
    )
    a, b, c = scan(tmp_path).posts
    assert (a.held_back, b.held_back, c.held_back) == ("status: draft", None, "status: hidden")
    assert (b.tags, b.authors, b.summary) == (("a", "b c", "Bees"), ("Ann B", "Carl D"), "Short.")
    assert (c.tags, a.authors) == (("a", "b, c"), ("Zoë Müller",))
    assert b.updated_at == datetime(2024, 1, 31, 23, tzinfo=UTC)


def test_dates(tmp_path: Path) -> None:
    """dateutil's forms with underscores for blanks, the file name, and DEFAULT_DATE; never the file's age."""
    write(
        tmp_path,
        {
            "pelicanconf.py": CONFIG + "DEFAULT_DATE = (2012, 3, 2, 14, 1, 1)",
            "content/a.md": article(Title="A", Date="31 Jan 2024 5pm"),
            "content/b.md": article(Title="B", Date="2024-01-31_10:00"),
            "content/2024-02-01-c.md": article(Title="C", Date=""),
            "content/d.md": article(Title="D", Date=""),
            "content/e.md": article(Title="E", Date="01/02/2024"),
        },
    )
    assert {post.title: post.published_at for post in scan(tmp_path).posts} == {
        "A": datetime(2024, 1, 31, 16, tzinfo=UTC), "B": datetime(2024, 1, 31, 9, tzinfo=UTC),
        "C": datetime(2024, 1, 31, 23, tzinfo=UTC), "D": datetime(2012, 3, 2, 13, 1, 1, tzinfo=UTC),
        "E": datetime(2024, 1, 1, 23, tzinfo=UTC),
    }  # fmt: skip
    write(tmp_path, {"pelicanconf.py": CONFIG + "DEFAULT_DATE = 'fs'"})
    assert posts(tmp_path)["content/d.md"].published_at is None


def test_translations_share_their_slug(tmp_path: Path) -> None:
    """The version in the newsletter's language is the post; `Translation: true` is never one."""
    write(
        tmp_path,
        {
            "pelicanconf.py": CONFIG,
            "content/a.md": article(Title="A", Slug="a"),
            "content/a-fr.md": article(Title="A", Slug="a", Lang="fr"),
            "content/b-fr.md": article(Title="B", Slug="b", Lang="fr", Translation="true"),
        },
    )
    assert {path: post.held_back for path, post in posts(tmp_path).items()} == {
        "content/a-fr.md": "translation of content/a.md", "content/a.md": None, "content/b-fr.md": "a translation",
    }  # fmt: skip
    assert posts(tmp_path, language="fr")["content/a-fr.md"].held_back is None
