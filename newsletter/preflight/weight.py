"""How heavy a mail is. Pure."""

from collections.abc import Iterator

from newsletter.content.post import Problem
from newsletter.issues.fitting import SIZE_LIMIT
from newsletter.preflight.mail import Mail
from newsletter.preflight.rules import MAILS

#: Bytes of HTML from which a mail comes near to where Gmail cuts. Beyond SIZE_LIMIT no issue is made.
_NEAR_LIMIT = 80_000

#: Bytes of all style sheets that Gmail reads of one mail.
_STYLES = 16_000

#: Bytes of all images that travel inside one mail.
_IMAGES = 1_000_000


def size(mail: Mail) -> Iterator[Problem]:
    """The mail is not cut off by Gmail."""
    octets = len(mail.rendering.html.encode())
    if _NEAR_LIMIT < octets <= SIZE_LIMIT:
        yield MAILS["size"].problem(f"The mail has {octets:,} bytes of HTML; Gmail cuts at about 102,000.")


def styles(mail: Mail) -> Iterator[Problem]:
    """The style sheets are small enough for Gmail to read them."""
    octets = sum(len((style.text or "").encode()) for style in mail.document.iter("style"))
    if octets > _STYLES:
        yield MAILS["style-size"].problem(f"The style sheets have {octets:,} bytes, more than {_STYLES:,}.")


def images(mail: Mail) -> Iterator[Problem]:
    """The images that travel along do not make the mail too heavy."""
    octets = sum(len(image.data) for image in mail.rendering.images)
    if octets > _IMAGES:
        yield MAILS["image-weight"].problem(
            f"The images make every mail {octets / 1e6:.1f} MB heavy; {_IMAGES / 1e6:.0f} MB is enough."
        )
