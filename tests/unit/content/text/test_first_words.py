"""What a digest shows of a post whose author marked no summary."""

import pytest

from tests.texts import manuscript

LONG = "The wind went round on Thursday night, and by first light there was a swell on the bar."


@pytest.mark.parametrize(
    ("body", "summary"),
    [
        (f"{LONG}\n\nMore of it.", LONG),
        (f"Hello everybody!\n\n{LONG}\n\nMore of it.", f"Hello everybody!\n\n{LONG}"),
        (f"# A heading\n\n![a picture](/a.png)\n\n{LONG}", LONG),
        ("Short.", "Short."),
    ],
)
def test_the_first_paragraph_that_says_something(body: str, summary: str) -> None:
    """A greeting alone is no summary, and neither is a heading or a picture."""
    assert manuscript(body).summary_text.replace(" \n", " ") == summary
