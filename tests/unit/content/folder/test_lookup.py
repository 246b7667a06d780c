"""Where the references in a post lead, for each generator."""

from pathlib import Path

import pytest

from newsletter.content.folder.boundaries import read_picture
from newsletter.content.folder.lookup import FolderReferences
from newsletter.content.reader import ContentFolder
from tests.folders import LONDON, matter, write

PICTURE = b"\x89PNG\r\n\x1a\n"
DATED = {"title": "T", "date": "2024-01-31"}
ZOLA = '+++\ntitle = "T"\ndate = 2024-01-31\n+++\n\nText\n'
PELICAN = "Title: {}\nDate: 2024-01-31\n\nText\n"


def references(root: Path, path: str, url: str | None = None) -> FolderReferences:
    folder = ContentFolder(root, url=url, timezone=LONDON)
    (post,) = [post for post in folder.scan().posts if post.path == path]
    return folder.references(post)


def test_zola(tmp_path: Path) -> None:
    """`@/` names a file of the content folder, also one that is no post; pictures lie beside or in static/."""
    files: dict[str, str | bytes] = {
        "config.toml": 'base_url = "https://e.org"',
        "content/blog/_index.md": ZOLA,
        "content/blog/a/index.md": ZOLA.replace("date", 'path = "2024/01/31/a"\ndate'),
        "content/blog/a/pic one.png": PICTURE,
        "content/blog/b.md": ZOLA,
        "content/about.md": '+++\ntitle = "About"\n+++\nText',
        "static/s.png": PICTURE,
    }
    site = write(tmp_path, files)
    here = references(site, "content/blog/a/index.md")
    assert here.page("@/blog/b.md#top") == "https://e.org/blog/b/#top"
    assert here.page("@/about.md") == "https://e.org/about/"
    assert here.page("@/blog/_index.md") == "https://e.org/blog/"
    assert here.page("@/missing.md") is None
    assert here.link("@/blog/b.md") == "https://e.org/blog/b/"
    assert here.link("../b/") == "https://e.org/2024/01/31/b/"
    assert here.link("/x?y#z") == "https://e.org/x?y#z"
    assert here.link("#top") == "https://e.org/2024/01/31/a/#top"
    assert here.link("mailto:a@b.org") == "mailto:a@b.org"
    assert here.link("//cdn.org/x") == "https://cdn.org/x"
    assert here.image("pic one.png") == "https://e.org/2024/01/31/a/pic one.png"
    write(tmp_path, {"config.toml": 'base_url = "/"'})
    unknown = references(site, "content/blog/a/index.md")
    assert unknown.image("pic%20one.png?v=1") == tmp_path / "content/blog/a/pic one.png"
    assert unknown.image("/s.png") == tmp_path / "static/s.png"
    assert unknown.image("https://x.org/a.png") == "https://x.org/a.png"
    assert (unknown.link("/x"), unknown.link("b/"), unknown.page("@/blog/b.md"), unknown.image("x.png")) == (
        None,
    ) * 4


def test_jekyll(tmp_path: Path) -> None:
    """`post_url` by name with date, `link` by path, also for files; the site's own path comes before `/`."""
    site = write(
        tmp_path,
        {
            "_config.yml": "url: https://e.org\nbaseurl: /base\npermalink: pretty\n",
            "_posts/2024-01-31-a.md": matter(),
            "_posts/deep/2024-01-31-b.md": matter(),
            "assets/c.pdf": b"%PDF",
        },
    )
    here = references(site, "_posts/2024-01-31-a.md")
    assert here.page("2024-01-31-b") == "https://e.org/base/2024/01/31/b/"
    assert here.page("deep/2024-01-31-b") == "https://e.org/base/2024/01/31/b/"
    assert here.page("_posts/deep/2024-01-31-b.md#x") == "https://e.org/base/2024/01/31/b/#x"
    assert here.page("assets/c.pdf") == "https://e.org/base/assets/c.pdf"
    assert here.page("2020-01-01-none") is None
    assert here.link("/about/") == "https://e.org/base/about/"
    assert here.link("/base/about/") == "https://e.org/base/about/"
    assert here.image("/assets/a.png") == "https://e.org/base/assets/a.png"


def test_hugo(tmp_path: Path) -> None:
    """`ref` by path from the top, beside the post, without extension, or by name alone."""
    site = write(
        tmp_path,
        {
            "hugo.toml": "baseURL = 'https://e.org'",
            "content/posts/a.md": matter(**DATED),
            "content/posts/b/index.md": matter(**DATED),
            "content/notes/c.md": matter(**DATED),
        },
    )
    here = references(site, "content/posts/a.md")
    assert [here.page(name) for name in ("b", "b/index.md", "/posts/b", "posts/b", "../posts/b", "./b")] == [
        "https://e.org/posts/b/"
    ] * 6
    assert here.page("c.md#x") == here.page("/notes/c.md#x") == "https://e.org/notes/c/#x"
    assert here.link("../notes/c.md?a#x") == "https://e.org/notes/c/?a#x"
    assert here.link("../../../etc/passwd.md") == "https://e.org/etc/passwd.md"
    assert here.page("../../x") is None


