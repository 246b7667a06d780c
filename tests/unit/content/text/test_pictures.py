"""The images of a post: made fit for a mail, linked or sent along, and always with a size."""

from pathlib import Path

import pytest
from PIL import Image, ImageCms
from PIL.PngImagePlugin import PngInfo

from newsletter.content.post import Manuscript
from newsletter.content.text.addresses import Delivery
from newsletter.content.text.fitting.stripping import without_talk
from tests.pictures import drawn, opened
from tests.texts import FakeReferences, manuscript

PATH = Path("/folder/tide.img")
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="120" height="60"><rect width="60" height="60" fill="red"/></svg>'
PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def sent(data: bytes, body: str = "![The tide](tide.img)", *, delivery: Delivery = "inside") -> Manuscript:
    """Return a post with one image that has no public address, or (linked) has one."""
    found = FakeReferences(url=None, images={"tide.img": PATH})
    return manuscript(body, references=found, files={PATH: data}, delivery=delivery)


def linked(data: bytes, src: str = "tide.img", *, delivery: Delivery = "link") -> Manuscript:
    """Return a post with one image of a site whose address is known."""
    known = FakeReferences(files={src: PATH})
    return manuscript(f"![The tide]({src})", references=known, files={PATH: data}, delivery=delivery)


@pytest.mark.parametrize(
    ("data", "content_type", "size"),
    [
        (drawn(3000, 1500, "JPEG"), "image/jpeg", (1200, 600)),
        (drawn(3000, 1500), "image/png", (1200, 600)),
        (drawn(3000, 1500, "WEBP"), "image/jpeg", (1200, 600)),
        (drawn(300, 150, "WEBP", mode="RGBA"), "image/png", (300, 150)),
        (drawn(300, 150, "AVIF"), "image/jpeg", (300, 150)),
        (drawn(300, 150, "BMP"), "image/jpeg", (300, 150)),
        (drawn(300, 150, "JPEG", mode="CMYK"), "image/jpeg", (300, 150)),
        (SVG, "image/png", (240, 120)),
    ],
    ids=["large photo", "large drawing", "webp", "transparent webp", "avif", "bmp", "for print", "svg"],
)
def test_images_are_made_fit(data: bytes, content_type: str, size: tuple[int, int]) -> None:
    """Proves that large images shrink to twice their width, and others turn into what every program shows."""
    post = sent(data)
    (image,) = post.images
    picture = opened(image.data)
    assert (image.content_type, picture.size) == (content_type, size)
    assert post.problems == ()
    assert image.filename == f"tide.{content_type.removeprefix('image/')}"


def test_colours_survive() -> None:
    """Proves that a picture which is scaled and turned into another format still shows what it showed."""
    (image,) = sent(drawn(3000, 1500, "WEBP")).images
    picture = opened(image.data).convert("RGB")
    assert picture.getpixel((100, 300))[0] > 240
    assert picture.getpixel((1100, 300))[2] > 240


def test_a_picture_that_is_fine_stays_as_it_is() -> None:
    """Proves that nothing is encoded anew without need."""
    data = drawn(1000, 500, "JPEG")
    assert sent(data).images[0].data == data


def test_a_picture_for_print_is_turned_into_one_for_screens() -> None:
    """Proves that the four inks of print, which some mail programs show as a negative, become three colours."""
    (image,) = sent(drawn(300, 150, "JPEG", mode="CMYK")).images
    assert opened(image.data).mode == "RGB"


def test_a_moving_picture_keeps_moving() -> None:
    """Proves that an animated GIF stays as it is."""
    frames = [Image.new("RGB", (40, 20), colour) for colour in ("red", "blue")]
    data = drawn(40, 20, "GIF", save_all=True, append_images=frames, duration=200)
    (image,) = sent(data).images
    assert image.data == data
    assert opened(data).n_frames > 1


def test_the_camera_was_held_on_its_side() -> None:
    """Proves that a picture is turned upright and no longer says where it was taken."""
    exif = Image.Exif()
    exif[0x0112] = 6
    exif.get_ifd(0x8825)[1] = "N"
    post = sent(drawn(400, 200, "JPEG", exif=exif))
    picture = opened(post.images[0].data)
    assert picture.size == (200, 400)
    assert not picture.getexif()
    assert 'width="200" height="400"' in post.html


