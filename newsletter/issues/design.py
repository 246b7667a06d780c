"""How a newsletter looks, as far as its author chooses it without touching a template. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from newsletter.content.post import InlineImage, Picture
from newsletter.issues.colours import Colour, contrast, write_colour

#: The themes that we ship, each a file under templates/email/themes.
THEMES = ("harbour", "paper", "signal")

#: Width of the page in pixels; what is left of it for text.
WIDTH = 600
_MARGINS = 64


@dataclass(frozen=True, slots=True)
class Design:
    """A theme, and what the author has instead of it: colours (light and dark) and faces, by the theme's own names.

    `logo` is shown in place of the title's text; `logo_file` is its image where it travels inside the mail.
    """

    theme: str = "harbour"
    light: Mapping[str, str] = field(default_factory=dict)
    dark: Mapping[str, str] = field(default_factory=dict)
    faces: Mapping[str, str] = field(default_factory=dict)
    width: int = WIDTH
    logo: Picture | None = None
    logo_file: InlineImage | None = None

    @property
    def measure(self) -> int:
        """Width of the text and of pictures in it, in pixels."""
        return self.width - _MARGINS


#: The lightest of the grounds that our themes have in the dark, and the contrast that an accent has with it.
_LIGHTEST_GROUND = (0x24, 0x2C, 0x33)
_READABLE = 5.0

#: What may stand on an accent: near white or near black, and the pure ones for the few colours that take no other.
_INKS = ((0xFD, 0xFB, 0xF6), (0x14, 0x18, 0x1B), (255, 255, 255), (0, 0, 0))


def with_accent(accent: Colour) -> tuple[dict[str, str], dict[str, str]]:
    """Return what an accent colour changes by day and in the dark, where it is lightened until it can be read.

    What stands on it is near white where that can be read, else near black.
    """
    by_night = accent
    while contrast(by_night, _LIGHTEST_GROUND) < _READABLE:
        red, green, blue = ((9 * part + 255) // 10 + 1 for part in by_night)
        by_night = min(red, 255), min(green, 255), min(blue, 255)
    return _accents(accent), _accents(by_night)


def _accents(accent: Colour) -> dict[str, str]:
    on_accent = next(ink for ink in _INKS if contrast(ink, accent) >= 4.5)
    return {"accent": write_colour(accent), "on_accent": write_colour(on_accent)}
