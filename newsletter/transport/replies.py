"""Replies as they come over the wire (RFC 5321, section 4.2): found in what was received, and judged. Pure."""

import re
from functools import lru_cache
from typing import NamedTuple

from newsletter.transport.protocol import Lost, Reply, Stage, parse_reply
from newsletter.transport.trouble import Garbled, Goodbye

#: Octets of one line and lines of one reply. RFC 5321, section 4.5.3.1.5, has 512 octets; a reply of EHLO has some
#: twenty lines. What is beyond is not read to its end.
_LINE = 4096
_LINES = 100

# The separator and the text may be missing. Some servers end lines with LF alone.
_FORM = re.compile(rb"([2-5][0-9][0-9])(?:([ -])(.*?))?\r?", re.DOTALL)

# What is nearly always heard is found at a glance, as long as its lines are not longer than is usual.
_WORDS = rb"[^\r\n]{0,512}\r\n"

#: After a final dot: a verdict alone, and with the answers to MAIL, RCPT and DATA.
WELL = re.compile(rb"250 ([^\r\n]{0,512})\r\n")
ALL_WELL = re.compile(WELL.pattern + b"(?:25[0-9] " + _WORDS + b"){2}354 " + _WORDS)

#: For a message by BDAT: the answers to RSET, MAIL and RCPT go before.
CHUNK_WELL = re.compile(b"(?:25[0-9] " + _WORDS + b"){3}" + WELL.pattern)


class Heard(NamedTuple):
    """One reply and what came after it."""

    code: int
    text: str
    rest: bytes


def first_reply(octets: bytes) -> Heard | None:
    """Find the reply at the beginning; return None while it is not complete. Raises Garbled."""
    lines: list[bytes] = []
    code, start = b"", 0
    while (end := octets.find(b"\n", start)) >= 0:
        form = _FORM.fullmatch(octets, start, end)
        if form is None or (lines and form[1] != code) or end - start > _LINE or len(lines) == _LINES:
            raise Garbled(f"what it says is no reply: {shown(octets[start:end])}")
        code, start = form[1], end + 1
        lines.append(form[3] or b"")
        if form[2] != b"-":
            return Heard(int(code), b"\n".join(lines).decode("utf-8", "replace"), octets[start:])
    if len(octets) - start > _LINE:
        raise Garbled(f"what it says is no reply: {shown(octets[start:])}")
    return None


def shown(octets: bytes) -> str:
    """Return the beginning of what a relay said, fit for a terminal."""
    text = octets[:120].decode("utf-8", "replace")
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def judged(code: int, text: str, stage: Stage) -> Reply:
    """Return the answer to MAIL, RCPT or DATA as a reply.

    Raises Goodbye when the relay ends the connection (421), and Garbled for a code that is no answer to that command.
    """
    if code == 421:
        raise Goodbye(str(parse_reply(code, text)))
    good = code == 354 if stage == "data" else 250 <= code <= 259
    if not good and code < 400:
        raise Garbled(f"{_COMMANDS[stage]} was answered with {parse_reply(code, text)}")
    # RFC 1870, section 6.1: it has been told the size, so this is about the message and not about its sender
    about_size = code == 552 and stage == "mail"
    return parse_reply(code, text, "data" if about_size else stage)


def verdict(code: int, text: str) -> Reply:
    """Return the answer to the final dot as a reply. Raises Garbled for a code that is none."""
    if not (250 <= code <= 259 or code >= 400):
        raise Garbled(f"the message was answered with {parse_reply(code, text)}")
    return parse_reply(code, text)


def cleared(code: int, text: str) -> None:
    """Look at the answer to RSET, which cannot be refused (RFC 5321, section 4.1.1.5). Raises Goodbye or Garbled."""
    if code == 421:
        raise Goodbye(str(parse_reply(code, text)))
    if not 250 <= code <= 259:
        raise Garbled(f"RSET was answered with {parse_reply(code, text)}")


@lru_cache(maxsize=64)  # many relays say the same of every message
def taken(words: bytes) -> Reply:
    """Return the words of a 250 after the final dot as a reply, the short way for what most servers say."""
    text = words.decode("utf-8", "replace")
    if text.startswith("2.0.0 ") and text.isprintable() and "  " not in text and not text.endswith(" "):
        return Reply(250, "2.0.0", text[6:])
    return parse_reply(250, text)


def refuse_more(octets: bytes) -> None:
    """Look at what came after all the answers. Raises Goodbye where that is a 421, else Garbled."""
    if octets and not b"421".startswith(octets[:3]):
        raise Garbled(f"it spoke without being asked: {shown(octets)}")
    if octets:
        raise Goodbye(shown(octets))


def lost(place: str, words: str, *, in_doubt: bool) -> Lost:
    """Say of a relay that it answered nothing for a message."""
    what = (
        "did not say whether it took the message" if in_doubt else "was lost before it had the whole message"
    )
    return Lost(f"The relay {place} {what}: {words.rstrip('.')}.", in_doubt)


_COMMANDS: dict[Stage, str] = {"mail": "MAIL", "rcpt": "RCPT", "data": "DATA"}
