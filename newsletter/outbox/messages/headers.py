"""Header fields as bytes: folded where RFC 5322 allows, encoded where RFC 2047 does, and nowhere else. Pure.

The standard library's policies do not write them: they turn a long List-Unsubscribe into `=?utf-8?q?…`, which
ends one-click unsubscribing, put a local part beyond ASCII into an encoded-word, and make encoded-words of 76
characters, one more than RFC 2047 allows.
"""

import re
import unicodedata
from base64 import b64encode
from collections.abc import Iterator, Sequence

#: Characters on a line: RFC 5322 (2.1.1) asks for 78, RFC 2047 (2) for 76 where encoded-words are.
_LINE = 76

#: Characters of one encoded-word (RFC 2047, section 2), less its frame `=?utf-8?q?` and `?=`.
_WORD = 75 - 12

#: A token longer than this is written as encoded-words, which can be folded.
_LONGEST = 60

# RFC 2047, section 5 (3): what Q encoding leaves alone everywhere, display names included.
_Q_SAFE = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!*+-/")
_Q = [chr(octet) if octet in _Q_SAFE else "_" if octet == 32 else f"={octet:02X}" for octet in range(256)]

#: Unicode categories: control characters, half surrogates, line and paragraph separators.
_UNFIT = frozenset({"Cc", "Cs", "Zl", "Zp"})

# RFC 5322, section 3.2.3: atoms with single spaces between them need no quotes.
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]*")

# What most mailboxes are: a name of atoms and an address that need no quotes, no encoding and no closer look.
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]++"
_PLAIN_MAILBOX = re.compile(
    rf"(?:[A-Za-z0-9'-]++ )*+<{_ATOM}(?:\.{_ATOM})*+@[A-Za-z0-9-]++(?:\.[A-Za-z0-9-]++)*+>"
)

# What could end a line, a path or a list of addresses early. No address that we accept has any of it.
_UNSAFE_IN_ADDRESS = re.compile(r"[\s\x00-\x1f\x7f-\x9f<>()\[\],;:\\\"\u2028\u2029]")


def clean(text: str) -> str:
    """Return text fit for a header: on one line, single-spaced, without control characters or surrogates.

    What may break a line (CR, LF, NUL, U+0085, U+2028, U+2029, …) becomes a space: no header can begin there.
    """
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    shown = [" " if unicodedata.category(letter) in _UNFIT else letter for letter in text]
    return " ".join("".join(shown).split())


def safe_address(address: str) -> str:
    """Return an address as it is.

    Raises ValueError when it could break out of its angle brackets, or when programs would not take it for one.
    """
    local, _, domain = address.partition("@")
    if _UNSAFE_IN_ADDRESS.search(address) or "@" in domain or "" in (*local.split("."), *domain.split(".")):
        raise ValueError(f"{address!r} is no address that mail can be sent to")
    return address


def unstructured(name: str, text: str) -> bytes:
    """Write a header of free text, such as Subject."""
    text = clean(text)
    tokens = text.split(" ")
    if not text.isascii() or "=?" in text or max(map(len, tokens)) > _LONGEST:
        tokens = list(encoded_words(text, len(name) + 2))
    return _fold(f"{name}:", tokens)


def mailbox(name: str, display: str, address: str) -> bytes:
    """Write a header of one mailbox, such as To; an address beyond ASCII stands in UTF-8 (RFC 6532).

    Raises ValueError for an address that could break out of its brackets.
    """
    plain = f"{display} <{address}>" if display else f"<{address}>"
    if len(name) + 2 + len(plain) <= _LINE and _PLAIN_MAILBOX.fullmatch(plain):
        return f"{name}: {plain}\r\n".encode()
    return _fold(f"{name}:", [*_phrase(clean(display), len(name) + 2), f"<{safe_address(address)}>"])


def verbatim(name: str, *values: str) -> bytes:
    """Write a header whose values must reach the reader's software unchanged; it is folded after commas only.

    Raises ValueError for anything but printable ASCII without spaces at its ends.
    """
    for value in values:
        if not (value.isascii() and value.isprintable() and value == value.strip()):
            raise ValueError(f"{name} cannot hold {value!r}")
    return _fold(f"{name}:", [*(f"{value}," for value in values[:-1]), values[-1]])


def encoded_words(text: str, used: int) -> Iterator[str]:
    """Yield text as encoded-words in UTF-8, each of whole characters; `used` columns are taken already.

    Q where most letters are ASCII, for it can be read as it is; B for other scripts, for it is shorter.
    """
    letters = [letter.encode() for letter in text]
    quoted = [sum(len(_Q[octet]) for octet in letter) for letter in letters]
    in_base64 = sum(quoted) > 5 / 3 * sum(map(len, letters))
    room = min(_WORD, _LINE - used - 12)
    start, width = 0, 0
    for position, letter in enumerate(letters):
        cost = len(letter) if in_base64 else quoted[position]
        if width + cost > (room // 4 * 3 if in_base64 else room):
            yield _word(b"".join(letters[start:position]), in_base64)
            start, width, room = position, 0, _WORD
        width += cost
    yield _word(b"".join(letters[start:]), in_base64)


def _word(octets: bytes, in_base64: bool) -> str:
    if in_base64:
        return f"=?utf-8?b?{b64encode(octets).decode()}?="
    return f"=?utf-8?q?{''.join(_Q[octet] for octet in octets)}?="


def _phrase(display: str, used: int) -> Sequence[str]:
    """Return a display name as tokens: atoms, a quoted-string or encoded-words (RFC 5322, section 3.2.5)."""
    if not display:
        return ()
    tokens = display.split(" ")
    if not display.isascii() or "=?" in display or max(map(len, tokens)) > _LONGEST:
        return list(encoded_words(display, used))
    if _ATOMS.fullmatch(display):
        return tokens
    return ('"' + display.replace("\\", "\\\\").replace('"', '\\"') + '"').split(" ")


def _fold(start: str, tokens: Sequence[str]) -> bytes:
    """Join tokens by single spaces, with a fold in place of one where the line would be too long."""
    lines = [start]
    for token in tokens:
        # never right after the colon: readers that split at it would find an empty value, or a blank before it
        if len(lines[-1]) + 1 + len(token) > _LINE and lines[-1] != start:
            lines.append(f" {token}")
        else:
            lines[-1] += f" {token}"
    return ("\r\n".join(lines) + "\r\n").encode()
