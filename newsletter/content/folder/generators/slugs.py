"""Slugs as each generator makes them from a title or a file name."""

import re
import unicodedata

#: Letters that no decomposition turns into ASCII, as unidecode and Rust's deunicode write them.
_LETTERS = str.maketrans(
    {"ß": "ss", "æ": "ae", "Æ": "AE", "ø": "o", "Ø": "O", "œ": "oe", "Œ": "OE", "ł": "l", "Ł": "L", "đ": "d",
     "Đ": "D", "ð": "d", "Ð": "D", "þ": "th", "Þ": "Th", "ı": "i", "–": "-", "—": "-", "‘": "'", "’": "'",
     "“": '"', "”": '"', "…": "...",
     "⁄": "/"}
)  # fmt: skip


def ascii_text(text: str) -> str | None:
    """Return a text in ASCII, accents removed; None where that takes a dictionary (Chinese, emoji, currencies)."""
    plain = unicodedata.normalize("NFKD", text.translate(_LETTERS)).translate(_LETTERS)
    kept: list[str] = []
    for character in plain:
        kind = unicodedata.category(character)
        if ord(character) < 128:
            kept.append(character)
        elif kind.startswith("Z"):
            kept.append(" ")
        elif kind.startswith(("L", "N", "S")):
            return None
    return "".join(kept)


def zola(text: str) -> str | None:
    """The `slug` crate: ASCII, lower case, all else one hyphen."""
    plain = ascii_text(text)
    return None if plain is None else re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")


def zola_safe(text: str) -> str:
    """Zola, utils/slugs.rs, strategy `safe`: only what a file name cannot hold is removed."""
    return re.sub(r'[<>:"/\\|?*]', "", text.rstrip(" ."))


def pelican(text: str) -> str | None:
    """Pelican, utils.slugify with the default SLUG_REGEX_SUBSTITUTIONS."""
    plain = ascii_text(re.sub(r"<[^>]*>", "", text))
    return None if plain is None else re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", plain).strip()).lower()


def jekyll_pretty(text: str) -> str:
    """Jekyll, Utils.slugify, mode `pretty`, letter case kept: `:title` of a permalink."""
    return re.sub(r"[^\w.~!$&'()+,;=@]+", "-", text).strip("-")


def jekyll(text: str) -> str:
    """Jekyll, Utils.slugify, mode `default`: `:slug` of a permalink."""
    return re.sub(r"[\W_]+", "-", text).strip("-").lower()


def hugo(text: str) -> str:
    """Hugo, helpers/path.go, UnicodeSanitize: blanks become hyphens, other signs go; lower case."""
    kept: list[str] = []
    blank = False
    for character in text.strip():
        if (
            character.isalnum()
            or character in "./\\_#+~-@"
            or unicodedata.category(character).startswith("M")
        ):
            if blank and character != "-" and kept and kept[-1] != "-":
                kept.append("-")
            kept.append(character)
            blank = False
        elif character.isspace():
            blank = True
    return "".join(kept).lower()


def astro(text: str) -> str:
    """github-slugger: lower case, punctuation removed, each blank a hyphen."""
    return re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")
