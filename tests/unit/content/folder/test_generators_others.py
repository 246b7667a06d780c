"""Eleventy, Astro, Obsidian, and the folder that belongs to no generator."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.folders import kinds, matter, posts, problem, scan, write

DATED = {"title": "T", "date": "2024-01-31"}


def test_eleventy_posts_are_dated_and_marked(tmp_path: Path) -> None:
    """By a folder or a tag; the folder's data file hands down fields, and tags are joined (as in Eleventy 3.1)."""
    write(
        tmp_path,
        {
            "eleventy.config.js": 'module.exports = () => ({dir: {input: "src", output: "_site"}})',
            "src/_data/site.json": '{"url": "https://e.org"}',
            "src/_includes/blog/x.md": matter(**DATED),
            "src/node_modules/blog/x.md": matter(**DATED),
            "src/about.md": matter(**DATED),
            "src/notes/marked.md": matter(**DATED, tags="post"),
            "src/blog/blog.json": '{"tags": ["posts", "inherited"], "author": "Ana"}',
            "src/blog/2018-01-01-dated.md": matter(title="Dated"),
            "src/blog/blog.md": matter(**DATED),
            "src/blog/sub/index.md": matter(**DATED),
            "src/blog/UPPER Name.md": matter(**DATED, tags="two words"),
            "src/blog/perm.md": matter(**DATED, permalink="/own/{{ page.fileSlug }}/"),
            "src/blog/lost.md": matter(**DATED, permalink="'/{{ title | slugify }}/'"),
            "src/blog/never.md": matter(**DATED, permalink="false"),
            "src/blog/excluded.md": matter(**DATED, eleventyExcludeFromCollections="true"),
            "src/blog/builder.md": matter(title="B", date="git Last Modified"),
            "src/package.json": "{}",
        },
    )
    found = scan(tmp_path)
    assert [(post.path[4:], (post.url or "")[13:], post.tags, post.held_back) for post in found.posts] == [
        ("blog/2018-01-01-dated.md", "/blog/2018-01-01-dated/", ("inherited",), None),
        ("blog/UPPER Name.md", "/blog/UPPER%20Name/", ("inherited", "two words"), None),
        ("blog/blog.md", "/blog/", ("inherited",), None),
        ("blog/builder.md", "/blog/builder/", ("inherited",), None),
        ("blog/excluded.md", "/blog/excluded/", ("inherited",), "eleventyExcludeFromCollections"),
        ("blog/lost.md", "", ("inherited",), None),
        ("blog/never.md", "", ("inherited",), "permalink: false"),
        ("blog/perm.md", "/own/perm/", ("inherited",), None),
        ("blog/sub/index.md", "/blog/sub/", ("inherited",), None),
        ("notes/marked.md", "/notes/marked/", (), None),
    ]
    assert kinds(found) == [("src/blog/builder.md", 3, "date")]
    assert {post.authors for post in found.posts} == {("Ana",), ()}


def test_astro_collections_and_pages(tmp_path: Path) -> None:
    """An entry has an address where a route of its collection's name exists; pages have their own."""
    write(
        tmp_path,
        {
            "astro.config.mjs": "export default defineConfig({site: 'https://e.org', base: '/base', "
            "i18n: {defaultLocale: 'en', locales: ['en', 'fr']}})",
            "src/pages/blog/[...slug].astro": "",
            "src/pages/posts/first.md": matter(title="P", pubDate="2024-01-31"),
            "src/content/blog/Tide Table!.mdx": matter(title="A", pubDate="Jan 31 2024", heroImage="./a.png"),
            "src/content/blog/b/index.md": matter(title="B", pubDate="2024-01-31", draft="true"),
            "src/content/blog/fr/c.md": matter(title="C", pubDate="2024-01-31"),
            "src/content/blog/en/c.md": matter(title="C", pubDate="2024-01-31"),
            "src/content/notes/d.md": matter(title="D", date="2024-01-31"),
            "src/content/blog/undated.md": matter(title="U"),
            "src/components/e.md": matter(**DATED),
        },
    )
    found = scan(tmp_path)
    assert [(post.id, (post.url or "")[13:], post.language, post.held_back) for post in found.posts] == [
        ("content/blog/Tide Table!", "/base/blog/tide-table/", "en", None),
        ("content/blog/b", "/base/blog/b/", "en", "draft"),
        ("content/blog/c", "/base/blog/en/c/", "en", None),
        ("content/blog/c", "/base/blog/fr/c/", "fr", "translation of src/content/blog/en/c.md"),
        ("content/blog/undated", "/base/blog/undated/", "en", None),
        ("content/notes/d", "", "en", None),
        ("pages/posts/first", "/base/posts/first/", "en", None),
    ]
    assert kinds(found) == [("src/content/blog/undated.md", 1, "no-date")]
    assert found.posts[0].cover == "./a.png"


