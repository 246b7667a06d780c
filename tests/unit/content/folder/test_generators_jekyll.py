"""Jekyll's rules; tests/contract holds them to Jekyll itself."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from newsletter.content.reader import ContentFolder
from tests.folders import LONDON, kinds, matter, posts, scan, write

CONFIG = "url: https://e.org\nbaseurl: /base\ntimezone: Europe/Berlin\n"


def test_only_dated_files_of_posts_folders_are_posts(tmp_path: Path) -> None:
    """Drafts, pages, other collections and excluded folders are none; a file in another markup is reported."""
    write(
        tmp_path,
        {
            "_config.yml": CONFIG + "exclude: [old]\n",
            "_posts/2024-01-31-a.md": matter(),
            "_posts/deep/2024-01-31-b.markdown": matter(),
            "tech/_posts/2024-01-31-c.md": matter(),
            "_posts/undated.md": matter(),
            "_posts/2024-01-31-t.textile": matter(),
            "_drafts/d.md": matter(),
            "_docs/2024-01-31-e.md": matter(),
            "old/_posts/2024-01-31-f.md": matter(),
            "about.md": matter(),
        },
    )
    found = scan(tmp_path)
    assert [post.id for post in found.posts] == ["a", "b", "tech/c"]
    assert kinds(found) == [("_posts/2024-01-31-t.textile", None, "format")]


@pytest.mark.parametrize(
    ("permalink", "path"),
    [
        ("", "/misc/two/2024/01/31/tide-table.v2.html"),
        ("date", "/misc/two/2024/01/31/tide-table.v2.html"),
        ("pretty", "/misc/two/2024/01/31/tide-table.v2/"),
        ("ordinal", "/misc/two/2024/031/tide-table.v2.html"),
        ("weekdate", "/misc/two/2024/W05/Wed/tide-table.v2.html"),
        ("none", "/misc/two/tide-table.v2.html"),
        ("/:short_year/:i_month/:i_day/:slug", "/24/1/31/tide-table-v2"),
        ("/:long_month/:short_month/:y_day-:title/", "/January/Jan/031-tide-table.v2/"),
        ("/:collection/:slugified_categories/:title:output_ext", "/posts/misc/two/tide-table.v2.html"),
    ],
)
def test_permalink_styles_and_patterns(tmp_path: Path, permalink: str, path: str) -> None:
    """The site's setting, in words or as a pattern."""
    setting = f"permalink: {permalink}\n" if permalink else ""
    write(
        tmp_path,
        {
            "_config.yml": CONFIG + setting,
            "_posts/2024-01-31-tide table.v2.md": matter(categories="Misc Two"),
        },
    )
    (post,) = scan(tmp_path).posts
    assert post.url == f"https://e.org/base{path}"


def test_the_collections_permalink_and_the_posts_own_win(tmp_path: Path) -> None:
    """A post's own permalink, then that of the collection, then the site's."""
    write(
        tmp_path,
        {
            "_config.yml": "url: https://e.org\npermalink: pretty\n"
            "collections: {posts: {permalink: '/news/:title/'}}\n",
            "_posts/2024-01-31-a.md": matter(),
            "_posts/2024-01-31-b.md": matter(permalink="/own/:year/"),
        },
    )
    assert [post.url for post in scan(tmp_path).posts] == ["https://e.org/news/a/", "https://e.org/own/2024/"]


def test_dates_are_in_the_sites_zone_and_unquoted_times_in_utc(tmp_path: Path) -> None:
    """The address has the day that it is in the site's zone, as Jekyll has it."""
    write(
        tmp_path,
        {
            "_config.yml": CONFIG,
            "_posts/2024-02-02-bare.md": matter(),
            "_posts/2024-02-02-zone.md": matter(date="2024-02-02 23:30:00 -0500"),
            "_posts/2024-02-02-yaml.md": matter(date="2024-02-02 23:30:00"),
            "_posts/2024-02-02-quoted.md": matter(date='"2024-02-02 23:30:00"'),
            "_posts/2024-02-02-rest.md": matter(date="2024-02-02 23:30:00 2024 -0500"),
            "_posts/24-2-5-short.md": matter(),
        },
    )
    found = scan(tmp_path)
    moments = {post.id: (post.published_at, (post.url or "")[19:29]) for post in found.posts}
    assert moments == {
        "bare": (datetime(2024, 2, 1, 23, tzinfo=UTC), "2024/02/02"),
        "zone": (datetime(2024, 2, 3, 4, 30, tzinfo=UTC), "2024/02/03"),
        "yaml": (datetime(2024, 2, 2, 23, 30, tzinfo=UTC), "2024/02/03"),
        "quoted": (datetime(2024, 2, 2, 22, 30, tzinfo=UTC), "2024/02/02"),
        "rest": (datetime(2024, 2, 2, 22, 30, tzinfo=UTC), "2024/02/02"),
        "short": (datetime(2024, 2, 4, 23, tzinfo=UTC), "2024/02/05"),
    }
    assert kinds(found) == [("_posts/2024-02-02-rest.md", 2, "date")]


