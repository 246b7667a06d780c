"""Two real blogs, read as their generators would: every post, none lost, with its date and address."""

import hashlib
import re
import shutil
import tomllib
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from newsletter.content.post import Post
from newsletter.content.reader import ContentFolder, Scan
from tests.corpora import at_hand

LOS_ANGELES = ZoneInfo("America/Los_Angeles")
#: SHA-256 over `path|address|UTC date` of every post, sorted, as Jekyll 4.3.1 listed them itself.
JEKYLLS_OWN_LIST = "f4abbb9cfe78ab2133bb9ea4f91ac7e112d831aa2df11fb1cfcbe00ffd5c47bb"


def folder(name: str, *, url: str | None = None) -> ContentFolder:
    return ContentFolder(at_hand(f"content/{name}"), url=url, timezone=ZoneInfo("UTC"))


@pytest.fixture(scope="module")
def jekyll() -> Scan:
    """The posts of a Jekyll site."""
    return folder("jekyll").scan()


@pytest.fixture(scope="module")
def zola() -> Scan:
    """The posts of a Zola blog with two sections."""
    return folder("zola").scan()


def sendable(scan: Scan) -> list[Post]:
    return [post for post in scan.posts if post.why_not_sendable(datetime(2027, 1, 1, tzinfo=UTC)) is None]


def test_all_posts_of_the_jekyll_site_are_read(jekyll: Scan) -> None:
    """One post for each of the 102 files, all sendable, no two with one id."""
    root = at_hand("content/jekyll")
    files = sorted(f"_posts/{path.name}" for path in (root / "_posts").iterdir())
    assert len(files) == 102
    assert [post.path for post in jekyll.posts] == files
    assert len(sendable(jekyll)) == 102
    assert all(post.title and post.tags for post in jekyll.posts)


def test_dates_and_addresses_are_those_that_jekyll_gives(jekyll: Scan) -> None:
    """Held to the list that Jekyll itself made of this site."""
    lines = [
        f"{post.path}|{post.url}|{post.published_at.astimezone(UTC).isoformat()}\n"
        for post in jekyll.posts
        if post.published_at
    ]
    assert hashlib.sha256("".join(sorted(lines)).encode()).hexdigest() == JEKYLLS_OWN_LIST


def test_dates_and_addresses_follow_from_the_files(jekyll: Scan) -> None:
    """The same once more by other means: the `date:` line, else the file name, in Los Angeles."""
    root = at_hand("content/jekyll")
    for post in jekyll.posts:
        moment = expected_moment(root / post.path)
        local = moment.astimezone(LOS_ANGELES)
        slug = re.sub(r"^_posts/\d{4}-\d\d-\d\d-|\.\w+$", "", post.path)
        assert (post.published_at, post.url) == (
            moment,
            f"https://jekyllrb.com/news/{local:%Y/%m/%d}/{slug}/",
        ), post.path


def expected_moment(path: Path) -> datetime:
    line = re.search(
        r'^date: *"?(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)(?: 2023)? ([+-]\d{4})"?$', path.read_text(), re.MULTILINE
    )
    if line is None:
        return datetime.fromisoformat(path.name[:10]).replace(tzinfo=LOS_ANGELES)
    return datetime.strptime(f"{line[1]} {line[2]}", "%Y-%m-%d %H:%M:%S %z")


def test_the_one_date_that_is_out_of_order_is_told(jekyll: Scan) -> None:
    """A year too many stands in it; Jekyll reads the beginning, in the site's zone, and so do we."""
    (told,) = [problem for problem in jekyll.problems if problem.kind == "date"]
    assert (told.path, told.line) == ("_posts/2023-01-29-jekyll-3-9-3-released.markdown", 3)


def test_all_posts_of_both_sections_of_the_zola_blog_are_read(zola: Scan) -> None:
    """One post for each file, but the pages of sections and the page that only lists releases."""
    root = at_hand("content/zola")
    files = {path.relative_to(root).as_posix() for path in (root / "content").rglob("*.md")}
    pages = {path for path in files if path.endswith("/_index.md")} | {"content/releases/latest.md"}
    assert {post.path for post in zola.posts} == files - pages
    assert len(sendable(zola)) == len(files) - len(pages) == 742
    sections = {post.path.split("/")[1] == "inside-rust" for post in zola.posts}
    assert sections == {True, False}
    assert len({post.id for post in zola.posts}) == 742


def test_dates_and_addresses_of_the_zola_blog_come_from_its_paths(zola: Scan) -> None:
    """`path` in the front matter holds both; files such as `roadmap@0.md` differ from it by name."""
    root = at_hand("content/zola")
    for post in zola.posts:
        fields = tomllib.loads((root / post.path).read_text().split("+++")[1])
        year, month, day = map(int, re.findall(r"\d+", fields["path"].removeprefix("inside-rust/"))[:3])
        assert post.published_at == datetime(year, month, day, tzinfo=UTC), post.path
        assert post.url == f"https://blog.rust-lang.org/{fields['path']}/"
        assert (post.title, post.authors) == (fields["title"], tuple(fields.get("authors", ())))
    assert {"roadmap@0", "roadmap@1"} <= {post.id for post in zola.posts}


def test_the_pictures_of_page_bundles_are_found(zola: Scan, tmp_path: Path) -> None:
    """Every picture beside an index.md: by its address, or as a file where no site is known."""
    root = at_hand("content/zola")
    shutil.copytree(root / "content", tmp_path / "content")
    (tmp_path / "config.toml").write_text('base_url = "/"')
    public, private = folder("zola"), ContentFolder(tmp_path, timezone=ZoneInfo("UTC"))
    found = 0
    for post in zola.posts:
        if not post.path.endswith("/index.md"):
            continue
        for file in sorted((tmp_path / post.path).parent.iterdir()):
            if file.suffix in (".png", ".jpg", ".jpeg"):
                assert private.references(replace(post, url=None)).image(file.name) == file.resolve()
                assert public.references(post).image(file.name) == f"{post.url}{file.name}"
                found += 1
    assert found == 93


def test_every_post_of_both_blogs_can_be_set() -> None:
    """Its text becomes HTML and plain text without an error, and no relative link is left in it."""
    for name in ("jekyll", "zola"):
        content = folder(name)
        for post in content.scan().posts:
            manuscript = content.load(post)
            assert manuscript.html.strip(), post.path
            assert manuscript.text.strip(), post.path
            links = re.findall(r'(?:href|src)="([^"]*)"', manuscript.html)
            assert [
                link for link in links if not re.match(r"(https?|mailto|cid|ftp|irc|xmpp|data):|#", link)
            ] == [], post.path
