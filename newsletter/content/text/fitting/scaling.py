"""Make a picture fit for a mail: not larger than it is shown, the right way up, in a format that every program shows.

The pixels are kept as they are where nothing is to be mended: every new encoding of a JPEG costs some of its quality.
What a camera wrote beside them goes in any case.
"""

from dataclasses import dataclass
from io import BytesIO

import resvg_py
from PIL import Image, ImageCms, ImageOps

from newsletter.content.text.fitting.imagesize import (
    LARGEST,
    ORIENTATION,
    BrokenImage,
    ImageFacts,
    is_lying,
    open_image,
)
from newsletter.content.text.fitting.stripping import without_talk

#: Pixels of the file for each pixel that is shown: screens of phones have two or three.
DENSITY = 2

_JPEG_QUALITY = 82


@dataclass(frozen=True, slots=True)
class Scaled:
    """A picture as it travels; `natural` is the size that the file asked to be shown in, in pixels."""

    data: bytes
    content_type: str
    natural: tuple[int, int]


def scale(data: bytes, facts: ImageFacts, shown: int | None, widest: int) -> Scaled | None:
    """Return a picture for the width at which it is shown (its own, where none is asked for); None if it is broken.

    Animated GIFs stay as they are, and no photograph is made larger.
    """
    try:
        if facts.content_type == "image/svg+xml":
            return _drawn(data, shown, widest)
        with open_image(data) as picture:
            return _photographed(picture, data, shown, widest)
    except (BrokenImage, ValueError):
        return None


def _photographed(picture: Image.Image, data: bytes, shown: int | None, widest: int) -> Scaled:
    kind = picture.format or ""
    is_upright = picture.getexif().get(ORIENTATION, 1) in (0, 1)
    natural = (picture.height, picture.width) if is_lying(picture) else (picture.width, picture.height)
    target = DENSITY * min(shown or natural[0], widest)
    is_fine = natural[0] <= target and is_upright and picture.mode != "CMYK"
    if kind == "GIF" and (getattr(picture, "is_animated", False) or is_fine):
        return Scaled(data, "image/gif", natural)
    if kind in ("PNG", "JPEG") and is_fine:
        return Scaled(without_talk(data), Image.MIME[kind], natural)
    picture.draft("RGB", (target, target))  # a JPEG is then read at half, a quarter or an eighth of its size
    upright = _in_srgb(ImageOps.exif_transpose(picture))
    if upright.width > target:
        height = max(1, round(upright.height * target / upright.width))
        upright = upright.resize((target, height), Image.Resampling.LANCZOS)
    content_type, encoded = _encoded(upright, is_drawn=kind in ("PNG", "GIF"))
    return Scaled(encoded, content_type, natural)


def _encoded(picture: Image.Image, *, is_drawn: bool) -> tuple[str, bytes]:
    """Write a picture without a word about where and by whom it was taken."""
    buffer = BytesIO()
    if is_drawn or "A" in picture.getbands():
        content_type = "image/png"
        picture.save(buffer, "PNG", optimize=True)
    else:
        content_type = "image/jpeg"
        picture.convert("RGB").save(buffer, "JPEG", quality=_JPEG_QUALITY, optimize=True, progressive=True)
    return content_type, without_talk(buffer.getvalue())  # Pillow hands comments on


def _in_srgb(picture: Image.Image) -> Image.Image:
    """Turn palettes and wide colour spaces into plain colours, since the profile is not kept."""
    if picture.mode == "P":
        picture = picture.convert("RGBA" if "transparency" in picture.info else "RGB")
    elif picture.mode in ("CMYK", "YCbCr", "LAB", "HSV", "I;16", "I", "F", "1"):
        picture = picture.convert("RGB")
    profile = picture.info.get("icc_profile")
    if profile and picture.mode in ("RGB", "RGBA"):
        try:
            own = ImageCms.ImageCmsProfile(BytesIO(profile))
            converted = ImageCms.profileToProfile(picture, own, ImageCms.createProfile("sRGB"))
        except ImageCms.PyCMSError:
            return picture
        picture = converted or picture
    return picture


def _drawn(data: bytes, shown: int | None, widest: int) -> Scaled | None:
    """Draw an SVG file, which Gmail and Outlook do not show."""
    text = data.decode("utf-8", "replace")
    natural = _size_of_png(resvg_py.svg_to_bytes(svg_string=text))
    if natural[0] * natural[1] > LARGEST:
        return None
    drawn = resvg_py.svg_to_bytes(svg_string=text, width=DENSITY * min(shown or natural[0], widest))
    return Scaled(bytes(drawn), "image/png", natural)


def _size_of_png(data: bytes) -> tuple[int, int]:
    return int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")
