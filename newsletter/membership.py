"""Joining and leaving: what happens to a subscription, with its evidence and its mail, in one transaction."""

from datetime import datetime

from sqlalchemy import Connection

from newsletter.issues import freezing, register
from newsletter.issues.rendering import render_notice
from newsletter.outbox import queue
from newsletter.publishing import masthead_of
from newsletter.site import Site
from subscribers import consent, roster
from subscribers.address import Address
from subscribers.errors import AlreadySubscribed
from subscribers.roster import Subscriber

#: The mails about the subscription itself that have templates.
NOTICES = ("confirm", "welcome", "goodbye")

#: Under which words an author adds readers; kept with each consent, and raised when the words change.
ASKED_BY_AUTHOR = "added by the author, who did not vouch for consent; asked by mail (wording 1)"


def join(
    connection: Connection,
    site: Site,
    address: Address,
    *,
    name: str,
    cadence: str,
    topics: tuple[str, ...],
    timezone: str,
    language: str,
    vouched: str | None,
    now: datetime,
) -> Subscriber:
    """Add a reader whom the author names.

    With `vouched` (why the author knows that they agreed) they are confirmed at once; else the mail that
    asks them is queued; one who was asked before and has not answered is confirmed as they are. Raises
    AlreadySubscribed or Suppressed.
    """
    try:
        reader = roster.add(
            connection,
            address,
            name=name,
            cadence=cadence,
            topics=topics,
            timezone=timezone,
            language=language,
            served=register.starting_number(connection),
            now=now,
        )
    except AlreadySubscribed:
        reader = roster.find(connection, address.email)
        if vouched is None or reader.status != "pending":
            raise
    if vouched is None:
        consent.record(connection, reader.id, "asked", how="author", wording=ASKED_BY_AUTHOR, now=now)
        ask(connection, site, reader, now)
        return reader
    return confirm(connection, reader, how="author", wording=vouched, now=now)


def ask(connection: Connection, site: Site, reader: Subscriber, now: datetime) -> None:
    """Queue the mail that asks a pending reader to confirm."""
    rendering = render_notice("confirm", masthead_of(site, number=None, now=now), site.templates)
    rendering_id = freezing.freeze_notice(connection, rendering, kind="confirm", now=now)
    queue.enqueue_notice(connection, rendering_id, reader.id, needs_status="pending", due_at=now)


def confirm(
    connection: Connection, reader: Subscriber, *, how: str, wording: str, now: datetime
) -> Subscriber:
    """Confirm a pending reader: from now on they get issues, beginning with what is not sent yet.

    Anybody else stays as they are, and nothing is added to their record.
    """
    if roster.confirm(connection, reader.id, served=register.starting_number(connection), now=now):
        consent.record(connection, reader.id, "confirmed", how=how, wording=wording, now=now)
    return roster.find_by_id(connection, reader.id)


def leave(connection: Connection, reader: Subscriber, *, how: str, now: datetime) -> Subscriber:
    """End a subscription; whatever is not on the wire yet is cancelled."""
    if roster.leave(connection, reader.id, now):
        consent.record(connection, reader.id, "withdrawn", how=how, now=now)
    queue.cancel_for(connection, reader.id, now)
    return roster.find_by_id(connection, reader.id)
