"""The small phrases of a mail: durations, names of cadences, lines of text. Templates use them as filters."""

from math import ceil
from typing import Literal

from newsletter.content.text.plaintext import wrapping

#: Silent reading of non-fiction in English: 238 words a minute (Brysbaert, J. Mem. Lang. 109, 2019).
WORDS_A_MINUTE = 238

#: Width of a line in the text part: quoted once in an answer it still fits 80 columns.
TEXT_WIDTH = 76

# Unicode CLDR, layout/orientation: the languages, and the scripts that a tag may name instead.
_RTL_LANGUAGES = frozenset(
    ["ar", "arc", "ckb", "dv", "fa", "he", "iw", "ks", "nqo", "ps", "sd", "syr", "ug", "ur", "yi"]
)
_RTL_SCRIPTS = frozenset(["adlm", "arab", "aran", "hebr", "mand", "nkoo", "rohg", "samr", "syrc", "thaa"])


def direction(language: str) -> Literal["ltr", "rtl"]:
    """Return which way the script of a language (a BCP 47 tag) runs."""
    tags = language.lower().split("-")
    if len(tags) > 1 and len(tags[1]) == 4:  # a script is named: it decides
        return "rtl" if tags[1] in _RTL_SCRIPTS else "ltr"
    return "rtl" if tags[0] in _RTL_LANGUAGES else "ltr"


def minutes(words: int) -> int:
    """Return how many minutes `words` take to read, at least one."""
    return max(1, ceil(words / WORDS_A_MINUTE))


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
    room = width - len(indent)
    return "\n\n".join(
        f"\n{indent}".join(wrapping.wrap(paragraph.strip(), room)) for paragraph in text.split("\n\n")
    )
