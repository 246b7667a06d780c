"""Which delivery a report is about, by what only our own mail could have told its sender. Pure.

The token of the return path says it. Where reports come back to another address, a complaint mostly, the message
inside them has it: its return path, or its Message-ID together with the token of its link to unsubscribe.
"""

import re
from dataclasses import dataclass

from newsletter.outbox.messages.letterhead import Letterhead
from newsletter.outbox.messages.links import UNSUBSCRIBE
from newsletter.outbox.messages.message import BOUNCE
from subscribers.errors import BadToken
from subscribers.tokens import Tokens

#: Octets of a report that are looked at, and tokens that are tried.
_LOOKED_AT, _TRIED = 1_000_000, 20

_TOKEN = rb"([0-9a-z]{1,13}(?:\.[0-9a-z]{1,20}){1,3})"
_RETURN_PATH = re.compile(rb"\bb\+" + _TOKEN + rb"@", re.IGNORECASE)
_LINK = re.compile(rb"(?:/unsubscribe/|\+unsubscribe-|\bu\+|unsubscribe(?:%20| ))" + _TOKEN, re.IGNORECASE)
_SOFT_BREAK = re.compile(rb"=\r?\n")


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is proven: the number of a delivery, or that of a reader together with a delivery that they may have had."""

    delivery: int | None = None
    reader: int | None = None


def evidence(raw: bytes, token: str, letterhead: Letterhead, tokens: Tokens) -> Evidence:
    """Say whom a report is about; `token` is that of the return path that it came to, if any."""
    if (number := _read(tokens, BOUNCE, token)) is not None:
        return Evidence(number or None)
    octets = _SOFT_BREAK.sub(b"", raw[:_LOOKED_AT])
    for found in _RETURN_PATH.findall(octets)[:_TRIED]:
        if number := _read(tokens, BOUNCE, found.decode()):
            return Evidence(number)
    message = re.search(
        rb"<(\d{1,18})\.[0-9a-f]{16}@" + re.escape(letterhead.domain.encode()) + rb">", octets
    )
    for found in _LINK.findall(octets)[:_TRIED]:
        if (number := _read(tokens, UNSUBSCRIBE, found.decode())) is not None:
            return Evidence(int(message[1]) if message else None, number)
    return Evidence()


def _read(tokens: Tokens, purpose: str, token: str) -> int | None:
    try:
        return tokens.read(purpose, token)[0]
    except BadToken:
        return None
