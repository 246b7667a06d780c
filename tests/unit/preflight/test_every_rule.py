"""Every rule that there is: one sample that trips it, and one that comes near and does not."""

import os
from collections.abc import Callable, Iterable
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from PIL import Image

from newsletter.content.post import Problem
from newsletter.content.reader import ContentFolder
from newsletter.issues.rendering import render_issue
from newsletter.preflight.judging import judge
from newsletter.preflight.mail import Mail
from newsletter.preflight.pages import pages
from newsletter.preflight.rules import RULES
from newsletter.preflight.sender import dkim, dmarc, ptr, spf
from tests.folders import LONDON, matter, scan, write
from tests.manuscripts import MASTHEAD
from tests.pictures import drawn
from tests.sites import TestSite, make_site
from tests.smtp_server import smtp_server
from tests.texts import FakeReferences, manuscript
from tests.unit.preflight.test_mails import SPOILT, TEMPLATES, rendered
from tests.unit.preflight.test_sender import GOOD, KEY, NOW, Zone, web

#: What is found in a sample; it may use a folder of its own.
Finder = Callable[[Path], Iterable[Problem]]

POST = matter(title="Fog", date="2026-01-05")
NOTE = b"---\nsubject: Fog\n---\nDear all.\n"


def files(**written: str | bytes) -> Finder:
    """A folder with these files, whose names are written with __ for the dot and ___ for the slash."""
    named = {name.replace("___", "/").replace("__", "."): text for name, text in written.items()}
    return lambda folder: scan(write(folder, named)).problems


def built(change: Callable[[Path], object]) -> Finder:
    """A folder with one post in which something else is done."""

    def find(folder: Path) -> Iterable[Problem]:
        root = write(folder / "site", {"fog.md": POST})
        change(root)
        return scan(root).problems

    return find


def deep(levels: int) -> Finder:
    """A post so many folders down, each with a long name; no path may be longer than 4,096 bytes."""

    def dig(root: Path) -> None:
        place = os.open(root, os.O_RDONLY)
        for _ in range(levels):
            os.mkdir("x" * 250, dir_fd=place)
            inside = os.open("x" * 250, os.O_RDONLY, dir_fd=place)
            os.close(place)
            place = inside
        os.close(place)

    return built(dig)


def text(body: str, dialect: str = "plain", **facts: object) -> Finder:
    """The text of a post, in the dialect of a generator."""
    return lambda _: manuscript(body, dialect, url="https://site.example/a/", **facts).problems  # type: ignore[arg-type]


def picture(data: bytes, name: str = "tide.png", alt: str = "The tide") -> Finder:
    """A post with one picture, which travels along."""
    path = Path("/posts") / name
    found = FakeReferences(url=None, images={name: path})
    return lambda _: manuscript(f"![{alt}]({name})", references=found, files={path: data}).problems


def heavy_gif() -> bytes:
    """Return an animated picture of more than a megabyte, which no scaling can help."""
    frames = [Image.effect_noise((400, 400), 200) for _ in range(8)]
    buffer = BytesIO()
    frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:])
    return buffer.getvalue()


def long_posts(words: int) -> Finder:
    """An issue of two posts, in full."""
    posts = [
        manuscript("A short one.", url="https://site.example/b/", id="b", path="b.md"),
        manuscript("The first words.\n\n" + "tide " * words, url="https://site.example/a/"),
    ]
    return lambda _: render_issue(posts, MASTHEAD, TEMPLATES, body="full", note=None).problems


def notes(*names: str) -> Finder:
    """A folder with notes for the next issue."""

    def find(folder: Path) -> Iterable[Problem]:
        root = write(folder, {"fog.md": POST, **dict.fromkeys(names, NOTE)})
        note = ContentFolder(root, timezone=LONDON).note()
        assert note is not None
        return note.problems

    return find


def command(change: Callable[[TestSite], object] = lambda _: None, *words: str) -> Finder:
    """What `newsletter check` finds in a site with a post, after a change."""

    def find(folder: Path) -> Iterable[Problem]:
        site = make_site(folder / "site")
        site.write("fog.md", "The fog came in at five, and by noon nobody could see the other side.")
        change(site)
        said = site.run("check", "--json", *(words or ("--offline",))).data["problems"]
        return [Problem(**{name: problem[name] for name in Problem.__slots__}) for problem in said]

    return find


