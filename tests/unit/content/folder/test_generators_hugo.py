"""Hugo's rules; tests/contract holds them to Hugo itself."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.folders import kinds, matter, posts, scan, write

CONFIG = 'baseURL = "https://e.org/base/"\ntimeZone = "Europe/Berlin"\n'
DATED = {"date": "2024-01-31", "title": "T"}


def test_bundles_sections_and_pages(tmp_path: Path) -> None:
    """`index.md` is the post of its folder and all else in it belongs to it; `_index.md` is a section's page."""
    write(
        tmp_path,
        {
            "hugo.toml": CONFIG,
            "content/posts/_index.md": matter(**DATED),
            "content/posts/a.md": matter(**DATED),
            "content/posts/bundle/index.md": matter(**DATED),
            "content/posts/bundle/note.md": matter(**DATED),
            "content/posts/bundle/more/note.md": matter(**DATED),
            "content/posts/b.org": "#+TITLE: x",
            "content/about.md": matter(title="About"),
            "content/posts/undated.md": matter(title="Undated"),
        },
    )
    found = scan(tmp_path)
    assert [(post.id, post.url) for post in found.posts] == [
        ("posts/a", "https://e.org/base/posts/a/"),
        ("posts/bundle", "https://e.org/base/posts/bundle/"),
        ("posts/undated", "https://e.org/base/posts/undated/"),
    ]
    assert kinds(found) == [
        ("content/posts/b.org", None, "format"),
        ("content/posts/undated.md", 1, "no-date"),
    ]


@pytest.mark.parametrize(
    ("settings", "path"),
    [
        ("", "posts/deep/tide-table.v2/"),
        ("uglyURLs = true", "posts/deep/tide-table.v2.html"),
        ("[permalinks]\nposts = '/:year/:month/:day/:slug/'", "2024/01/31/über-die-flut/"),
        ("[permalinks.page]\nposts = '/:section/:title'", "posts/über-die-flut/"),
        ("[permalinks]\nposts = '/:sections/:filename/'", "posts/deep/tide-table.v2/"),
        ("[permalinks]\nposts = '/:sections[1:]/:slugorcontentbasename/'", "deep/tide-table.v2/"),
        ("[permalinks]\nposts = '/:sections[last]/:contentbasename/'", "deep/tide-table.v2/"),
        ("[permalinks]\nposts = '/:sections[:last]/:weekday-:weekdayname/'", "posts/3-wednesday/"),
        ("[permalinks]\nposts = '/:monthname/:yearday/:2006-01/'", "january/31/2024-01/"),
        ("[permalinks]\nother = '/x/:slug/'", "posts/deep/tide-table.v2/"),
        ("[[permalinks]]\npattern = '/:year/:slug/'\ntarget.path = '/posts/**'", "2024/über-die-flut/"),
        ("[[permalinks]]\npattern = '/:year/:slug/'\ntarget.path = '/docs/**'", "posts/deep/tide-table.v2/"),
    ],
)
def test_addresses(tmp_path: Path, settings: str, path: str) -> None:
    """The path in lower case with blanks as hyphens, or what `permalinks` says for the section."""
    write(
        tmp_path,
        {
            "hugo.toml": CONFIG + settings,
            "content/posts/_index.md": "---\n---\n",
            "content/posts/deep/_index.md": "---\n---\n",
            "content/posts/deep/Tide Table.v2.md": matter(
                title="Über die Flut!", date="2024-01-31 23:30:00 -0500"
            ),
        },
    )
    (post,) = scan(tmp_path).posts
    assert post.url == "https://e.org/base/" + path.replace("ü", "%C3%BC")


def test_a_token_that_cannot_be_filled_gives_no_link(tmp_path: Path) -> None:
    """No link is better than a wrong one."""
    write(
        tmp_path,
        {
            "hugo.toml": CONFIG + "[permalinks]\nposts = '/:magic/:slug/'",
            "content/posts/a.md": matter(**DATED),
        },
    )
    assert posts(tmp_path)["content/posts/a.md"].url is None


def test_slug_and_url(tmp_path: Path) -> None:
    """`slug` is the last segment, `url` the whole path."""
    write(
        tmp_path,
        {
            "hugo.toml": CONFIG,
            "content/posts/a.md": matter(**DATED, slug="My Slug"),
            "content/posts/b.md": matter(**DATED, url="/own/place/"),
            "content/posts/c.md": matter(**DATED, url="own/c.html"),
        },
    )
    assert [(post.slug, post.url) for post in scan(tmp_path).posts] == [
        ("My Slug", "https://e.org/base/posts/my-slug/"),
        ("b", "https://e.org/base/own/place/"),
        ("c", "https://e.org/base/own/c.html"),
    ]


def test_dates(tmp_path: Path) -> None:
    """A post goes public by `publishDate`; addresses use `date`; keys in any case; a file name's date only if asked."""
    write(
        tmp_path,
        {
            "hugo.toml": CONFIG + "[permalinks]\nposts = '/:year/:slug/'",
            "content/posts/a.md": matter(title="A", date="2014-02-03", publishDate="2015-01-01"),
            "content/posts/b.md": '+++\ntitle = "B"\nDATE = 2024-05-06T10:00:00\n+++\nx',
            "content/posts/2024-03-04-c.md": matter(title="C"),
            "content/posts/d.md": matter(title="D", date="15 Oct 2023", expiryDate="2024-01-01"),
        },
    )
    found = {post.title: post for post in scan(tmp_path).posts}
    assert {title: post.published_at for title, post in found.items()} == {
        "A": datetime(2014, 12, 31, 23, tzinfo=UTC), "B": datetime(2024, 5, 6, 8, tzinfo=UTC),
        "C": datetime(2024, 3, 3, 23, tzinfo=UTC), "D": datetime(2023, 10, 14, 22, tzinfo=UTC),
    }  # fmt: skip
    assert found["A"].url == "https://e.org/base/2014/a/"
    assert found["D"].why_not_sendable(datetime(2024, 2, 1, tzinfo=UTC)) == "expired 2024-01-01 00:00 CET"


