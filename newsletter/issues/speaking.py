"""How templates speak: our words, days and lists in the language that a template is filled in."""

from collections.abc import Iterable
from datetime import datetime

from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from newsletter.languages import day, direction, listed, number, words

#: The name by which templates know the language that they are filled in.
SPOKEN = "our_language"

#: A value, isolated from the direction of the words around it (Unicode Standard Annex 9, section 2.4).
_ISOLATED = "\u2068%s\u2069"
_MARKS = str.maketrans("", "", "\u2068\u2069")


def language_of(facts: dict[str, object]) -> str:
    """Return the language that a template is filled in: that of its masthead, or the one given."""
    return str(getattr(facts.get("masthead"), "language", facts.get("language", "en")))


def one_line(text: str) -> str:
    """Put what an inbox lists on one line, without the marks around values, which filters take for a disguise."""
    return " ".join(text.translate(_MARKS).split())


@pass_context
def say(context: Context, message: str, /, **values: object) -> str:
    """Say something in the reader's language; `%(name)s` is filled with a value, escaped where the template is HTML."""
    said = (
        words(_language(context)).gettext(message) if message else ""
    )  # gettext keeps its own notes under ""
    return _filled(context, said, values)


@pass_context
def say_number(context: Context, one: str, many: str, count: int, /, **values: object) -> str:
    """Say something of a number, in the plural form that the language has for it; `%(number)s` is the number."""
    language = _language(context)
    said = words(language).ngettext(one, many, count)
    return _filled(context, said, values, number=number(count, language))


@pass_context
def write_day(context: Context, moment: datetime) -> str:
    """Write a day as the reader's language does."""
    return day(moment, _language(context))


@pass_context
def write_list(context: Context, names: Iterable[str]) -> str:
    """Join names as the reader's language does."""
    language = _language(context)
    isolated = [_ISOLATED % name if direction(language) == "rtl" else name for name in names]
    return listed(isolated, language)


def _language(context: Context) -> str:
    """Return the language that is spoken; English in a macro that was imported without context."""
    return str(context.get(SPOKEN, "en"))


def _filled(context: Context, said: str, values: dict[str, object], **ours: str) -> str:
    is_html = context.eval_ctx.autoescape
    if (
        direction(_language(context)) == "rtl"
    ):  # an address keeps its order among Arabic words, and they theirs
        frame = Markup(_ISOLATED) if is_html else _ISOLATED  # noqa: S704 - our own characters
        values = {name: frame % (value,) for name, value in values.items()}
    message = Markup(said) if is_html else said  # noqa: S704 - our own words
    return message % {**values, **ours} if values or ours else message