def test_obsidian_notes(tmp_path: Path) -> None:
    """Every dated note, but templates, what is marked otherwise, and the diary; titles are file names."""
    write(
        tmp_path,
        {
            ".obsidian/templates.json": '{"folder": "My Templates"}',
            ".trash/x.md": matter(**DATED),
            "My Templates/x.md": matter(**DATED),
            "Templates/x.md": matter(**DATED),
            "Blog/A walk.md": matter(
                "Text #sea `#code` [a](#b) #2024 #in/nested\n\n```\n#no\n```", date="2024-01-31", tags="[sky]"
            ),
            "Blog/2024-02-01 B.md": matter(publish="false"),
            "Blog/2024-02-02.md": matter(),
            "Blog/2024-02-03.md": matter(publish="true"),
            "Blog/undated.md": "Text",
            "Ideas/idea.md": "Text",
        },
    )
    found = scan(tmp_path, url="https://e.org")
    assert [(post.title, post.url, post.tags, post.held_back) for post in found.posts] == [
        ("B", "https://e.org/Blog/2024-02-01+B", (), "publish: false"),
        ("2024-02-02", "https://e.org/Blog/2024-02-02", (), "a daily note"),
        ("2024-02-03", "https://e.org/Blog/2024-02-03", (), None),
        ("A walk", "https://e.org/Blog/A+walk", ("sky", "sea", "in/nested"), None),
        ("undated", "https://e.org/Blog/undated", (), None),
    ]
    assert kinds(found) == [("Blog/undated.md", 1, "no-date")]


def test_a_plain_folder(tmp_path: Path) -> None:
    """Every Markdown file; the title may be a heading; the folder's own papers are no posts."""
    write(
        tmp_path,
        {
            "README.md": "About this folder",
            "node_modules/x.md": matter(**DATED),
            ".hidden/x.md": matter(**DATED),
            "2024-01-31-a.md": "# A *day* at [sea](x.md) #\n\nText",
            "sub/b.MD": matter(title="B", created="2024-01-31"),
            "c.md": '{"title": "C", "date": "2024-01-31", "permalink": "/c.html"}\nText',
            "d.txt": "Text",
            "2024-01-31-e.md": "Text without a heading",
        },
    )
    found = scan(tmp_path, url="https://e.org")
    assert [(post.id, post.title, post.url, post.held_back) for post in found.posts] == [
        ("a", "A day at sea", None, None), ("e", "E", None, "no title"),
        ("c", "C", "https://e.org/c.html", None), ("sub/b", "B", None, None),
    ]  # fmt: skip
    assert kinds(found) == [("2024-01-31-e.md", None, "no-title")]


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"draft": "true"}, "draft"),
        ({"draft": "yes"}, "draft"),
        ({"draft": "until Friday"}, "draft"),
        ({"draft": "false"}, None),
        ({"draft": ""}, None),
        ({"published": "false"}, "published: false"),
        ({"published": "2024-01-31"}, None),
        ({"publish": "no"}, "publish: false"),
        ({"newsletter": "false"}, "newsletter: false"),
        ({"email": "false"}, "email: false"),
        ({"email": "ana@example.com"}, None),
        ({"status": "Draft"}, "status: draft"),
        ({"status": "published"}, None),
    ],
)
def test_reasons_to_hold_a_post_back(tmp_path: Path, fields: dict[str, str], reason: str | None) -> None:
    """One rule set for all generators."""
    write(tmp_path, {"a.md": matter(**DATED, **fields)})
    assert posts(tmp_path)["a.md"].held_back == reason


def test_the_order_of_dates(tmp_path: Path) -> None:
    """The day of publication before the day of writing; a field that is no date is passed over, and told."""
    write(
        tmp_path,
        {
            "a.md": matter(title="A", date="2024-01-01", publishDate="2024-02-01", created="2023-01-01"),
            "b.md": matter(title="B", published="true", created="2024-03-01"),
            "2024-04-01-c.md": matter(title="C", date="soon"),
            "d.md": matter(title="D", date="01/02/2024"),
            "2024/05/06/e.md": matter(title="E"),
        },
    )
    found = scan(tmp_path)
    assert {post.title: post.published_at and f"{post.published_at:%m-%d}" for post in found.posts} == {
        "A": "02-01", "B": "03-01", "C": "04-01", "D": None, "E": "05-06",
    }  # fmt: skip
    assert kinds(found) == [("2024-04-01-c.md", 3, "date"), ("d.md", 3, "date")]


def test_identity_survives_a_new_date_language_or_extension(tmp_path: Path) -> None:
    """An id in the front matter, else the path without date, extension and language."""
    names = [
        "posts/2024-01-31-a.md",
        "posts/b.fr.md",
        "c/index.md",
        "2024/01/31/d.markdown",
        "2024-01-31.md",
        "crates.io.md",
    ]
    write(tmp_path, {name: matter(**DATED) for name in names} | {"e.md": matter(**DATED, guid="urn:e")})
    assert {post.id for post in scan(tmp_path).posts} == {
        "posts/a", "posts/b", "c", "d", "2024-01-31", "crates.io", "urn:e",
    }  # fmt: skip


def test_times_are_shown_in_the_sites_zone(tmp_path: Path) -> None:
    """So that an author sees the resolved instant."""
    write(tmp_path, {"a.md": matter(title="A", date="2024-07-01 10:00")})
    post = posts(tmp_path)["a.md"]
    assert post.published_at == datetime(2024, 7, 1, 9, tzinfo=UTC)
    assert post.why_not_sendable(datetime(2024, 6, 1, tzinfo=UTC)) == "not before 2024-07-01 10:00 BST"


def test_a_title_is_one_clean_line(tmp_path: Path) -> None:
    """No line break or control character of a title can reach a mail's header."""
    write(
        tmp_path, {"a.md": '---\ntitle: "A\\r\\nBcc: x\\u202e\\0\\u001b[1m"\ndate: 2024-01-31\n---\nText\n'}
    )
    assert posts(tmp_path)["a.md"].title == "A Bcc: x[1m"


def test_an_empty_post_is_told(tmp_path: Path) -> None:
    """There is nothing in it to send."""
    write(tmp_path, {"a.md": matter("", **DATED)})
    assert problem(scan(tmp_path), "empty").severity == "warning"
