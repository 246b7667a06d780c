"""Whether the pages that our mails lead to are there, and whether their server's clock agrees with ours."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from newsletter.content.post import Problem
from newsletter.preflight.rules import SENDERS, Place

#: Seconds that an answer may take.
_PATIENCE = 5.0

#: How far two clocks may be apart. Mail is dated in seconds, and some receivers count minutes.
_APART = timedelta(minutes=5)


def pages(url: str, now: datetime) -> Iterator[Problem]:
    """Ask for the page on which readers subscribe; it says when it was served."""
    request = Request(f"{url}/", method="HEAD", headers={"User-Agent": "newsletter check"})  # noqa: S310 - http or https
    try:
        with urlopen(request, timeout=_PATIENCE) as answer:  # noqa: S310 - the settings take no other scheme
            date = answer.headers["Date"]
    except HTTPError as error:
        yield SENDERS["pages"].problem(
            f"{url}/ answers {error.code} {error.reason}.", Place("[newsletter] url")
        )
        date = error.headers["Date"]
    except (OSError, ValueError) as error:
        yield SENDERS["pages"].problem(f"{url}/ does not answer: {error}.", Place("[newsletter] url"))
        return
    yield from clock(date, now)


def clock(date: str | None, now: datetime) -> Iterator[Problem]:
    """Compare our clock with the date that another machine gave (RFC 9110, section 6.6.1)."""
    try:
        told = parsedate_to_datetime(date or "")
    except ValueError:
        return
    if abs(told - now) > _APART:
        yield SENDERS["clock"].problem(
            f"This machine says {now:%Y-%m-%d %H:%M} UTC, and the web server {told:%Y-%m-%d %H:%M} UTC.",
            Place("the clock"),
        )
