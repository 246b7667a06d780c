"""Which generator a folder belongs to, and how its settings are read without running anything."""

from pathlib import Path

import pytest

from newsletter.content.reader import ContentFolder
from newsletter.errors import ContentError
from tests.folders import LONDON, matter, posts, scan, write

POST = matter(title="A", date="2024-01-31")


@pytest.mark.parametrize(
    ("generator", "settings", "folder"),
    [
        ("hugo", {"hugo.toml": 'baseURL = "https://e.org/"'}, "content"),
        ("hugo", {"config.toml": 'baseurl = "https://e.org/"'}, "content"),
        ("hugo", {"config.yaml": "baseURL: https://e.org"}, "content"),
        ("hugo", {"hugo.json": '{"baseURL": "https://e.org"}'}, "content"),
        ("hugo", {"config/_default/hugo.toml": 'baseURL = "https://e.org"'}, "content"),
        ("zola", {"config.toml": 'base_url = "https://e.org"'}, "content"),
        ("zola", {"zola.toml": 'base_url = "https://e.org"'}, "content"),
        ("jekyll", {"_config.yml": "url: https://e.org"}, "_posts"),
        ("jekyll", {"_config.toml": 'url = "https://e.org"'}, "_posts"),
        ("pelican", {"pelicanconf.py": "SITEURL = 'https://e.org'"}, "content"),
        (
            "eleventy",
            {"eleventy.config.js": "module.exports = {}", "_data/site.json": '{"url": "https://e.org"}'},
            "posts",
        ),
        ("eleventy", {".eleventy.js": "", "_data/metadata.json": '{"url": "https://e.org/"}'}, "posts"),
        ("astro", {"astro.config.mjs": 'export default {site: "https://e.org"}'}, "src/content/blog"),
    ],
)
def test_a_site_is_known_by_its_settings_file(
    tmp_path: Path, generator: str, settings: dict[str, str], folder: str
) -> None:
    """From the root of the site and from the folder of its posts, with the same identities and address."""
    head = POST if generator != "pelican" else "Title: A\nDate: 2024-01-31\n\nText\n"
    write(tmp_path, {**settings, f"{folder}/2024-01-31-a.md": head})
    from_root = ContentFolder(tmp_path, timezone=LONDON)
    from_posts = ContentFolder(tmp_path / folder, timezone=LONDON)
    assert (from_root.generator, from_root.url) == (generator, "https://e.org")
    assert (from_posts.generator, from_posts.url) == (generator, "https://e.org")
    (one,), (other,) = from_root.scan().posts, from_posts.scan().posts
    assert (one.id, one.url, one.published_at) == (other.id, other.url, other.published_at)
    assert (one.path, other.path) == (f"{folder}/2024-01-31-a.md", "2024-01-31-a.md")


def test_folders_without_settings(tmp_path: Path) -> None:
    """A `_posts` folder is Jekyll's, `.obsidian` a vault's, in the folder or above; all else is plain."""
    write(
        tmp_path,
        {"j/_posts/2024-01-31-a.md": POST, "o/.obsidian/app.json": "{}", "o/blog/a.md": POST, "p/a.md": POST},
    )
    found = {
        name: ContentFolder(tmp_path / name, timezone=LONDON).generator
        for name in ("j", "j/_posts", "o", "o/blog", "p")
    }
    assert found == {"j": "jekyll", "j/_posts": "jekyll", "o": "obsidian", "o/blog": "obsidian", "p": "plain"}


def test_what_is_above_a_repository_or_too_far_away_is_not_ours(tmp_path: Path) -> None:
    """The search ends at a repository, and three levels up."""
    write(
        tmp_path,
        {
            "hugo.toml": 'baseURL = "https://e.org"',
            "content/a/b/c/x.md": POST,
            "content/r/.git/HEAD": "",
            "content/r/x.md": POST,
        },
    )
    assert ContentFolder(tmp_path / "content/a/b", timezone=LONDON).generator == "hugo"
    assert ContentFolder(tmp_path / "content/a/b/c", timezone=LONDON).generator == "plain"
    assert ContentFolder(tmp_path / "content/r", timezone=LONDON).generator == "plain"


