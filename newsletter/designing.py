"""The design of a site: what [design] says, with its logo read from the site's directory."""

from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

from newsletter.content.post import InlineImage, Picture
from newsletter.content.text.fitting.imagesize import read_image_facts
from newsletter.content.text.fitting.scaling import scale
from newsletter.errors import SettingsError
from newsletter.issues.colours import read_colour
from newsletter.issues.design import Design, with_accent
from newsletter.settings import FILE_NAME, Settings


def design_of(settings: Settings) -> Design:
    """Make the design that the settings describe. Raises SettingsError for a logo that cannot be shown."""
    own = settings.design
    light: dict[str, str] = {}
    dark: dict[str, str] = {}
    if accent := read_colour(own.accent):
        light, dark = with_accent(accent)
    if accent := read_colour(own.accent_dark):
        dark = with_accent(accent)[0]
    logo, file = _logo(settings) if own.logo else (None, None)
    return Design(
        theme=own.theme,
        light=light,
        dark=dark,
        faces={name: face for name, face in (("headings", own.headings), ("text", own.text)) if face},
        width=own.width,
        logo=logo,
        logo_file=file,
    )


def _logo(settings: Settings) -> tuple[Picture, InlineImage | None]:
    own, title = settings.design, settings.newsletter.title
    if urlsplit(own.logo).scheme in ("http", "https"):
        return Picture(own.logo, title, own.logo_width), None
    path = settings.directory / Path(own.logo).expanduser()
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SettingsError(
            f"{FILE_NAME}: [design] logo = {own.logo!r} cannot be read: {error}.",
            remedy="Name a picture that is there, relative to the site's directory.",
        ) from error
    facts = read_image_facts(data)
    scaled = scale(data, facts, own.logo_width, settings.design.width) if facts else None
    if scaled is None:
        raise SettingsError(
            f"{FILE_NAME}: [design] logo = {own.logo!r} is no image that can be shown.",
            remedy="Name a PNG, JPEG, GIF or SVG file.",
        )
    cid = f"{sha256(scaled.data).hexdigest()[:24]}@images.newsletter"
    height = max(1, round(scaled.natural[1] * own.logo_width / scaled.natural[0]))
    ending = scaled.content_type.removeprefix("image/")
    file = InlineImage(cid, scaled.content_type, f"logo.{ending}", scaled.data)
    return Picture(f"cid:{cid}", title, own.logo_width, height), file
