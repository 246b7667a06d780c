"""Steering: pause, resume, cancel, and settle what is in doubt."""

from collections.abc import Sequence

from newsletter.application import logs
from newsletter.application.opening import clock
from newsletter.issues import freezing
from newsletter.outbox import cancelling, queue, steering
from newsletter.outbox.cancelling import Cancelled
from newsletter.outbox.queue import Counts
from newsletter.site import Site
from subscribers.database import reading, writing


def pause(site: Site, number: int, reason: str) -> Counts:
    """Let nothing more of an issue go out for now; return how it stands. Raises NewsletterError."""
    with writing(site.engine) as connection:
        steering.pause(connection, number, reason)
    counts = _counts(site, number)
    logs.event("paused", issue=number, reason=reason, **counts.as_dict())
    return counts


def resume(site: Site, number: int) -> Counts:
    """Let a paused issue go on; return how it stands. Raises NewsletterError."""
    with writing(site.engine) as connection:
        steering.resume(connection, number)
    counts = _counts(site, number)
    logs.event("resumed", issue=number, **counts.as_dict())
    return counts


def cancel(site: Site, number: int, reason: str) -> tuple[Cancelled, Counts]:
    """Let nothing more of an issue go out, ever; return what that did, and how it stands. Raises NewsletterError."""
    cancelled = cancelling.cancel(site.engine, number, now=clock(), reason=reason)
    counts = _counts(site, number)
    logs.event("cancelled", issue=number, reason=reason, **counts.as_dict())
    return cancelled, counts


def resolve(site: Site, number: int, addresses: Sequence[str], *, again: bool) -> tuple[int, Counts]:
    """Settle what is in doubt, all of it or that of these readers; return how many, and how the issue stands.

    It is sent again, or counts as sent. Of a cancelled issue nothing is sent again: there the posts are new again.
    Raises NewsletterError.
    """
    with writing(site.engine) as connection:
        settled = steering.resolve(connection, number, addresses, again=again, now=clock())
    cancelling.finish(site.engine, clock())
    counts = _counts(site, number)
    logs.event("resolved", issue=number, again=again, settled=settled, **counts.as_dict())
    return settled, counts


def state(site: Site, number: int) -> str:
    """Return whether an issue is open, paused or cancelled. Raises NewsletterError."""
    with reading(site.engine) as connection:
        return freezing.get_issue(connection, number).state


def _counts(site: Site, number: int) -> Counts:
    with reading(site.engine) as connection:
        return queue.counts(connection, number)