def test_defaults_by_path_and_type(tmp_path: Path) -> None:
    """The longer path wins, a post's own field wins over all, categories are joined, and a card is no cover."""
    write(
        tmp_path,
        {
            "_config.yml": "defaults:\n"
            "- {scope: {path: ''}, values: {author: Site, image: /card.png, published: true}}\n"
            "- {scope: {path: tech, type: posts}, values: {author: Tech, categories: [gadgets]}}\n"
            "- {scope: {path: '_posts/2023-*'}, values: {published: false}}\n"
            "- {scope: {path: '', type: pages}, values: {author: Nobody}}\n",
            "_posts/2024-01-31-a.md": matter(image="/own.png"),
            "_posts/2023-01-31-old.md": matter(),
            "tech/_posts/2024-01-31-b.md": matter(categories="phones"),
            "tech/_posts/2024-01-31-c.md": matter(author="Me"),
        },
    )
    found = posts(tmp_path)
    assert [(post.authors, post.cover) for post in found.values()] == [
        (("Site",), None), (("Site",), "/own.png"), (("Tech",), None), (("Me",), None),
    ]  # fmt: skip
    assert found["_posts/2023-01-31-old.md"].held_back == "published: false"
    assert found["tech/_posts/2024-01-31-b.md"].tags == ("tech", "gadgets", "phones")


def test_titles_tags_and_what_is_held_back(tmp_path: Path) -> None:
    """A title is made of the file name, tags are parted by blanks, and `draft` holds back though Jekyll shows it."""
    write(
        tmp_path,
        {
            "_posts/2024-01-31-a-day-out.md": matter(tags="sea sky", category="Out Door"),
            "_posts/2024-01-31-b.md": matter(title="No", tags="[a b, c]", draft="true"),
            "_posts/2024-01-31-c.md": "No front matter, which Jekyll publishes nevertheless.",
        },
    )
    assert [(post.title, post.tags, post.held_back) for post in scan(tmp_path).posts] == [
        ("A Day Out", ("sea", "sky", "Out Door"), None),
        ("No", ("a b", "c"), "draft"),
        ("C", (), None),
    ]


def test_plain_values_of_the_settings_are_put_in(tmp_path: Path) -> None:
    """`site.repository` is no program, but a word of _config.yml; between raw tags it is meant to be read."""
    body = "See {{ site.repository }}/issues and {{site.secret.key}}.\n\n{% raw %}{{ site.repository }}{% endraw %}"
    write(tmp_path, {"_config.yml": "repository: https://e.org/r\n", "_posts/2024-01-31-a.md": matter(body)})
    content = ContentFolder(tmp_path, timezone=LONDON)
    (post,) = content.scan().posts
    text = content.load(post).text
    assert "See https://e.org/r/issues and" in text
    assert "{{ site.repository }}" in text
    assert kinds(content.scan()) == [("_posts/2024-01-31-a.md", 4, "liquid")]


def test_pages_and_collections_have_addresses_too(tmp_path: Path) -> None:
    """For links from posts: `link` may name them."""
    site = write(
        tmp_path,
        {
            "_config.yml": "url: https://e.org\n"
            "collections: {docs: {output: true, permalink: '/:collection/:path/'}, x: {}}\n",
            "_posts/2024-01-31-a.md": matter(),
            "_docs/deep/history.md": matter(),
            "_docs/own.md": matter(permalink="/own/"),
            "_x/hidden.md": matter(),
            "about.md": matter(),
            "help/index.md": matter(),
        },
    )
    content = ContentFolder(site, timezone=LONDON)
    here = content.references(content.scan().posts[0])
    names = ("_docs/deep/history.md", "_docs/own.md", "_x/hidden.md", "about.md", "help/index.md")
    assert [here.page(name) for name in names] == [
        "https://e.org/docs/deep/history/", "https://e.org/own/", None, "https://e.org/about.html", "https://e.org/help/",
    ]  # fmt: skip