def test_a_folder_beside_the_generators_own_is_plain(tmp_path: Path) -> None:
    """A newsletter's posts may lie in the repository of a site without being that site's."""
    write(
        tmp_path,
        {
            "config.toml": 'base_url = "https://e.org"',
            "_config.yml": "url: https://e.org",
            "letters/a.md": POST,
        },
    )
    assert ContentFolder(tmp_path / "letters", timezone=LONDON).generator == "plain"


def test_hugo_wins_over_the_vault_in_its_content(tmp_path: Path) -> None:
    """Many write their Hugo posts with Obsidian."""
    write(tmp_path, {"hugo.toml": "", "content/.obsidian/app.json": "{}", "content/posts/a.md": POST})
    assert ContentFolder(tmp_path / "content/posts", timezone=LONDON).generator == "hugo"


def test_the_authors_address_wins_over_the_generators(tmp_path: Path) -> None:
    """`[content] url` is where the posts are, whatever the site's settings say."""
    write(
        tmp_path,
        {
            "config.toml": 'base_url = "http://localhost"',
            "content/a.md": '+++\ntitle = "A"\ndate = 2024-01-31\n+++\nx',
        },
    )
    assert posts(tmp_path, url="https://e.org/blog/")["content/a.md"].url == "https://e.org/blog/a/"


@pytest.mark.parametrize("url", ["/", "", "example.org", "ftp://e.org", "https://"])
def test_an_address_that_is_none_gives_no_links(tmp_path: Path, url: str) -> None:
    """No link is better than a wrong one."""
    write(tmp_path, {"hugo.toml": f'baseURL = "{url}"', "content/posts/a.md": POST})
    assert posts(tmp_path)["content/posts/a.md"].url is None


@pytest.mark.parametrize(
    ("file", "text", "place"),
    [
        ("hugo.toml", "baseURL = \n", "hugo.toml:1"),
        ("_config.yml", "a: b\nurl: 'x\n", "_config.yml:2"),
        ("hugo.json", "{\n]", "hugo.json:2"),
        ("pelicanconf.py", "PATH = 'content'\ndef (\n", "pelicanconf.py:2"),
        ("zola.toml", b"\xff", "zola.toml:1"),
        ("_config.yml", "a: [" * 2_000, "_config.yml"),
    ],
)
def test_broken_settings_stop_with_their_place(
    tmp_path: Path, file: str, text: str | bytes, place: str
) -> None:
    """Without its settings, every address of a site might be wrong."""
    write(tmp_path, {file: text, "content/a.md": POST})
    with pytest.raises(ContentError, match=place) as caught:
        ContentFolder(tmp_path, timezone=LONDON)
    assert caught.value.remedy


def test_no_program_in_a_folder_is_ever_run(tmp_path: Path) -> None:
    """Settings that are programs are looked at: literal values count, and nothing else happens."""
    witness = tmp_path / "witness"
    run = f"import pathlib; pathlib.Path({str(witness)!r}).touch()"
    write(
        tmp_path / "pelican",
        {
            "pelicanconf.py": f"{run}\nfrom os import environ\nSITEURL = 'https://draft.example'\nPATH = 'content'\n"
            "TIMEZONE = environ['TZ']\nARTICLE_URL = 'x' + 'y'\nPATTERN = '\\d'\n",
            "publishconf.py": "SITEURL = 'https://e.org'\n",
            "content/a.md": "Title: A\nDate: 2024-01-31\n\nx",
        },
    )
    (post,) = scan(tmp_path / "pelican").posts
    assert post.url == "https://e.org/a.html"
    for name in (".eleventy.js", "astro.config.mjs"):
        site = tmp_path / name.strip(".")
        write(
            site,
            {
                name: f"require('fs').writeFileSync({str(witness)!r}, '')",
                "posts/a.md": POST,
                "src/content/b/a.md": POST,
            },
        )
        assert len(scan(site).posts) == 1
    assert not witness.exists()


def test_a_site_without_content_is_an_error(tmp_path: Path) -> None:
    """A Hugo site whose content folder is missing is told so, rather than taken for an empty one."""
    write(tmp_path, {"hugo.toml": "contentDir = 'texts'"})
    with pytest.raises(ContentError, match="texts"):
        ContentFolder(tmp_path, timezone=LONDON)
