"""The rules of Jekyll, Hugo and Pelican, held to Jekyll, Hugo and Pelican: the same posts, dates and addresses."""

import html
import shutil
import subprocess
from datetime import datetime
from pathlib import Path

import pytest

from tests.folders import matter, scan, write
from tests.requirements import require

# What each generator is made to print for every post: path|address|date|title.
JEKYLL_LIST = (
    "---\n---\n{% for p in site.posts %}{{p.path}}|{{p.url | absolute_url}}|{{p.date|date_to_xmlschema}}|{{p.title}}\n"
    "{% endfor %}"
)
HUGO_LIST = (
    '{{ range .Site.Pages }}{{ if and (eq .Kind "page") .File }}content/{{.File.Path}}|{{.Permalink}}|'
    '{{.PublishDate.Format "2006-01-02T15:04:05-07:00"}}|{{.Title}}\n{{ end }}{{ end }}'
)
PELICAN_LIST = """
from pelican import signals
def done(generators):
    for generator in generators:
        if type(generator).__name__ == "ArticlesGenerator":
            with open("list.txt", "w") as file:
                for a in generator.articles + generator.translations:
                    print("content/" + a.relative_source_path, a.settings["SITEURL"] + "/" + a.url, a.date.isoformat(),
                          a.title, sep="|", file=file)
def register():
    signals.all_generators_finalized.connect(done)
"""

Listing = dict[str, tuple[str | None, datetime, str]]


