"""The seal of a form: when it was given out, signed. No robot fills it in a blink, or keeps it for ever. Pure."""

from datetime import datetime, timedelta

from subscribers.errors import BadToken
from subscribers.tokens import Tokens

#: The purpose of the token; no link of a mail is signed for it.
_PURPOSE = "form"

#: How long a person takes at least, and how long a page may stand open.
QUICKEST, LONGEST = timedelta(seconds=2), timedelta(hours=24)


def seal(tokens: Tokens, now: datetime) -> str:
    """Return what a form carries that is given out now."""
    return tokens.sign(_PURPOSE, int(now.timestamp()))


def is_whole(tokens: Tokens, seal: str, now: datetime) -> bool:
    """Whether a form was given out by us, neither a blink ago nor yesterday."""
    try:
        (given_out,) = tokens.read(_PURPOSE, seal)
    except (BadToken, ValueError):
        return False
    return QUICKEST.total_seconds() <= now.timestamp() - given_out <= LONGEST.total_seconds()
