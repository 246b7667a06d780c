"""Whether the pages that our mails lead to are there, and whether their server's clock agrees with ours."""

from collections.abc import Collection, Iterator
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


def pages(url: str, now: datetime, links: Collection[str] = ()) -> Iterator[Problem]:
    """Ask for the page on which readers subscribe, and for `links` of a mail; the first says when it was served.

    Only HEAD is asked, which changes nothing. A link ends in a reader's token, which nobody is told.
    """
    try:
        date, fault = _asked(f"{url}/")
        faults = [(url, fault), *((link.rpartition("/")[0], _asked(link)[1]) for link in links)]
    except (OSError, ValueError) as error:
        yield _fault(f"{url}/ does not answer: {error}.")
        return
    yield from (_fault(f"{place}/{'…' * (place != url)} answers {said}.") for place, said in faults if said)
    yield from clock(date, now)


def _fault(message: str) -> Problem:
    return SENDERS["pages"].problem(message, Place("[newsletter] url"))


def _asked(address: str) -> tuple[str | None, str]:
    """Return the date that a page gives, and what it answers instead of itself. Raises OSError or ValueError."""
    request = Request(address, method="HEAD", headers={"User-Agent": "newsletter check"})  # noqa: S310 - http or https
    try:
        with urlopen(request, timeout=_PATIENCE) as answer:  # noqa: S310 - the settings take no other scheme
            return answer.headers["Date"], ""
    except HTTPError as error:
        return error.headers["Date"], f"{error.code} {error.reason}"


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