def talkative(kind: str, width: int = 400) -> bytes:
    """Return a picture that says who took it, where and with which camera, in all ways that its format has."""
    exif = Image.Exif()
    exif[0x013B], exif[0xA431] = "Marin Hale", "Camera no. 7"
    exif.get_ifd(0x8825)[1] = "N"
    texts = PngInfo()
    texts.add_text("Author", "Marin Hale")
    texts.add_itxt("XML:com.adobe.xmp", "<x>Marin Hale</x>", zip=True)
    words = {"PNG": {"pnginfo": texts}, "JPEG": {"comment": b"Marin Hale", "xmp": b"<x>Marin Hale</x>"}}
    return drawn(width, 200, kind, exif=exif, icc_profile=PROFILE, **words.get(kind, {}))


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
@pytest.mark.parametrize("width", [400, 3000])
def test_what_a_camera_wrote_is_not_told(kind: str, width: int) -> None:
    """Proves that a picture loses who took it, where and with what, whether or not it had to be scaled."""
    (image,) = sent(talkative(kind, width)).images
    assert not opened(image.data).getexif()
    assert b"Marin Hale" not in image.data
    assert b"Camera" not in image.data
    assert not {"Author", "comment", "xmp", "XML:com.adobe.xmp"} & opened(image.data).info.keys()


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_nothing_else_is_lost_with_it(kind: str) -> None:
    """Proves that a picture of the right size keeps every pixel and its colours when its words are taken out."""
    data = talkative(kind)
    (image,) = sent(data).images
    assert opened(image.data).tobytes() == opened(data).tobytes()
    assert opened(image.data).info["icc_profile"] == PROFILE
    assert len(image.data) < len(data)


@pytest.mark.parametrize("data", [drawn(40, 20, "GIF"), b"", drawn(40, 20)[:40], drawn(40, 20, "JPEG")[:25]])
def test_what_cannot_be_taken_apart_stays(data: bytes) -> None:
    """Proves that other formats, and files that end too soon, come out as they went in."""
    assert without_talk(data) == data


def test_the_width_that_the_author_wants_decides() -> None:
    """Proves that a thumbnail is not sent in full size."""
    post = sent(drawn(3000, 1500), '<img src="tide.img" alt="The tide" width="150">')
    assert opened(post.images[0].data).size == (300, 150)
    assert 'width="150" height="75"' in post.html


@pytest.mark.parametrize("data", [drawn(300, 150)[:200], SVG[:80], b"<svg", b"GIF89a"])
def test_a_broken_image_is_told(data: bytes) -> None:
    """Proves that an image which cannot be read is reported, and its description stays."""
    post = sent(data)
    assert post.images == ()
    assert "The tide" in post.html
    assert [problem.kind for problem in post.problems] == ["missing-image"]


def test_a_bomb_is_not_opened() -> None:
    """Proves that an image of a hundred megapixels in a few kilobytes costs neither memory nor the issue."""
    assert [problem.kind for problem in sent(drawn(10_000, 10_000, mode="1")).problems] == ["missing-image"]


def test_an_image_of_the_site_is_linked_with_its_size() -> None:
    """Proves that the text does not jump while images come, and that nothing travels that need not."""
    post = linked(drawn(1000, 500, "JPEG"))
    assert '<img src="https://site.example/tide.img" alt="The tide" width="600" height="300">' in post.html
    assert post.images == ()


def test_an_image_of_the_site_in_a_strange_format_travels() -> None:
    """Proves that a WebP of the site is seen also where only JPEG is."""
    post = linked(drawn(1000, 500, "WEBP"))
    assert [image.content_type for image in post.images] == ["image/jpeg"]
    assert "cid:" in post.html
    assert post.problems == ()


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        (
            "![The tide](https://a.example/tide.svg)",
            '<p><a href="https://a.example/tide.svg">The tide</a></p>',
        ),
        (
            "[![The tide](https://a.example/tide.svg)](https://a.example/)",
            '<p><a href="https://a.example/">The tide</a></p>',
        ),
        ('A <img src="https://a.example/line.svg" alt=""> b', "<p>A  b</p>"),
    ],
)
def test_a_drawing_elsewhere_becomes_a_link(written: str, shown: str) -> None:
    """Proves that nobody has a hole where Gmail shows nothing: who wants to see the drawing follows a link."""
    post = manuscript(written)
    assert post.html.strip() == shown
    assert [problem.kind for problem in post.problems] == ["image-format"]


def test_the_author_may_want_all_images_inside() -> None:
    """Proves that images of the site travel in the mail where the settings say so."""
    assert len(linked(drawn(1000, 500), delivery="inside").images) == 1
    assert '<img src="https://site.example/gone.png"' in linked(b"", "gone.png", delivery="inside").html