def setting(before: str, after: str, *words: str) -> Finder:
    """What `newsletter check` finds with another setting."""
    return command(lambda site: site.set(before, after), *words)


def relayed(_: Path) -> Iterable[Problem]:
    """What `newsletter check` says of a relay that is there."""
    with smtp_server() as server, TemporaryDirectory() as folder:
        return setting("port = 9\n", f"port = {server.port}\n", "--json")(Path(folder))


def answered(status: int, date: str = "Mon, 23 Nov 2026 08:01:00 GMT") -> Finder:
    """What is made of a web server's answer."""

    def find(_: Path) -> Iterable[Problem]:
        with web(status, date) as url:
            return list(pages(url, NOW))

    return find


def mail(made: Callable[[], Mail]) -> Finder:
    return lambda _: judge(made())


def good() -> Mail:
    return rendered()


#: For each rule: what trips it, and what does not.
SAMPLES: dict[str, tuple[Finder, Finder]] = {
    # about files
    "unreadable": (deep(17), deep(2)),
    "too-large": (built(lambda root: os.truncate(write(root, {"b.md": ""}) / "b.md", 20_000_000)), files(b__md=POST)),
    "format": (
        files(pelicanconf__py="", content___fog__rst="Fog\n===\n"),
        files(pelicanconf__py="", content___fog__md="Title: Fog\nDate: 2026-01-05\n\nA"),
    ),
    "file-name": (
        built(lambda root: Path(os.fsdecode(os.fsencode(root) + b"/caf\xe9.md")).write_text(POST)),
        built(lambda root: (root / "café.md").write_text(matter(title="Café", date="2026-01-06"))),
    ),
    "not-a-file": (built(lambda root: os.mkfifo(root / "pipe.md")), built(lambda root: (root / "pipe.md").mkdir())),
    "broken-link": (
        built(lambda root: (root / "a.md").symlink_to("gone.md")),
        built(lambda root: (root / "a.md").symlink_to("fog.md")),
    ),
    "link-loop": (
        built(lambda root: (root / "a.md").symlink_to("a.md")),
        built(lambda root: (root / "a.md").symlink_to("fog.md")),
    ),
    "link-outside": (
        built(lambda root: (root / "a.md").symlink_to(write(root.parent, {"b.md": POST}) / "b.md")),
        built(lambda root: (root / "a.md").symlink_to(root / "fog.md")),
    ),
    "encoding": (files(a__md=POST.encode() + b"caf\xe9"), files(a__md=POST.encode() + "café".encode())),
    "nul-byte": (files(a__md=POST + "\0"), files(a__md=POST + "\u2400")),
    "front-matter": (files(a__md="---\ntitle: a: b\ndate: 2026-01-05\n---\n\nA"), files(a__md=POST)),
    "no-title": (files(a__md=matter(date="2026-01-05")), files(a__md=matter("# Fog\n\nThe text.", date="2026-01-05"))),
    "no-date": (
        files(hugo__toml="", content___posts___a__md=matter(title="Fog"), content___posts___b__md=POST),
        files(hugo__toml="", content___about__md=matter(title="About us"), content___posts___b__md=POST),
    ),
    "date": (files(a__md=matter(title="Fog", date="soon")), files(a__md=matter(title="Fog", date="5 January 2026"))),
    "future-date": (
        command(lambda site: site.write("next.md", date="2199-01-05")),
        command(lambda site: site.write("next.md", date="2199-01-05", draft="true")),
    ),
    "empty": (files(a__md=matter("", title="Fog", date="2026-01-05")), files(a__md=POST)),
    "duplicate-id": (
        files(a__md=matter(title="A", date="2026-01-05", id="x"), b__md=matter(title="B", date="2026-01-06", id="x")),
        files(a__md=matter(title="A", date="2026-01-05", id="x"), b__md=matter(title="B", date="2026-01-06", id="y")),
    ),
    "content": (
        command(lambda site: (site.run("check", "--offline"), site.set('folder = "posts"', 'folder = "gone"'))),
        command(),
    ),
    "template": (
        command(lambda site: write(site.directory / "templates/email/issue", {"body.html": "{% if %}"})),
        command(lambda site: write(site.directory / "templates/email/issue", {"note.html": "{% if %}"})),
    ),
    "next-issue": (
        command(lambda site: site.set("[smtp]", '[design]\nlogo = "gone.png"\n\n[smtp]')),
        command(
            lambda site: (
                site.set("[smtp]", '[design]\nlogo = "logo.png"\n\n[smtp]'),
                write(site.directory, {"logo.png": drawn(300, 90)}),
            )
        ),
    ),
    "second-note": (notes("_next.md", "posts/_next.md"), notes("_next.md")),
    # about texts
    "shortcode": (text("{{< tide >}}", "hugo"), text("`{{< tide >}}`", "hugo")),
    "liquid": (text("{{ site.tide }}", "jekyll"), text("{% raw %}{{ site.tide }}{% endraw %}", "jekyll")),
    "mdx": (text("<Tide height={3} />", "astro", path="a.mdx"), text("a < b, {3}", "astro", path="a.mdx")),
    "unknown-reference": (text('[a]({{< ref "gone.md" >}})', "hugo"), text('[a]({{</* ref "gone.md" */>}})', "hugo")),
    "relative-link": (
        lambda _: manuscript("[a](b.md)", references=FakeReferences(url=None)).problems,
        lambda _: manuscript("[a](b.md)").problems,
    ),
    "unsafe-link": (text("[a](javascript:alert(1))"), text("[a](mailto:ana@example.org)")),
    "missing-image": (
        lambda _: manuscript("![The tide](b.png)", references=FakeReferences(url=None)).problems,
        picture(drawn(300, 90)),
    ),
    "large-image": (picture(heavy_gif(), "tide.gif"), picture(drawn(6000, 4000), "tide.png")),  # the last is scaled
    "image-format": (
        text("![The tide](https://example.org/tide.webp)"), text("![The tide](https://example.org/tide.webp.png)"),
    ),
    "no-alt": (picture(drawn(300, 90), alt=""), text('<img src="https://site.example/line.png" alt="">')),
    "embed": (
        text('<iframe src="https://example.com/tide"></iframe>'),
        text("[The tide](https://www.youtube.com/embed/a)"),
    ),
    "too-long": (long_posts(20_000), long_posts(2_000)),
    # about a mail as a whole
    **{name: (mail(spoilt), mail(good)) for name, spoilt in SPOILT.items()},
    "postal-address": (setting("postal_address", "# postal_address"), command()),
    # about the sender
    "relay": (setting("port = 9\n", "port = 1\n", "--json"), relayed),
    "dkim": (
        setting("[smtp]", '[dkim]\ndomain = "example.com"\nselector = "a"\nkey_file = "gone.pem"\n\n[smtp]'), command(),
    ),
    "dkim-dns": (
        lambda _: dkim(Zone(), "a._domainkey.tides.org", KEY),
        lambda _: dkim(GOOD, "news1._domainkey.tides.org", KEY),
    ),
    "spf": (lambda _: spf(Zone(), "tides.org"), lambda _: spf(GOOD, "bounce.tides.org")),
    "dmarc": (lambda _: dmarc(Zone(), "tides.org"), lambda _: dmarc(GOOD, "news.tides.org")),
    "ptr": (lambda _: ptr(Zone(address={"m": ["9.9.9.9"]}), "m"), lambda _: ptr(GOOD, "mail.tides.org")),
    "clock": (answered(200, "Mon, 23 Nov 2026 09:01:00 GMT"), answered(200, "Mon, 23 Nov 2026 08:04:00 GMT")),
    "pages": (answered(502), answered(200)),
}  # fmt: skip


def test_no_rule_is_without_samples() -> None:
    """Proves that whoever adds a rule shows what it finds and what it leaves in peace, and no sample is left over."""
    assert SAMPLES.keys() == RULES.keys()


@pytest.mark.parametrize("name", RULES)
def test_a_rule_finds_its_own_and_nothing_else(name: str, tmp_path: Path) -> None:
    """Proves that one sample trips the rule, the other does not, and all that is said of both is in the catalogue."""
    spoilt, sound = (list(find(tmp_path / str(place))) for place, find in enumerate(SAMPLES[name]))
    assert name in {problem.kind for problem in spoilt}
    assert name not in {problem.kind for problem in sound}
    assert {problem.kind for problem in (*spoilt, *sound)} <= RULES.keys()
    assert all(problem.remedy for problem in spoilt)
