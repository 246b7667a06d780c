"""How heavy a mail is. Pure."""

from collections.abc import Iterator
from dataclasses import replace
from ipaddress import ip_address
from urllib.parse import urlsplit

from newsletter.content.post import Problem
from newsletter.issues.fitting import SIZE_LIMIT
from newsletter.preflight.mail import Mail
from newsletter.preflight.rules import MAILS, Place

#: Bytes of HTML from which a mail comes near to where Gmail cuts. Beyond SIZE_LIMIT no issue is made.
_NEAR_LIMIT = 80_000

#: Bytes of all style sheets that Gmail reads of one mail.
_STYLES = 16_000

#: Bytes of all images of one mail that a reader should have to load.
_IMAGES = 1_000_000

#: Bytes of images inside a mail beyond which many relays refuse it: Postfix takes messages of 10,240,000 octets unless
#: it is told otherwise (postconf(5), message_size_limit), and Base64 makes four octets of three, and line ends.
_REFUSED = 7_000_000

#: Names that lead nowhere from elsewhere (RFC 2606, RFC 6761, RFC 6762, RFC 8375), as in settings not set yet.
_NOWHERE = (
    "localhost",
    "local",
    "test",
    "invalid",
    "internal",
    "home.arpa",
    "example.com",
    "example.net",
    "example.org",
)


def size(mail: Mail) -> Iterator[Problem]:
    """The mail is not cut off by Gmail."""
    octets = len(mail.rendering.html.encode())
    if _NEAR_LIMIT < octets <= SIZE_LIMIT:
        longest = max(mail.manuscripts, key=lambda manuscript: len(manuscript.html), default=None)
        at = Place(longest.post.path) if longest else Place()
        yield MAILS["size"].problem(
            f"The mail has {octets:,} bytes of HTML; Gmail cuts at about 102,000.", at
        )


def styles(mail: Mail) -> Iterator[Problem]:
    """The style sheets are small enough for Gmail to read them."""
    octets = sum(len((style.text or "").encode()) for style in mail.document.iter("style"))
    if octets > _STYLES:
        yield MAILS["style-size"].problem(f"The style sheets have {octets:,} bytes, more than {_STYLES:,}.")


def images(mail: Mail) -> Iterator[Problem]:
    """The images neither make the mail too heavy nor cost its readers too much."""
    inside, fetched = (
        sum(len(image.data) for image in images) for images in (mail.rendering.images, mail.rendering.served)
    )
    rule = MAILS["image-weight"]
    if inside > _REFUSED:
        said = f"The images make every mail {inside / 1e6:.1f} MB heavy, which many relays do not take."
        yield replace(rule.problem(said), severity="error")
    elif inside > _IMAGES:
        yield rule.problem(
            f"The images make every mail {inside / 1e6:.1f} MB heavy; {_IMAGES / 1e6:.0f} MB is enough."
        )
    if fetched > _IMAGES:
        yield rule.problem(
            f"Who opens the mail fetches {fetched / 1e6:.1f} MB of images; {_IMAGES / 1e6:.0f} MB is enough."
        )


def addresses(mail: Mail) -> Iterator[Problem]:
    """What our pages are to give can be fetched from them."""
    for image in mail.rendering.served[:1]:
        host = urlsplit(image.address).hostname or ""
        if _is_nowhere(host):
            yield MAILS["image-address"].problem(
                f"The images are to be fetched from {host}, where nobody else finds them.",
                Place("[newsletter] url"),
            )


def _is_nowhere(host: str) -> bool:
    try:
        return not ip_address(host).is_global
    except ValueError:
        return "." not in host or f".{host}".endswith(tuple(f".{name}" for name in _NOWHERE))
