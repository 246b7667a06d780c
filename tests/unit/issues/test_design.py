"""What an author may change about the look, and that nobody can make a mail unreadable by it."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.content.post import InlineImage, Picture
from newsletter.errors import TemplateError
from newsletter.issues.colours import contrast, read_colour
from newsletter.issues.design import THEMES, Design, with_accent
from newsletter.issues.rendering import render_issue
from newsletter.issues.templating import Templates
from newsletter.preflight.judging import judge
from newsletter.preflight.mail import Mail
from tests.manuscripts import MASTHEAD, manuscript

TEMPLATES = Templates(None)
PARTS = st.integers(0, 255)


@given(st.tuples(PARTS, PARTS, PARTS))
def test_any_accent_can_be_read_in_the_dark(accent):
    """Proves that whatever colour is chosen is lightened enough for dark mode, and what stands on it is readable."""
    by_day, by_night = with_accent(accent)
    for theme_ground in ("#1a2026", "#1c1c1b", "#181d26"):
        assert contrast(read_colour(by_night["accent"]), read_colour(theme_ground)) >= 4.5
    for chosen in (by_day, by_night):
        assert contrast(read_colour(chosen["accent"]), read_colour(chosen["on_accent"])) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
def test_a_theme_is_sound(theme):
    """Proves that each theme passes preflight by day and in the dark."""
    posts = [manuscript("The harbour wakes at five"), manuscript("A letter about fog"), manuscript("Mud")]
    masthead = replace(MASTHEAD, design=Design(theme=theme))
    rendering = render_issue(posts, masthead, TEMPLATES, body="full", note=None)
    assert judge(Mail(rendering, posts, "en"), silenced=["preheader-length"]) == ()


def test_colours_faces_and_width_are_the_authors():
    """Proves that what is set stands in the mail, and that the rest of the theme stays."""
    light, dark = with_accent((138, 28, 74))
    design = Design("signal", light, dark, {"headings": "Rockwell, serif"}, width=520)
    rendering = render_issue(
        [manuscript()], replace(MASTHEAD, design=design), TEMPLATES, body="full", note=None
    )
    assert "#8a1c4a" in rendering.html
    assert "#2450c8" not in rendering.html
    assert "font-family:Rockwell,serif" in rendering.html
    assert "max-width:520px" in rendering.html
    assert 'width="520"' in rendering.html


@pytest.mark.parametrize("posts", [1, 3])
def test_a_logo_stands_for_the_title(posts):
    """Proves that a logo is shown in place of the title, says it to those who do not see it, and travels along."""
    file = InlineImage("abc@images.newsletter", "image/png", "logo.png", b"x")
    design = Design(logo=Picture(f"cid:{file.cid}", "Tide Notes", 180, 40), logo_file=file)
    chosen = [manuscript(title) for title in ("One", "Two", "Three")[:posts]]
    rendering = render_issue(chosen, replace(MASTHEAD, design=design), TEMPLATES, body="full", note=None)
    assert 'src="cid:abc@images.newsletter" alt="Tide Notes" width="180" height="40"' in rendering.html
    assert rendering.images == (file,)


def test_a_theme_that_is_not_there():
    """Proves that a misspelt theme is told, with the places that were looked at."""
    with pytest.raises(TemplateError, match=r"email/themes/harbor\.jinja"):
        render_issue(
            [manuscript()], replace(MASTHEAD, design=Design("harbor")), TEMPLATES, body="full", note=None
        )