def test_pelican(tmp_path: Path) -> None:
    """`{filename}`, `{static}`, `{attach}` and the pages of tags, categories and authors."""
    site = write(
        tmp_path,
        {
            "pelicanconf.py": "SITEURL = 'https://e.org'\nTAG_URL = 't/{slug}/'\nARTICLE_URL = 'p/{slug}.html'\n",
            "content/sub/a.md": PELICAN.format("A"),
            "content/b.md": PELICAN.format("B"),
            "content/sub/pic.png": PICTURE,
            "content/images/i.png": PICTURE,
        },
    )
    here = references(site, "content/sub/a.md")
    assert here.page("{filename}../b.md#x") == here.link("{filename}/b.md#x") == "https://e.org/p/b.html#x"
    assert here.page("|filename|../b.md") == "https://e.org/p/b.html"
    assert here.page("{tag}Big News") == "https://e.org/t/big-news/"
    assert here.page("{category}misc") == "https://e.org/category/misc.html"
    assert here.page("{index}") == "https://e.org/"
    assert here.image("{static}/images/i.png") == "https://e.org/images/i.png"
    assert here.image("{static}pic.png") == "https://e.org/sub/pic.png"
    assert here.image("{attach}pic.png") == "https://e.org/p/pic.png"
    assert here.page("{filename}none.md") is None


def test_obsidian(tmp_path: Path) -> None:
    """Notes by name wherever they are, pictures by name anywhere in the vault; both in any letter case."""
    site = write(
        tmp_path,
        {
            ".obsidian/app.json": "{}",
            ".obsidian/hidden.png": PICTURE,
            "Blog/A.md": matter(**DATED),
            "Deep/Er/My Note.md": matter(**DATED),
            "Files/Pic.png": PICTURE,
            "Files/x/deep.png": PICTURE,
        },
    )
    here = references(site, "Blog/A.md", "https://e.org")
    assert here.page("my note#Head") == "https://e.org/Deep/Er/My+Note#Head"
    assert here.page("Deep/Er/My Note") == "https://e.org/Deep/Er/My+Note"
    assert here.page("Nowhere") is None
    assert here.image("pic.png") == tmp_path / "Files/Pic.png"
    assert here.image("x/deep.png") == tmp_path / "Files/x/deep.png"
    assert here.image("y/deep.png") == "https://e.org/Blog/y/deep.png"
    assert here.image("hidden.png") != tmp_path / ".obsidian/hidden.png"


def test_pictures_whose_public_name_is_unknown_travel_along(tmp_path: Path) -> None:
    """Astro gives pictures in src/ a hashed name; those in public/ keep theirs."""
    site = write(
        tmp_path,
        {
            "astro.config.mjs": "export default {site: 'https://e.org'}",
            "src/pages/blog/[slug].astro": "",
            "src/content/blog/a.md": matter(**DATED),
            "src/content/blog/p.png": PICTURE,
        },
    )
    here = references(site, "src/content/blog/a.md")
    assert here.image("./p.png") == tmp_path / "src/content/blog/p.png"
    assert here.image("/q.png") == "https://e.org/q.png"


def test_a_plain_folder(tmp_path: Path) -> None:
    """Without a site, pictures are files and links lead nowhere; with one, links from the top are known."""
    site = write(
        tmp_path,
        {
            "sub/a.md": matter(**DATED),
            "sub/p.png": PICTURE,
            "top.png": PICTURE,
            "b.md": matter(**DATED, url="/b/"),
        },
    )
    bare = references(site, "sub/a.md")
    assert (bare.image("p.png"), bare.image("/top.png")) == (tmp_path / "sub/p.png", tmp_path / "top.png")
    assert (bare.link("../b.md"), bare.link("/x"), bare.page("b")) == (None, None, None)
    known = references(site, "sub/a.md", "https://e.org")
    assert (known.link("../b.md"), known.link("/x"), known.page("b")) == (
        "https://e.org/b/",
        "https://e.org/x",
        "https://e.org/b/",
    )
    assert (known.image("p.png"), known.image("/top.png")) == (
        tmp_path / "sub/p.png",
        "https://e.org/top.png",
    )


@pytest.mark.parametrize(
    "src",
    ["../outside/secret.png", "%2e%2e/outside/secret.png", "link.png", "linked/secret.png", "/../outside/secret.png",
     "/etc/passwd", "a.md", "loop.png", "folder.png", "a\0b.png", "x" * 5000 + ".png", "file:///etc/passwd", "data:,x"],
)  # fmt: skip
def test_nothing_outside_the_folder_is_a_picture(tmp_path: Path, src: str) -> None:
    """Neither `..` nor a link leads out, and only pictures are pictures."""
    site = write(tmp_path / "site", {"a.md": matter(**DATED)})
    secret = write(tmp_path / "outside", {"secret.png": PICTURE}) / "secret.png"
    (site / "link.png").symlink_to(secret)
    (site / "linked").symlink_to(tmp_path / "outside")
    (site / "loop.png").symlink_to(site / "loop.png")
    (site / "folder.png").mkdir()
    assert references(site, "a.md").image(src) is None
    assert read_picture(site / src, [site]) is None


def test_a_picture_is_read_within_measure(tmp_path: Path) -> None:
    """Its bytes, or None for what is larger than any mail may be."""
    write(tmp_path, {"a.png": PICTURE})
    with (tmp_path / "huge.png").open("wb") as file:
        file.truncate(11_000_000)
    assert read_picture(tmp_path / "a.png", [tmp_path]) == PICTURE
    assert read_picture(tmp_path / "huge.png", [tmp_path]) is None
    assert read_picture(tmp_path / "none.png", [tmp_path]) is None
