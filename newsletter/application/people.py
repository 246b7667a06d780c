"""Looking after readers."""

from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from newsletter import membership
from newsletter.application.delivering import deliver_notices
from newsletter.application.opening import clock
from newsletter.errors import NewsletterError
from newsletter.membership import Choices, Origin
from newsletter.site import Site
from subscribers import consent, roster, suppression
from subscribers.address import parse
from subscribers.consent import Consent
from subscribers.database import reading, writing
from subscribers.roster import Subscriber

STATUSES = ("pending", "confirmed", "unsubscribed")


def subscribers(site: Site, *, status: str | None) -> list[Subscriber]:
    """Return the readers, all or those of one status. Raises NewsletterError for a status that is none."""
    if status is not None and status not in STATUSES:
        raise NewsletterError(f"{status!r} is no status.", remedy=f"Write one of {', '.join(STATUSES)}.")
    with reading(site.engine) as connection:
        return list(roster.everyone(connection, status=status))


def subscriber(site: Site, email: str) -> tuple[Subscriber, list[Consent], bool]:
    """Return a reader, the record of their consent, and whether the address is suppressed."""
    with reading(site.engine) as connection:
        reader = roster.find(connection, email)
        suppressed = suppression.is_suppressed(connection, parse(reader.email))
        return reader, consent.history(connection, reader.id), suppressed


def add_subscriber(
    site: Site,
    email: str,
    *,
    name: str,
    cadence: str | None,
    topics: tuple[str, ...],
    timezone: str | None,
    language: str | None,
    why: str | None,
) -> tuple[Subscriber, bool]:
    """Add a reader; return them, and whether the mail that asks them to confirm reached the relay.

    Raises NewsletterError for a cadence that is not on offer or an unknown time zone, InvalidAddress,
    AlreadySubscribed or Suppressed.
    """
    schedule = site.settings.schedule
    if cadence is not None and cadence not in schedule.cadences:
        raise NewsletterError(
            f"{cadence!r} is no cadence.", remedy=f"On offer: {', '.join(schedule.cadences)}."
        )
    with writing(site.engine) as connection:
        choices = Choices(
            name=_one_line(name),
            cadence=cadence,
            topics=topics,
            timezone=_zone(timezone) if timezone else None,
            language=language,
        )
        reader = membership.join(connection, site, parse(email), choices, vouched=why, now=clock())
    if reader.status == "confirmed":
        return reader, False
    return reader, deliver_notices(site) is None


def remove_subscriber(site: Site, email: str) -> Subscriber:
    """Unsubscribe a reader at once. Raises UnknownSubscriber."""
    with writing(site.engine) as connection:
        reader = roster.find(connection, email)
        return membership.leave(connection, site, reader, Origin("author"), now=clock())


def disclose(site: Site, email: str) -> dict[str, Any]:
    """Return all that we have about a reader. Raises UnknownSubscriber."""
    with reading(site.engine) as connection:
        return membership.disclose(connection, roster.find(connection, email))


def erase_subscriber(site: Site, email: str) -> None:
    """Forget a reader for good. Raises UnknownSubscriber."""
    with writing(site.engine) as connection:
        membership.erase(connection, roster.find(connection, email), now=clock())


def _one_line(name: str) -> str:
    if any(ord(character) < 32 or character in "\x7f\x85\u2028\u2029" for character in name):
        raise NewsletterError("A name is one line of text, without control characters.")
    return " ".join(name.split())


def _zone(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise NewsletterError(
            f"{name!r} is no time zone.", remedy='Write a name such as "Europe/London" or "UTC".'
        ) from None
