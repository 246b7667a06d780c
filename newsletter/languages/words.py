"""Our words in each language: English stands in the code and the templates, the others in catalogues of gettext.

A catalogue is read when its language is first spoken, and kept.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from gettext import GNUTranslations, NullTranslations
from importlib.resources import files
from io import BytesIO
from typing import Literal

from babel import Locale, UnknownLocaleError, negotiate_locale
from babel.dates import format_date
from babel.lists import format_list
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

#: The languages that we speak, by their tags (BCP 47); all but English have a catalogue.
OFFERED = ("en", "de", "fr", "es", "it", "nl", "pt", "pl", "ja", "ar")

Words = NullTranslations


@cache
def words(language: str) -> Words:
    """Return our words in a language, or in English where we do not speak it."""
    tag = nearest(language)
    catalogue = files(__package__).joinpath(f"catalogues/{tag}.po")
    if not catalogue.is_file():
        return NullTranslations()
    with catalogue.open("rb") as file:
        compiled = BytesIO()
        write_mo(compiled, read_po(file, locale=tag, abort_invalid=True))
    compiled.seek(0)
    return GNUTranslations(compiled)


def nearest(language: str) -> str:
    """Return the language of ours that is nearest to a tag: `pt` for `pt-BR`, and `en` for what we do not speak."""
    bare = _bare(language)
    return bare if bare in OFFERED else "en"


def spoken(language: str, own: str) -> str:
    """Return the language of a mail to a reader: theirs where we speak it, else the newsletter's `own`.

    A newsletter that names a region keeps it for all who share its language: `en` is `en-GB` there.
    """
    bare = _bare(language)
    return bare if bare in OFFERED and bare != _bare(own) else own


def _bare(language: str) -> str:
    return language.lower().replace("_", "-").partition("-")[0]


def choose(accepted: str, default: str) -> str:
    """Return the language to speak to a visitor by what their browser accepts (RFC 9110, section 12.5.4).

    It is one of ours or the newsletter's own, `default`, in which its author may have written templates.
    """
    wanted = []
    for position, part in enumerate(accepted.split(",")[:20]):
        tag, _, weight = part.strip().partition(";")
        try:
            quality = float(weight.strip().removeprefix("q=")) if weight else 1.0
        except ValueError:
            quality = 0.0
        if quality > 0 and tag:
            wanted.append((-quality, position, tag.strip().replace("-", "_")))
    own = default.replace("-", "_")
    found = negotiate_locale([tag for *_, tag in sorted(wanted)], [*OFFERED, own]) if wanted else None
    return default if found in (None, own) else found


def offered(own: str) -> tuple[str, ...]:
    """Return the languages that a reader may choose: those that we speak, and the newsletter's own."""
    return OFFERED if _bare(own) in OFFERED else (*OFFERED, own)


@cache
def own_name(language: str) -> str:
    """Return what a language calls itself: `Deutsch` for `de`; its tag where nobody has told us."""
    try:
        locale = Locale.parse(language, sep="-")
    except (UnknownLocaleError, ValueError):
        return language
    return (locale.get_display_name() or language).capitalize()


@cache
def direction(language: str) -> Literal["ltr", "rtl"]:
    """Return which way the script of a language (a BCP 47 tag) runs."""
    try:
        runs = Locale.parse(language, sep="-").character_order
    except (UnknownLocaleError, ValueError):
        return "ltr"
    return "rtl" if runs == "right-to-left" else "ltr"


def day(moment: datetime, language: str) -> str:
    """Return the day of `moment`, in the time zone that it is given in, as a language writes it: `9 November 2026`."""
    return format_date(moment.date(), format="long", locale=_locale(language))


def number(value: int, language: str) -> str:
    """Return a number as a language writes it: `1,234`."""
    return format_decimal(value, locale=_locale(language))


def listed(names: Sequence[str], language: str) -> str:
    """Join names as a sentence of a language does: `A`, `A and B`, `A, B and C`."""
    return format_list(names, locale=_locale(language))


def _locale(language: str) -> str:
    tag = nearest(language)
    return "en_GB" if tag == "en" else tag
