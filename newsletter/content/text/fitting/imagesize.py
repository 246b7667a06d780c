"""The kind and size of an image, from its first bytes: PNG (RFC 2083 11.2.1), GIF89a 18, JPEG (T.81 B.2.2)."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """What an image file says of itself; sizes in pixels, None where they were not found."""

    content_type: str
    width: int | None = None
    height: int | None = None


def read_image_facts(data: bytes) -> ImageFacts | None:
    """Return the kind and size of an image, or None for what is none that a mail can show."""
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return ImageFacts("image/png", *_sized(data[16:20], data[20:24], "big"))
    if data.startswith((b"GIF87a", b"GIF89a")):
        return ImageFacts("image/gif", *_sized(data[6:8], data[8:10], "little"))
    if data.startswith(b"\xff\xd8\xff"):
        return ImageFacts("image/jpeg", *_jpeg_size(data))
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return ImageFacts("image/webp")
    if data[4:12] in (b"ftypavif", b"ftypavis"):
        return ImageFacts("image/avif")
    if b"<svg" in data[:1000].lower():
        return ImageFacts("image/svg+xml")
    return None


def _sized(width: bytes, height: bytes, order: Literal["big", "little"]) -> tuple[int | None, int | None]:
    read = int.from_bytes(width, order), int.from_bytes(height, order)
    return read if all(read) else (None, None)


def _jpeg_size(data: bytes) -> tuple[int | None, int | None]:
    """Walk the segments up to the frame header (SOF0 to SOF15, without DHT, JPG and DAC)."""
    position = 2
    while position + 9 <= len(data) and data[position] == 0xFF:
        marker = data[position + 1]
        if marker == 0xFF:  # fill byte
            position += 1
            continue
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            return _sized(data[position + 7 : position + 9], data[position + 5 : position + 7], "big")
        position += 2 + max(2, int.from_bytes(data[position + 2 : position + 4], "big"))
    return None, None
