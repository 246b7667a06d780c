"""A post's images: where each is shown from, how large it is, and which travel inside the mail."""

import binascii
from base64 import b64decode
from hashlib import sha256
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from newsletter.content.post import InlineImage, Picture
from newsletter.content.text.addresses import Finding, Place, is_lost, scheme_of, shorten
from newsletter.content.text.fitting.imagesize import ImageFacts, read_image_facts
from newsletter.content.text.fitting.scaling import scale

WIDEST = 600  # pixels; Outlook obeys the width attribute and nothing else
HEAVIEST = 1_000_000  # bytes of one image

# Which mail programs do not show these: caniemail.com, image-svg, image-webp, image-avif (2026).
_FORMATS = {
    ".svg": "Gmail does not show SVG, so a link stands in its place",
    ".webp": "Outlook on Windows does not show WebP",
    ".avif": "Outlook on Windows does not show AVIF",
}
#: Of these, what so many readers would not see that all of them are better served with a link.
_LINKED = (".svg",)
#: The kinds that every mail program shows; another one is turned into one of these.
_SHOWN = frozenset(["image/png", "image/jpeg", "image/gif"])


class Pictures:
    """Collects the images of one post, each once."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._inline: dict[str, InlineImage] = {}

    @property
    def inline(self) -> tuple[InlineImage, ...]:
        """The images that travel inside the mail, in the order of their appearance."""
        return tuple(self._inline.values())

    def find(
        self, src: str, alt: str, width: int | None = None, height: int | None = None
    ) -> tuple[Picture | None, Finding | None]:
        """Return the image as a mail shows it, if it can be shown, and what should be said about it."""
        src = src.strip()
        if is_lost(src):
            return None, None
        data, name = b"", ""
        scheme = scheme_of(src)
        if scheme == "data":
            data, name = _decode(src), "image"
        elif scheme in ("http", "https"):
            return _remote(src, alt, width, height)
        elif scheme:
            return None, _missing(f"a mail cannot show images from “{shorten(scheme)}:”")
        elif src.startswith("//"):
            return _remote(f"https:{src}", alt, width, height)
        else:
            return self._own(src, Picture(src, alt, width, height))
        return self._attach(src, data, name, Picture(src, alt, width, height))

    def _own(self, src: str, wanted: Picture) -> tuple[Picture | None, Finding | None]:
        """Show a picture of the site: from its public address, or from inside the mail where that does not do."""
        references = self._place.references
        address = references.image(src) if src else None
        path = address if isinstance(address, Path) else references.picture(src) if src else None
        data = (self._place.read_image(path) if path is not None else None) or b""
        facts = read_image_facts(data)
        is_linked = isinstance(address, str) and (self._place.delivery == "link" or facts is None)
        if isinstance(address, str) and is_linked and (facts is None or facts.content_type in _SHOWN):
            picture, finding = _remote(address, wanted.alt, wanted.width, wanted.height, facts)
            return picture, finding or _doubt(src, len(data))
        return self._attach(src, data, path.name if path else "", wanted)

    def _attach(
        self, src: str, data: bytes, name: str, wanted: Picture
    ) -> tuple[Picture | None, Finding | None]:
        if not data:
            return None, _missing(f"the image “{shorten(src)}” was not found")
        facts = read_image_facts(data)
        scaled = scale(data, facts, wanted.width, WIDEST) if facts else None
        if facts is None or scaled is None:
            return None, _missing(f"“{shorten(src)}” is no image that a mail can show")
        # The name follows the content, so that the same image is sent once, and a preview names it as the issue does.
        cid = f"{sha256(scaled.data).hexdigest()[:24]}@images.newsletter"
        ending = scaled.content_type.removeprefix("image/")
        filename = f"{name.rpartition('.')[0] or name}.{ending}"
        self._inline.setdefault(cid, InlineImage(cid, scaled.content_type, filename, scaled.data))
        natural = ImageFacts(scaled.content_type, *scaled.natural)
        width, height = _fit(wanted.width, wanted.height, natural)
        return Picture(f"cid:{cid}", wanted.alt, width, height), _doubt(src, len(scaled.data))


def _remote(
    address: str, alt: str, width: int | None, height: int | None, facts: ImageFacts | None = None
) -> tuple[Picture | None, Finding | None]:
    width, height = _fit(width, height, facts)
    try:
        ending = PurePosixPath(urlsplit(address).path).suffix.lower()
    except ValueError:
        return None, _missing(f"the address “{shorten(address)}” is broken")
    finding = _format(address, ending)
    return None if ending in _LINKED else Picture(address, alt, width, height), finding


def _fit(width: int | None, height: int | None, facts: ImageFacts | None) -> tuple[int | None, int | None]:
    """Return the size to show: as the author wants it, else as the file is, but no wider than the mail."""
    if facts and facts.width and facts.height:
        if width is None and height is None:
            width, height = facts.width, facts.height
        elif height is None and width:
            height = round(facts.height * width / facts.width)
        elif width is None and height:
            width = round(facts.width * height / facts.height)
    if width and width > WIDEST:
        height = max(1, round(height * WIDEST / width)) if height else None
        width = WIDEST
    return width, height


def _decode(src: str) -> bytes:
    """Return the bytes of a `data:` address (RFC 2397) in base64; no other encoding is used for images."""
    head, _, payload = src.partition(",")
    if not head.lower().endswith(";base64"):
        return b""
    try:
        return b64decode("".join(payload.split()), validate=True)
    except (binascii.Error, ValueError):
        return b""


def _missing(message: str) -> Finding:
    return Finding(
        "missing-image",
        f"{message}; its description stands in its place",
        "Mend the path, or write the whole address of the image.",
    )


def _doubt(src: str, size: int) -> Finding | None:
    if size <= HEAVIEST:
        return None
    return Finding(
        "large-image",
        f"the image “{shorten(src)}” has {size / 1_000_000:.1f} MB, which every reader loads",
        f"Make it smaller ({2 * WIDEST:,} pixels are as wide as it is ever shown), or take fewer colours or frames.",
    )


def _format(src: str, ending: str) -> Finding | None:
    if ending not in _FORMATS:
        return None
    message = f"{_FORMATS[ending]}: “{shorten(src)}”"
    return Finding("image-format", message, "Use a PNG, JPEG or GIF file.", src)


def no_alt(src: str) -> Finding:
    """Return what to say about an image that says nothing to those who do not see it."""
    return Finding(
        "no-alt",
        f"the image “{shorten(src)}” has no description for those who do not see it",
        'Write one: ![what it shows](…), or alt="" in HTML for mere decoration.',
    )
