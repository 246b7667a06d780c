"""Images that our own pages give: from a file beside the posts to what a reader's mail program fetches."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from PIL import Image

from newsletter.application.opening import opened
from newsletter.outbox.messages.opened import Opened, open_mail
from tests.pictures import drawn
from tests.ports import free_port
from tests.sites import TestSite, make_site
from tests.smtp_server import Server, smtp_server
from tests.web import serving

BODY = "\n\n".join(
    f"![A {name} at five]({name})" for name in ("photo.jpg", "swell.gif", "map.webp", "line.svg")
)
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="120" height="60"><rect width="60" height="60" fill="red"/></svg>'
MOVING = drawn(
    40, 20, "GIF", save_all=True, append_images=[Image.new("RGB", (40, 20), "green")], duration=200
)
FINE = drawn(300, 90)


@pytest.fixture
def relay() -> Iterator[Server]:
    with smtp_server() as server:
        yield server


@pytest.fixture
def site(tmp_path: Path, relay: Server) -> TestSite:
    """A site whose post, note and logo have pictures of every kind, for two readers."""
    made, port = make_site(tmp_path / "site", port=relay.port), free_port()
    made.set("https://news.example.com", f"http://127.0.0.1:{port}")
    made.set("[smtp]", '[images]\ndelivery = "served"\n\n[design]\nlogo = "logo.png"\n\n[smtp]')
    (made.directory / "logo.png").write_bytes(FINE)
    made.readers(2)
    made.write("tide.md", BODY)
    files = {
        "photo.jpg": drawn(3000, 1500, "JPEG"),
        "swell.gif": MOVING,
        "map.webp": drawn(300, 150, "WEBP"),
        "line.svg": SVG,
        "note.png": drawn(320, 90),
        "_next.md": b"Dear all,\n\n![A note](note.png)\n",
    }
    for name, data in files.items():
        (made.directory / "posts" / name).write_bytes(data)
    return made


@contextmanager
def pages(site: TestSite) -> Iterator[None]:
    """Serve the pages of a site where its settings say that they are."""
    with (
        opened(site.directory) as itself,
        serving(itself, port=urlsplit(itself.settings.newsletter.url).port or 0),
    ):
        yield


def images(mail: Opened) -> list[str]:
    return re.findall(r'<img[^>]* src="([^"]*)"', mail.html)


def test_every_image_is_fetched_from_us(site: TestSite, relay: Server) -> None:
    """Proves that nothing travels along, that each image is what was frozen, and that it is the same for everybody."""
    site.send()
    mails = [open_mail(relay.copies(f"reader{number}@example.org")[0].data) for number in (1, 2)]
    assert [part.get_content_type() for part in mails[0].message.walk() if not part.is_multipart()] == [
        "text/plain",
        "text/html",
    ]
    addresses = images(mails[0])
    assert len(addresses) == 6
    assert addresses == images(mails[1])
    with pages(site):
        fetched = {address: httpx.get(address) for address in addresses}
        archived = httpx.get(re.sub("/images/.*", "/archive/1", addresses[0])).text
    kinds = []
    for address, answer in fetched.items():
        name, _, ending = address.rpartition("/")[2].partition(".")
        assert answer.status_code == 200
        assert sha256(answer.content).hexdigest().startswith(name)
        assert answer.headers["content-type"] == f"image/{ending}"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "immutable" in answer.headers["cache-control"]
        kinds.append(Image.open(BytesIO(answer.content)).format)
        assert address in archived
    assert kinds == ["PNG", "PNG", "JPEG", "GIF", "JPEG", "PNG"]
    assert [fetched[addresses[place]].content for place in (0, 3)] == [FINE, MOVING]
    assert Image.open(BytesIO(fetched[addresses[2]].content)).size == (1200, 600)


def test_nothing_else_is_given(site: TestSite, relay: Server) -> None:
    """Proves that only images of mails are there, whatever is asked for, and that nobody can change them."""
    site.send()
    address = images(open_mail(relay.received[0].data))[0]
    folder, _, name = address.rpartition("/")
    with pages(site):
        others = [
            "0" * 32 + ".png",
            "logo.png",
            "..%2fnewsletter.toml",
            "%2e%2e/newsletter.db",
            name[:-1],
            "%",
            "",
        ]
        assert {httpx.get(f"{folder}/{other}").status_code for other in others} == {404}
        known = httpx.get(address)
        again = httpx.get(address, headers={"If-None-Match": known.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        head = httpx.head(address)
        assert (head.status_code, head.headers["content-length"]) == (200, str(len(known.content)))
        assert httpx.post(address, content=b"x").status_code == 405


def test_a_preview_shows_them_before_we_have_them(site: TestSite, relay: Server) -> None:
    """Proves that the files of a preview need no server, and that a test mail's images are there to be fetched."""
    shown = site.directory / "shown"
    site.done("preview", "--out", shown)
    html = (shown / "issue.html").read_text("utf-8")
    assert html.count('src="data:image/') == 6
    assert "/images/" not in html
    site.done("test", "me@example.net")
    (address, *_) = images(open_mail(relay.received[0].data))
    with pages(site):
        assert httpx.get(address).content == FINE


def test_check_says_when_nobody_could_fetch_them(site: TestSite) -> None:
    """Proves that an author hears of it while the address of our pages is still one of this machine."""
    found = site.data("check", "--offline")["problems"]
    assert "image-address" in {problem["kind"] for problem in found}
