"""What we answer to commands: help to anybody, a link to leave to a reader whose word is not proven; once a day."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from newsletter.inbound.incoming import Incoming
from newsletter.issues import freezing
from newsletter.issues.rendering import render_notice
from newsletter.issues.tables import renderings
from newsletter.languages import choose
from newsletter.outbox import queue, to_author
from newsletter.outbox.messages.letterhead import letterhead_of
from newsletter.outbox.tables import deliveries
from newsletter.publishing import masthead_of
from newsletter.site import Site
from subscribers import roster
from subscribers.roster import Subscriber
from subscribers.suppression import address_hash

#: A link to leave is not sent again before this.
_BETWEEN_LINKS = timedelta(days=1)


def language_of(connection: Connection, site: Site, incoming: Incoming) -> str:
    """Return the language to speak to whoever wrote: the reader's, else as their program says, else the newsletter's.

    Few programs say it (Content-Language: RFC 3282).
    """
    own, author = site.settings.newsletter.language, incoming.author
    known = author and roster.language_of(connection, author)
    if known:
        return known
    accepted = incoming.first("Accept-Language") or incoming.first("Content-Language")
    return choose(accepted, own) if accepted else own


def help_out(connection: Connection, site: Site, incoming: Incoming, now: datetime) -> None:
    """Say what can be asked for by mail, once a day at the most."""
    author = incoming.author
    assert author is not None, "only who is known is answered"
    letterhead = letterhead_of(site.settings)
    masthead = masthead_of(site, number=None, now=now, language=language_of(connection, site, incoming))
    rendering = render_notice(
        "help", masthead, site.templates, command=letterhead.command, inbox=letterhead.inbox
    )
    to_author.answer(
        connection,
        recipient=author.email,
        answers=incoming.message_id,
        key=f"help:{address_hash(connection, author)}",
        subject=rendering.subject,
        text=rendering.text,
        html=rendering.html,
        now=now,
    )


def send_link(connection: Connection, site: Site, reader: Subscriber, now: datetime) -> None:
    """Send a reader the link that ends their subscription, once a day at the most."""
    recent = (
        select(deliveries.c.id)
        .join(renderings, renderings.c.id == deliveries.c.rendering_id)
        .where(deliveries.c.subscriber_id == reader.id, renderings.c.kind == "leave")
        .where(deliveries.c.due_at > now - _BETWEEN_LINKS)
    )
    if connection.scalar(recent.limit(1)) is not None:
        return
    masthead = masthead_of(site, number=None, now=now, language=reader.language)
    rendering = render_notice("leave", masthead, site.templates)
    rendering_id = freezing.freeze_notice(connection, rendering, kind="leave", now=now)
    queue.enqueue_notice(connection, rendering_id, reader.id, needs_status="confirmed", due_at=now)
