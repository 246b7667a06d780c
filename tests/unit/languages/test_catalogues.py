"""Every word for readers is there in every language, with all of its values, and nothing is kept that nobody says."""

import re
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from newsletter.issues.templating import Templates
from newsletter.languages import OFFERED, choose, direction, nearest, offered, own_name, words
from newsletter.languages.words import day, listed, spoken
from tests.manuscripts import MASTHEAD
from tests.messages import catalogue, messages, said_in

READER = SimpleNamespace(email="a&b@example.org")
OTHERS = [language for language in OFFERED if language != "en"]
_VALUE = re.compile(r"%\(\w+\)s")


@pytest.mark.parametrize("language", OTHERS)
def test_a_catalogue_is_whole(language: str) -> None:
    """Proves that no message is missing, stale or empty, and that no value is lost or invented."""
    translated = said_in(language)
    assert translated.keys() == messages().keys()
    for message, forms in translated.items():
        english = message if isinstance(message, str) else message[1]
        for said in forms:
            assert said.strip(), message
            may_lack = set() if isinstance(message, str) else {"%(number)s"}  # “two minutes” is one word
            assert sorted({*_VALUE.findall(said), *may_lack}) == sorted(
                {*_VALUE.findall(english), *may_lack}
            ), message
    assert not any(message.fuzzy for message in catalogue(language))


@pytest.mark.parametrize("language", OTHERS)
def test_a_language_is_spoken(language: str) -> None:
    """Proves that what is said differs from English, nearly always."""
    told = [words(language).gettext(message) != message for message in messages() if isinstance(message, str)]
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


def test_a_newsletter_in_a_language_that_we_do_not_speak() -> None:
    """Proves that its readers may choose its language, and are taken to want it where their browser says so."""
    assert offered("sv") == (*OFFERED, "sv")
    assert offered("pt-BR") == OFFERED
    accepted = ("sv-SE,sv;q=0.9,en;q=0.5", "de", "tlh", "")
    assert [choose(wanted, "sv") for wanted in accepted] == ["sv", "de", "sv", "sv"]
    assert (own_name("sv"), own_name("tlh")) == ("Svenska", "tlh")


def test_days_and_directions() -> None:
    """Proves that dates are written as each language writes them, and that Arabic runs from right to left."""
    from datetime import datetime

    moment = datetime(2026, 11, 9)  # noqa: DTZ001 - only the day counts
    assert [day(moment, language) for language in ("en", "de", "ja")] == [
        "9 November 2026", "9. November 2026", "2026年11月9日",
    ]  # fmt: skip
    assert [direction(language) for language in ("en", "ar", "he-IL", "xx")] == ["ltr", "rtl", "rtl", "ltr"]
    assert [nearest(language) for language in ("pt-BR", "de_AT", "sw")] == ["pt", "de", "en"]


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (
            "pl",
            {1: "1 minuta", 3: "3 minuty", 5: "5 minut", 22: "22 minuty", 25: "25 minut", 112: "112 minut"},
        ),
        (
            "ar",
            {1: "دقيقة واحدة", 2: "دقيقتين", 3: "3 دقائق", 10: "10 دقائق", 11: "11 دقيقة", 100: "100 دقيقة"},
        ),
        ("fr", {1: "1 minute", 2: "2 minutes", 1234: "1\u202f234 minutes"}),
        ("ja", {1: "1分", 7: "7分"}),
        ("de", {1: "1 Minute", 1234: "1.234 Minuten"}),
        ("en", {1: "1 minute", 1234: "1,234 minutes"}),
    ],
)
def test_numbers_take_the_form_that_their_language_has(
    tmp_path: Path, language: str, said: dict[int, str]
) -> None:
    """Proves that numbers and their nouns agree as in Polish, Arabic and the others, through a template."""
    (tmp_path / "minutes.txt").write_text(
        '{{ ngettext("%(number)s minute", "%(number)s minutes", count) }}', "utf-8"
    )
    templates = Templates(tmp_path)
    for count, words_ in said.items():
        told = templates.render("minutes.txt", language=language, count=count)
        assert words_ in told, told


def test_names_are_listed_as_a_language_does() -> None:
    """Proves that two and three names are joined as each language joins them."""
    names = ["Ana", "Bo", "Cy"]
    assert [listed(names, language) for language in ("en", "de", "ja", "ar")] == [
        "Ana, Bo and Cy", "Ana, Bo und Cy", "Ana、Bo、Cy", "Ana وBo وCy",
    ]  # fmt: skip
    assert listed(names[:1], "de") == "Ana"


def test_the_language_of_a_mail() -> None:
    """Proves that readers hear their own language where we speak it, and else the newsletter's, with its region."""
    assert [spoken(language, "en-GB") for language in ("de-AT", "en", "en-US", "sw", "")] == [
        "de", "en-GB", "en-GB", "en-GB", "en-GB",
    ]  # fmt: skip
    assert [spoken(language, "sw") for language in ("sw", "de", "tlh")] == ["sw", "de", "sw"]


def test_a_template_of_the_authors_own_may_speak(tmp_path: Path) -> None:
    """Proves that words in no catalogue are said as they are, known ones in the language, and none is needed."""
    (tmp_path / "own.html").write_text(
        '{{ _("Good tides, %(name)s & 5%%!", name="A&B") }} {{ _("100% own") }} {{ _("") }} {{ _("Unsubscribe") }}',
        "utf-8",
    )
    assert (
        Templates(tmp_path).render("own.html", language="de")
        == "Good tides, A&amp;B & 5%! 100% own  Abmelden"
    )


def test_values_keep_their_direction() -> None:
    """Proves that an address among Arabic words is set apart, escaped as ever, and left alone among Latin ones."""
    templates = Templates(None)
    told = {"masthead": MASTHEAD, "direction": "rtl", "languages": {}, "reader": READER, "token": "x"}
    arabic = templates.render(
        "web/confirm.html", **{**told, "masthead": replace(MASTHEAD, language="ar")}, language="ar"
    )
    assert "\u2068a&amp;b@example.org\u2069" in arabic
    assert "\u2068" not in templates.render("web/confirm.html", **told, language="en")
