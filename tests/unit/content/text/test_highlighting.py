"""Code in colours."""

import re
from itertools import product

import pytest

from newsletter.content.text.highlighting import BACKGROUND, COLOURS, LONGEST, highlight

_PANEL = "#f6f3ec"  # on which our own templates show code


def _luminance(colour: str) -> float:
    """Return the relative luminance of a colour (WCAG 2.2, definition)."""
    channels = [int(colour[position : position + 2], 16) / 255 for position in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


_INKS = sorted({found for style in COLOURS.values() for found in re.findall(r"#[0-9a-f]{6}", style)})


@pytest.mark.parametrize(("ink", "ground"), list(product(_INKS, [BACKGROUND, _PANEL])))
def test_every_colour_can_be_read(ink: str, ground: str) -> None:
    """WCAG 2.2, 1.4.3: at least 4.5 : 1 for text of this size."""
    assert _contrast(ink, ground) >= 4.5


def test_known_code_is_coloured_and_its_text_is_unchanged() -> None:
    """Without the tags, what is left is the code."""
    html = highlight('def tide(x: int) -> str:\n    """<b>"""\n    return f"{x}"  # & on\n', "python")
    assert '<span style="color:#b31d28">def </span>' in html
    assert re.sub(r"<[^>]*>", "", html) == (
        'def tide(x: int) -&gt; str:\n    """&lt;b&gt;"""\n    return f"{x}"  # &amp; on\n'
    )


@pytest.mark.parametrize("language", ["", "no-such-language", "text", "../etc"])
def test_unknown_code_is_shown_without_colours(language: str) -> None:
    """A language that nobody knows is no reason to fail."""
    assert highlight("a < b\n", language) == "a &lt; b\n"


def test_code_beyond_measure_is_shown_without_colours() -> None:
    """Colours of a hundred pages are worth nobody's time."""
    assert "<span" not in highlight("x = 1\n" * LONGEST, "python")


def test_leading_and_trailing_blank_lines_stay() -> None:
    """A lexer would strip them."""
    assert re.sub(r"<[^>]*>", "", highlight("\n\nx = 1", "python")) == "\n\nx = 1"
