"""Take out of a picture what it says about who made it, where and with what; its pixels stay bit for bit. Pure.

A camera writes its serial number, its owner and the place into a picture (EXIF, XMP, IPTC). What is needed to show the
picture as it is stays: its colours.
"""

from collections.abc import Iterator

_PNG = b"\x89PNG\r\n\x1a\n"
#: Texts, times and EXIF (PNG, third edition, sections 11.3.3 to 11.3.5).
_TALK_IN_PNG = (b"tEXt", b"zTXt", b"iTXt", b"tIME", b"eXIf")

_JPEG = b"\xff\xd8"
_SCAN, _COMMENT = 0xDA, 0xFE
_APPLICATIONS = range(0xE0, 0xF0)
#: Of the segments for applications, those that decide how the picture looks: JFIF, colour profile, Adobe's transform.
_SHOWN_IN_JPEG = {0xE0: b"JFIF\0", 0xE2: b"ICC_PROFILE\0", 0xEE: b"Adobe"}


def without_talk(data: bytes) -> bytes:
    """Return a PNG or JPEG without anything that is not needed to show it; other data, and broken one, as it is."""
    if data.startswith(_PNG):
        return b"".join((_PNG, *_chunks(data)))
    if data.startswith(_JPEG):
        return b"".join((_JPEG, *_segments(data)))
    return data


def _chunks(data: bytes) -> Iterator[bytes]:
    """Yield the chunks of a PNG that are kept, each with its length, name and checksum (section 5.3)."""
    at = len(_PNG)
    while at < len(data):
        end = at + 12 + int.from_bytes(data[at : at + 4], "big")
        if data[at + 4 : at + 8] not in _TALK_IN_PNG:
            yield data[at:end]
        at = end


def _segments(data: bytes) -> Iterator[bytes]:
    """Yield the segments of a JPEG that are kept (ITU-T T.81, annex B); from the first scan on it is all picture."""
    at = len(_JPEG)
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker, end = data[at + 1], at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        if marker == _SCAN:
            break
        if not _is_talk(marker, data[at + 4 : end]):
            yield data[at:end]
        at = end
    yield data[at:]


def _is_talk(marker: int, content: bytes) -> bool:
    if marker in _APPLICATIONS:
        wanted = _SHOWN_IN_JPEG.get(marker)
        return wanted is None or not content.startswith(wanted)
    return marker == _COMMENT
