"""The kind and size of an image, from its first bytes."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO

from PIL import Image

#: Where EXIF says how the camera was held (EXIF 2.32, section 4.6.4).
ORIENTATION = 0x0112

#: What is taken for an image; Pillow knows more formats, and no mail program does.
_KINDS = ("PNG", "JPEG", "MPO", "GIF", "WEBP", "AVIF", "BMP")


#: Pixels of the largest image that is opened: one of 60 megapixels takes a quarter of a gigabyte of memory.
LARGEST = 60_000_000


class BrokenImage(Exception):
    """No image, a broken one, or one that is too large to be opened."""


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """What an image file says of itself; the size is that of the upright image in pixels, None for a drawing."""

    content_type: str
    width: int | None = None
    height: int | None = None


def read_image_facts(data: bytes) -> ImageFacts | None:
    """Return the kind and size of an image, or None for what is none that a mail can show."""
    try:
        with open_image(data) as image:
            size = (image.height, image.width) if is_lying(image) else (image.width, image.height)
            return ImageFacts(Image.MIME[image.format or ""], *size)
    except BrokenImage:
        return ImageFacts("image/svg+xml") if b"<svg" in data[:1000].lower() else None


@contextmanager
def open_image(data: bytes) -> Iterator[Image.Image]:
    """Open an image whose pixels may be read. Raises BrokenImage, also while they are read."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            image = Image.open(BytesIO(data))
        with image:
            if image.format not in _KINDS or image.width * image.height > LARGEST:
                raise BrokenImage
            yield image
    except (
        OSError,
        ValueError,
        SyntaxError,
        Image.DecompressionBombWarning,
        Image.DecompressionBombError,
    ) as error:
        raise BrokenImage from error


def is_lying(image: Image.Image) -> bool:
    """Say whether the camera was held on its side, so that width and height change places."""
    return image.getexif().get(ORIENTATION, 1) in (5, 6, 7, 8)
