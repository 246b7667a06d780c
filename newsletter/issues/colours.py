"""Colours as style sheets write them, and how well one can be read on another. Pure."""

import re

Colour = tuple[int, int, int]

_HEX = re.compile(r"#([0-9a-f]{3}|[0-9a-f]{6})", re.IGNORECASE)
_RGB = re.compile(r"rgb\(\s*(\d{1,3})[,\s]+(\d{1,3})[,\s]+(\d{1,3})\s*\)", re.IGNORECASE)

#: The names that people use; a name that is not here is not judged.
_NAMES = {
    "black": (0, 0, 0), "silver": (192, 192, 192), "gray": (128, 128, 128), "grey": (128, 128, 128),
    "white": (255, 255, 255), "maroon": (128, 0, 0), "red": (255, 0, 0), "purple": (128, 0, 128),
    "green": (0, 128, 0), "olive": (128, 128, 0), "navy": (0, 0, 128), "blue": (0, 0, 255), "teal": (0, 128, 128),
}  # fmt: skip


def read_colour(text: str) -> Colour | None:
    """Return the colour that a value such as `#0b5c73`, `rgb(11, 92, 115)` or `navy` names; None for another."""
    text = text.strip().lower()
    if found := _HEX.fullmatch(text):
        digits = found[1] if len(found[1]) == 6 else "".join(2 * digit for digit in found[1])
        return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16)
    if found := _RGB.fullmatch(text):
        red, green, blue = (min(255, int(part)) for part in found.groups())
        return red, green, blue
    return _NAMES.get(text)


def write_colour(colour: Colour) -> str:
    """Return a colour as `#0b5c73`."""
    return "#{:02x}{:02x}{:02x}".format(*colour)


def contrast(one: Colour, other: Colour) -> float:
    """Return the contrast of two colours, from 1 (none) to 21 (WCAG 2.2, definition of contrast ratio)."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: Colour) -> float:
    """Return the relative luminance (WCAG 2.2)."""
    red, green, blue = (_linear(part / 255) for part in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)
