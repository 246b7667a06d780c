"""The small phrases of a mail: dates, durations, lists, lines of text. Templates use them as filters."""

import textwrap
from collections.abc import Iterable
from datetime import datetime
from math import ceil
from typing import Literal

#: Silent reading of non-fiction in English: 238 words a minute (Brysbaert, J. Mem. Lang. 109, 2019).
WORDS_A_MINUTE = 238

#: Width of a line in the text part: quoted once in an answer it still fits 80 columns.
TEXT_WIDTH = 76

_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip

# Unicode CLDR, layout/orientation: the languages, and the scripts that a tag may name instead.
_RTL_LANGUAGES = frozenset(
    ["ar", "arc", "ckb", "dv", "fa", "he", "iw", "ks", "nqo", "ps", "sd", "syr", "ug", "ur", "yi"]
)
_RTL_SCRIPTS = frozenset(["adlm", "arab", "aran", "hebr", "mand", "nkoo", "rohg", "samr", "syrc", "thaa"])


def day(moment: datetime) -> str:
    """Return the day of `moment`, in the time zone that it is given in: `9 November 2026`."""
    return f"{moment.day} {_MONTHS[moment.month - 1]} {moment.year}"


def direction(language: str) -> Literal["ltr", "rtl"]:
    """Return which way the script of a language (a BCP 47 tag) runs."""
    tags = language.lower().split("-")
    if len(tags) > 1 and len(tags[1]) == 4:  # a script is named: it decides
        return "rtl" if tags[1] in _RTL_SCRIPTS else "ltr"
    return "rtl" if tags[0] in _RTL_LANGUAGES else "ltr"


def minutes(words: int) -> int:
    """Return how many minutes `words` take to read, at least one."""
    return max(1, ceil(words / WORDS_A_MINUTE))


def listed(names: Iterable[str], last: str = "and") -> str:
    """Join names as a sentence does: `A`, `A and B`, `A, B and C`."""
    *some, final = list(names) or [""]
    return f"{', '.join(some)} {last} {final}" if some else final


#: What readers call the cadences that most newsletters have; another one is called as its author named it.
CADENCES = {
    "each": "Each post as it appears",
    "daily": "Once a day",
    "weekly": "Once a week",
    "monthly": "Once a month",
}


def cadence(name: str) -> str:
    """Return what readers call a cadence."""
    return CADENCES.get(name, name.replace("-", " ").replace("_", " ").capitalize())


def shorten(text: str, limit: int) -> str:
    """Return `text` on one line of at most `limit` characters, cut between words where it can be."""
    text = " ".join(text.split())
    if len(text) <= limit:
        return text
    kept = text[: limit - 1]
    head, space, _ = kept.rpartition(" ")
    if space and len(head) >= limit // 2:  # a script without spaces is cut where the limit is
        kept = head
    return kept.rstrip(" ,;:.–—-") + "…"


def wrap(text: str, width: int = TEXT_WIDTH, indent: str = "") -> str:
    """Fill the paragraphs of `text` to `width` columns; long words and addresses stay whole.

    Lines after a paragraph's first begin with `indent`.
    """
    return "\n\n".join(
        textwrap.fill(
            " ".join(paragraph.split()),
            width,
            subsequent_indent=indent,
            break_long_words=False,
            break_on_hyphens=False,
        )
        for paragraph in text.split("\n\n")
    )
