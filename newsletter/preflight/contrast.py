"""Whether all that is written in a mail can be read, in light and in dark (WCAG 2.2, success criterion 1.4.3). Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial

from lxml.html import HtmlElement

from newsletter.content.post import Problem
from newsletter.issues.colours import Colour, contrast, read_colour, write_colour
from newsletter.preflight.mail import Mail, is_hidden
from newsletter.preflight.rules import MAILS
from newsletter.preflight.styles import Style, dark_styles, style_of

#: The least contrast of text, and of large text: from 24 pixels, or 18.66 where it is bold.
_LEAST, _LEAST_LARGE = 4.5, 3.0
_LARGE, _LARGE_BOLD = 24.0, 18.66


@dataclass(frozen=True, slots=True)
class _Look:
    """How text looks at one place; everything is inherited from the place around it."""

    ink: Colour = (0, 0, 0)
    ground: Colour = (255, 255, 255)
    pixels: float = 16.0
    is_bold: bool = False

    def within(self, tag: str, style: Mapping[str, str]) -> "_Look":
        ink, ground = read_colour(style.get("color", "")), read_colour(style.get("background-color", ""))
        weight = style.get("font-weight", "bold" if tag in ("b", "strong", "th") or _is_heading(tag) else "")
        return replace(
            self,
            ink=ink or self.ink,
            ground=ground or self.ground,
            pixels=_pixels(style.get("font-size", "")) or self.pixels,
            is_bold=weight in ("bold", "bolder", "600", "700", "800", "900") if weight else self.is_bold,
        )

    @property
    def least(self) -> float:
        return _LEAST_LARGE if self.pixels >= (_LARGE_BOLD if self.is_bold else _LARGE) else _LEAST


def in_light(mail: Mail) -> Iterator[Problem]:
    """All that is written can be read by daylight."""
    yield from _judge(mail, "contrast", {})


def in_dark(mail: Mail) -> Iterator[Problem]:
    """All that is written can be read in dark mode, where the mail has rules for it."""
    changed = dark_styles(mail.document)
    if changed:
        yield from _judge(mail, "contrast-dark", changed)


def _judge(mail: Mail, name: str, changed: Mapping[HtmlElement, Style]) -> Iterator[Problem]:
    seen: set[tuple[Colour, Colour]] = set()
    for text, look in _looks(mail.document, _Look(), changed):
        ratio = contrast(look.ink, look.ground)
        if ratio < look.least and (look.ink, look.ground) not in seen:
            seen.add((look.ink, look.ground))
            words = " ".join(text.split())
            yield MAILS[name].problem(
                f"“{words[:40]}” is written in {write_colour(look.ink)} on {write_colour(look.ground)},"
                f" a contrast of {ratio:.1f} to 1; it takes {look.least}.",
                mail.place_of(words),
            )


def _looks(
    element: HtmlElement, around: _Look, changed: Mapping[HtmlElement, Style]
) -> Iterator[tuple[str, _Look]]:
    if not isinstance(element.tag, str) or element.tag in ("head", "style", "title") or is_hidden(element):
        return
    look = around.within(element.tag, style_of(element) | changed.get(element, {}))
    if element.text and element.text.strip():
        yield element.text, look
    within = partial(_looks, around=look, changed=changed)
    for child in element:
        yield from within(child)
        if child.tail and child.tail.strip():
            yield child.tail, look


def _is_heading(tag: str) -> bool:
    return len(tag) == 2 and tag[0] == "h" and tag[1].isdigit()


def _pixels(size: str) -> float | None:
    number = size.removesuffix("px")
    return float(number) if size.endswith("px") and number.replace(".", "", 1).isdigit() else None