def test_what_is_held_back(tmp_path: Path) -> None:
    """Drafts, pages that are not rendered or not listed, and what a section hands down."""
    write(
        tmp_path,
        {
            "hugo.toml": CONFIG
            + "[[cascade]]\ntags = ['all']\n[cascade.target]\npath = '{/posts,/posts/**}'\n",
            "content/posts/a.md": matter(**DATED, draft="true"),
            "content/posts/b.md": matter(**DATED, headless="true"),
            "content/posts/c.md": matter(**DATED, _build="{render: never}"),
            "content/posts/d.md": matter(**DATED, build="{list: never}"),
            "content/posts/e.md": matter(**DATED, tags="[own]"),
            "content/posts/f.md": matter(**DATED),
            "content/wip/_index.md": "---\ncascade: {draft: true}\n---\n",
            "content/wip/g.md": matter(**DATED, draft="false"),
            "content/news/_index.md": "---\ncascade:\n- _target: {path: /news/x*}\n  draft: true\n- author: Ana\n---\n",
            "content/news/xa.md": matter(**DATED),
            "content/news/b.md": matter(**DATED),
        },
    )
    assert [(post.id, post.held_back, post.tags, post.authors) for post in scan(tmp_path).posts] == [
        ("news/b", None, (), ("Ana",)),
        ("news/xa", "draft", (), ("Ana",)),
        ("posts/a", "draft", ("all",), ()),
        ("posts/b", "headless", ("all",), ()),
        ("posts/c", "build.render: never", ("all",), ()),
        ("posts/d", "build.list: never", ("all",), ()),
        ("posts/e", None, ("own",), ()),
        ("posts/f", None, ("all",), ()),
        ("wip/g", "in a section that is a draft", (), ()),
    ]


LANGUAGES = 'defaultContentLanguage = "en"\n[languages.en]\nweight = 1\n[languages.fr]\nweight = 2\n'


def test_translations_by_file_name(tmp_path: Path) -> None:
    """One post in two languages is sent in the newsletter's; the other says whose translation it is."""
    write(
        tmp_path,
        {
            "hugo.toml": CONFIG + LANGUAGES,
            "content/posts/a.md": matter(**DATED),
            "content/posts/a.fr.md": matter(**DATED),
            "content/posts/b/index.md": matter(**DATED),
            "content/posts/b/index.fr.md": matter(**DATED),
            "content/posts/c.fr.md": matter(**DATED),
            "content/posts/d.v2.md": matter(**DATED),
        },
    )
    english = {path[14:]: (post.id, post.language, post.held_back) for path, post in posts(tmp_path).items()}
    assert english == {
        "a.fr.md": ("posts/a", "fr", "translation of content/posts/a.md"),
        "a.md": ("posts/a", "en", None),
        "b/index.fr.md": ("posts/b", "fr", "translation of content/posts/b/index.md"),
        "b/index.md": ("posts/b", "en", None),
        "c.fr.md": ("posts/c", "fr", None),
        "d.v2.md": ("posts/d.v2", "en", None),
    }
    french = posts(tmp_path, language="fr")
    assert french["content/posts/a.md"].held_back == "translation of content/posts/a.fr.md"
    assert french["content/posts/a.fr.md"].url == "https://e.org/base/fr/posts/a/"


def test_translations_by_folder(tmp_path: Path) -> None:
    """With a content folder for each language, the language is no part of identity or section."""
    folders = LANGUAGES.replace("weight = 1", "contentDir = 'content/en'").replace(
        "weight = 2", "contentDir = 'content/fr'"
    )
    files = {f"content/{code}/posts/a.md": matter(**DATED) for code in ("en", "fr")}
    write(tmp_path, {"hugo.toml": CONFIG + folders, **files})
    assert [(post.id, post.url, post.language) for post in scan(tmp_path).posts] == [
        ("posts/a", "https://e.org/base/posts/a/", "en"),
        ("posts/a", "https://e.org/base/fr/posts/a/", "fr"),
    ]


def test_settings_in_a_folder(tmp_path: Path) -> None:
    """config/_default with a file for each key, and config/production over it."""
    write(
        tmp_path,
        {
            "config/_default/hugo.toml": "baseURL = 'http://localhost'",
            "config/_default/permalinks.yaml": "posts: /p/:slug/",
            "config/production/hugo.toml": "BaseURL = 'https://e.org'",
            "content/posts/a.md": matter(**DATED),
        },
    )
    assert posts(tmp_path)["content/posts/a.md"].url == "https://e.org/p/t/"


def test_covers(tmp_path: Path) -> None:
    """The names that themes give it; what all posts inherit is no cover."""
    write(
        tmp_path,
        {
            "hugo.toml": CONFIG + "[cascade]\nimage = 'card.png'\n",
            "content/posts/a.md": matter(**DATED, cover="{image: a.png, alt: A boat}"),
            "content/posts/b.md": matter(**DATED, images="[b.png, c.png]"),
            "content/posts/c.md": matter(**DATED),
            "content/posts/d.md": matter(**DATED, featured_image="d.png"),
        },
    )
    assert [(post.cover, post.cover_alt) for post in scan(tmp_path).posts] == [
        ("a.png", "A boat"), ("b.png", ""), (None, ""), ("d.png", ""),
    ]  # fmt: skip
