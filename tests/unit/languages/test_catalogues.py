"""Every word for readers is there in every language, with all of its values, and nothing is kept that nobody says."""

import re
from dataclasses import replace
from types import SimpleNamespace

import pytest

from newsletter.issues.templating import Templates
from newsletter.languages import OFFERED, choose, direction, nearest, words
from newsletter.languages.words import day
from tests.manuscripts import MASTHEAD
from tests.messages import catalogue, messages

READER = SimpleNamespace(email="a&b@example.org")
OTHERS = [language for language in OFFERED if language != "en"]
_VALUE = re.compile(r"%\(\w+\)s")


@pytest.mark.parametrize("language", OTHERS)
def test_a_catalogue_is_whole(language: str) -> None:
    """Proves that no message is missing, stale or empty, and that no value is lost or invented."""
    translated = {str(message.id): str(message.string) for message in catalogue(language) if message.id}
    assert translated.keys() == messages().keys()
    for message, said in translated.items():
        assert said.strip(), message
        assert sorted(_VALUE.findall(said)) == sorted(_VALUE.findall(message)), message
        assert not any(message.fuzzy for message in catalogue(language))


@pytest.mark.parametrize("language", OTHERS)
def test_a_language_is_spoken(language: str) -> None:
    """Proves that what is said differs from English, nearly always."""
    told = [words(language).gettext(message) != message for message in messages()]
    assert sum(told) / len(told) > 0.95


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("pt-BR,pt;q=0.9,en;q=0.8", "pt"),
        ("tlh,de;q=0.3", "de"),
        ("fr;q=0.2,ja;q=0.9", "ja"),
        ("*", "es"),
        ("", "es"),
        ("de;q=0", "es"),
        ("x" * 5000, "es"),
        ("en;q=nonsense,it", "it"),
    ],
)
def test_the_visitors_language(accepted: str, language: str) -> None:
    """Proves that a browser's wishes are heeded in their order, and that the newsletter's own is spoken else."""
    assert choose(accepted, "es") == language


def test_days_and_directions() -> None:
    """Proves that dates are written as each language writes them, and that Arabic runs from right to left."""
    from datetime import datetime

    moment = datetime(2026, 11, 9)  # noqa: DTZ001 - only the day counts
    assert [day(moment, language) for language in ("en", "de", "ja")] == [
        "9 November 2026", "9. November 2026", "2026年11月9日",
    ]  # fmt: skip
    assert [direction(language) for language in ("en", "ar", "he-IL", "xx")] == ["ltr", "rtl", "rtl", "ltr"]
    assert [nearest(language) for language in ("pt-BR", "de_AT", "sw")] == ["pt", "de", "en"]


def test_values_keep_their_direction() -> None:
    """Proves that an address among Arabic words is set apart, escaped as ever, and left alone among Latin ones."""
    templates = Templates(None)
    told = {"masthead": MASTHEAD, "direction": "rtl", "languages": {}, "reader": READER, "token": "x"}
    arabic = templates.render(
        "web/confirm.html", **{**told, "masthead": replace(MASTHEAD, language="ar")}, language="ar"
    )
    assert "\u2068a&amp;b@example.org\u2069" in arabic
    assert "\u2068" not in templates.render("web/confirm.html", **told, language="en")