def run(site: Path, *command: str) -> None:
    require(command[0], shutil.which(command[0]))
    done = subprocess.run(command, cwd=site, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr


def theirs(*files: Path) -> Listing:
    """Return what a generator listed."""
    lines = (html.unescape(line) for file in files if file.exists() for line in file.read_text().splitlines())
    rows = [line.split("|") for line in lines if "|" in line]
    return {path: (url, datetime.fromisoformat(date), title) for path, url, date, title in rows}


def ours(site: Path) -> Listing:
    """Return what we read and would send at some time."""
    posts = [post for post in scan(site).posts if post.held_back is None and post.published_at]
    return {post.path: (post.url, post.published_at, post.title) for post in posts if post.published_at}


JEKYLL_POSTS = {
    "_posts/2024-01-31-plain.md": matter(title="Plain"),
    "_posts/2024-01-31-a-day-out.md": matter(),
    "_posts/2024-02-01-Über Größe & mehr!.md": matter(title="Umlaut"),
    "_posts/2024-02-01-dots.v1.2_x.md": matter(title="Dots"),
    "_posts/2024-02-02-yaml.md": matter(title="Yaml", date="2024-02-02 23:30:00"),
    "_posts/2024-02-02-quoted.md": matter(title="Quoted", date='"2024-02-02 23:30:00"'),
    "_posts/2024-02-02-short.md": matter(title="Short", date="2024-02-02 23:30"),
    "_posts/2024-02-02-zone.md": matter(title="Zone", date="2024-02-02 23:30:00 -0500"),
    "_posts/2024-02-02-iso.md": matter(title="Iso", date="2024-02-02T23:30:00Z"),
    "_posts/2024-02-02-rest.md": matter(title="Rest", date="2024-02-02 23:30:00 2024 -0800"),
    "_posts/2024-02-03-cats.md": matter(title="Cats", categories="Two Words", tags="one two"),
    "_posts/2024-02-03-list.md": matter(title="List", categories='[C Sharp, c sharp, "ä b"]'),
    "_posts/2024-02-03-both.md": matter(title="Both", category="Hello World", categories="[x]"),
    "_posts/2024-02-04-own.md": matter(title="Own", permalink="/own/:title/place"),
    "_posts/2024-02-04-slug.md": matter(title="Slug", slug="Other Slug.x"),
    "_posts/2024-02-05-hidden.md": matter(title="Hidden", published="false"),
    "_posts/24-2-5-short-year.md": matter(title="Year"),
    "_posts/2024-02-07-bare.md": "no front matter\n",
    "_posts/2024-02-08-dots.md": "---\ntitle: Dots\n...\nbody\n",
    "tech/_posts/2024-02-06-in.md": matter(title="In", categories="extra"),
    "tech/_posts/sub/2024-02-06-below.md": matter(title="Below"),
    "_drafts/later.md": matter(title="Later"),
    "old/_posts/2024-02-06-x.md": matter(title="Old"),
}


@pytest.mark.parametrize(
    "permalink",
    ["date", "pretty", "ordinal", "weekdate", "none", "/:categories/:short_year/:i_month/:i_day/:slug/",
     "/b/:year/:short_month/:long_month/:title:output_ext", "/:slugified_categories/:hour:minute:second-:title",
     "/:collection/:y_day/:w_year/:week/:short_day/:long_day/:title/"],
)  # fmt: skip
def test_jekyll(tmp_path: Path, permalink: str) -> None:
    """Names, dates, zones, categories, defaults and every style of permalink."""
    config = (
        "url: https://e.org\nbaseurl: /base\ntimezone: Europe/Berlin\nexclude: [old]\n"
        f"permalink: {permalink}\ndefaults:\n- {{scope: {{path: tech, type: posts}}, values: {{categories: given}}}}\n"
    )
    site = write(tmp_path, {**JEKYLL_POSTS, "_config.yml": config, "list.txt": JEKYLL_LIST})
    run(site, "jekyll", "build", "--quiet")
    assert ours(site) == theirs(site / "_site/list.txt")


DATE = {"date": "2024-02-03"}
HUGO_POSTS = {
    "content/posts/_index.md": matter(title="Posts"),
    "content/posts/plain.md": matter(title="Plain", **DATE),
    "content/posts/UPPER Case & more!.md": matter(title="Upper", date="2024-01-31T23:30:00-05:00"),
    "content/posts/Über.md": matter(title="Über Größe", date="2024-01-31 10:00:00"),
    "content/posts/slugged.md": matter(title="Slugged", slug="My Slug", **DATE),
    "content/posts/own.md": matter(title="Own", url="/own/place/", **DATE),
    "content/posts/own2.md": matter(title="Own two", url="own/x.html", **DATE),
    "content/posts/2024-02-01-named.md": matter(title="Named", **DATE),
    "content/posts/deep/er.md": matter(title="Deep er", **DATE),
    "content/posts/sub/_index.md": matter(title="Section"),
    "content/posts/sub/x.md": matter(title="In a section", **DATE),
    "content/posts/bundle/index.md": matter(title="Bundle!", **DATE),
    "content/posts/bundle/resource.md": matter(title="Resource", **DATE),
    "content/posts/bundle/sub/resource.md": matter(title="Resource", **DATE),
    "content/posts/dotted.v1.2.md": matter(title="A@b~c_d.e $f%g (h) i,j/k", **DATE),
    "content/posts/draft.md": matter(title="Draft", draft="true", **DATE),
    "content/posts/later.md": matter(title="Later", date="2014-02-03", publishDate="2015-01-01"),
    "content/posts/toml.md": '+++\ntitle = "Toml"\ndate = 2024-05-06T10:00:00+02:00\n+++\nx\n',
    "content/posts/naive.md": '+++\ntitle = "Naive"\ndate = 2024-05-06T10:00:00\n+++\nx\n',
    "content/posts/day.md": '+++\ntitle = "Day"\ndate = 2024-05-06\n+++\nx\n',
    "content/posts/json.md": '{"title": "Json", "date": "2024-05-06"}\n\nbody\n',
    "content/posts/words.md": matter(title="Words", date="15 Oct 2023"),
    "content/posts/mail.md": matter(title="Mail", date="Mon, 02 Jan 2006 15:04:05 -0700"),
    "content/posts/Case.md": matter(TITLE="Case", Date="2024-02-03"),
    "content/blog/under_score.md": matter(title="Under Score", **DATE),
    "content/top.md": matter(title="Top", **DATE),
    "content/wip/_index.md": "---\ntitle: Wip\ncascade:\n  draft: true\n---\n",
    "content/wip/x.md": matter(title="X", draft="false", **DATE),
    "content/some/_index.md": "---\ntitle: Some\ncascade:\n- _target: {path: /some/a*}\n  draft: true\n---\n",
    "content/some/ax.md": matter(title="Ax", **DATE),
    "content/some/by.md": matter(title="By", **DATE),
}


@pytest.mark.parametrize(
    "settings",
    ["", "uglyURLs = true", "[permalinks]\nposts = '/:year/:month/:day/:slug/'",
     "[permalinks]\nposts = '/:section/:sections/:title/'", "[permalinks]\nposts = '/b/:sections[1:]/:filename'",
     "[permalinks]\nposts = '/x:sections[:last]/:slugorfilename/'",
     "[permalinks]\nposts = '/:monthname/:weekday-:weekdayname-:yearday/:title'",
     "[permalinks]\nposts = '/:2006/:01/:title/'",
     "[frontmatter]\ndate = [':filename', ':default']\n[permalinks]\nposts = '/:year/:month/:day/:slug'",
     "defaultContentLanguageInSubdir = true\n[languages.en]\nweight = 1\n[languages.fr]\nweight = 2"],
)  # fmt: skip
def test_hugo(tmp_path: Path, settings: str) -> None:
    """Paths, bundles, sections, cascades, dates as written, and the tokens of permalinks."""
    config = (
        "baseURL = 'https://e.org/base/'\ntimeZone = 'Europe/Berlin'\n"
        f"disableKinds = ['taxonomy', 'term', 'RSS', 'sitemap']\n{settings}\n"
    )
    layouts = {f"layouts/_default/{name}.html": "." for name in ("single", "list")}
    site = write(tmp_path, {**HUGO_POSTS, **layouts, "layouts/index.html": HUGO_LIST, "config.toml": config})
    run(site, "hugo", "--quiet")
    expected = theirs(site / "public/index.html", *(site / "public").glob("*/index.html"))
    assert ours(site) == expected


PELICAN_POSTS = {
    f"content/{name}.md": "".join(f"{key}: {value}\n" for key, value in fields.items()) + "\nText\n"
    for name, fields in {
        "a": {"Title": "Plain One", "Date": "2024-01-31"},
        "b": {"Title": "Über Größe & mehr: C++ (x)", "Date": "2024-01-31 10:20"},
        "c": {
            "Title": "C",
            "Slug": "my-own",
            "Date": "2024-01-31",
            "Category": "Big News",
            "Authors": "Ann B; Carl D",
        },
        "2024-02-01-named": {"Title": "From name"},
        "e": {"Title": "Url", "Date": "2024-01-31", "Url": "own/e.html", "Save_as": "own/e.html"},
        "f": {"Title": "Draft", "Date": "2024-01-31", "Status": "draft"},
        "g": {"Title": "Hidden", "Date": "2024-01-31", "Status": "hidden"},
        "h": {"Title": "Undated"},
        "i": {"Date": "2024-01-31"},
        "tech/j": {"Title": "In a folder", "Date": "2024-01-31"},
        "pages/k": {"Title": "A page", "Date": "2024-01-31"},
        "m": {"Title": "Words", "Date": "31 Jan 2024 5pm"},
        "n": {"Title": "Ambiguous", "Date": "01/02/2024"},
        "o": {"Title": "Offset", "Date": "2024-01-31T10:00:00-05:00"},
        "p": {"title": "Lower", "date": "2024-01-31_10:00"},
        "q": {"Title": "It's 'quoted' — dash… ﬁ ½", "Date": "2024-01-31"},
        "r": {"Title": "Under_score and-hyphen", "Date": "2024-01-31"},
        "w": {"Title": "<em>Html</em> title", "Date": "2024-01-31"},
    }.items()
}


@pytest.mark.parametrize(
    "settings",
    ["", "ARTICLE_URL = '{date:%Y}/{date:%m}/{slug}/'\nARTICLE_SAVE_AS = '{date:%Y}/{date:%m}/{slug}/index.html'",
     "ARTICLE_URL = '{category}/{author}/{slug}'\nSLUGIFY_SOURCE = 'basename'\nUSE_FOLDER_AS_CATEGORY = True",
     "FILENAME_METADATA = r'(?P<date>\\d{4}-\\d{2}-\\d{2})-(?P<slug>.*)'",
     "DEFAULT_DATE = (2012, 3, 2, 14, 1, 1)\nEXTRA_PATH_METADATA = {'tech/j.md': {'status': 'draft'}}"],
)  # fmt: skip
def test_pelican(tmp_path: Path, settings: str) -> None:
    """Slugs, dates, statuses, pages, and the fields of ARTICLE_URL."""
    config = (
        "AUTHOR = 'Zoë Müller'\nSITENAME = 'x'\nSITEURL = 'https://e.org/base'\nPATH = 'content'\n"
        "TIMEZONE = 'Europe/Berlin'\nDEFAULT_LANG = 'en'\nFEED_ALL_ATOM = None\nCATEGORY_FEED_ATOM = None\n"
        "TRANSLATION_FEED_ATOM = None\nAUTHOR_FEED_ATOM = None\nAUTHOR_FEED_RSS = None\n"
        f"PLUGIN_PATHS = ['.']\nPLUGINS = ['listing']\n{settings}\n"
    )
    site = write(tmp_path, {**PELICAN_POSTS, "pelicanconf.py": config, "listing.py": PELICAN_LIST})
    run(site, "pelican", "--quiet", "--settings", "pelicanconf.py", "--output", "output", "content")
    assert ours(site) == theirs(site / "list.txt")
