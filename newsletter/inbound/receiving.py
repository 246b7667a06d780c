"""One message, by whatever door it came: understood, done, and noted as done, in one transaction."""

from datetime import datetime

from sqlalchemy import Connection

from newsletter import feedback, membership
from newsletter.feedback import Told
from newsletter.inbound import answering, received
from newsletter.inbound.deciding import Decision, decide, understand
from newsletter.inbound.guards import written_by_machine
from newsletter.inbound.incoming import Incoming
from newsletter.inbound.sending_on import send_on
from newsletter.membership import Choices, Origin
from newsletter.outbox.messages.letterhead import letterhead_of
from newsletter.site import Site
from subscribers.database import writing


def receive(site: Site, incoming: Incoming, *, now: datetime) -> Decision:
    """Do what a message asks for, once however often it comes; return what that was.

    Raises DatabaseUnavailable, and then nothing is done: the message may come again. What is refused is not noted.
    """
    way = understand(site, incoming)
    with writing(site.engine) as connection:
        decision = decide(connection, site, incoming, way)
        if decision.refusal is None and received.note(connection, incoming.identity, now):
            do(connection, site, incoming, decision, now)
    return decision


def do(connection: Connection, site: Site, incoming: Incoming, decision: Decision, now: datetime) -> None:
    """Do what was decided."""
    if decision.kind in ("bounce", "complaint"):
        _take_report(connection, site, decision, now)
        return
    origin = Origin("mail", source=incoming.message_id)
    match decision.action:
        case "ask":
            _ask(connection, site, incoming, origin, now)
        case "confirm" if decision.reader:
            membership.confirm(connection, site, decision.reader, origin, now=now)
        case "unsubscribe" if decision.reader:
            goodbye = not written_by_machine(incoming, letterhead_of(site.settings))
            membership.leave(connection, site, decision.reader, origin, now=now, goodbye=goodbye)
        case "send-link" if decision.reader:
            answering.send_link(connection, site, decision.reader, now)
        case "help":
            answering.help_out(connection, site, incoming, now)
        case "forward":
            send_on(connection, site, incoming, now)


def _ask(connection: Connection, site: Site, incoming: Incoming, origin: Origin, now: datetime) -> None:
    author = incoming.author
    assert author is not None, "only who is known is asked"
    choices = Choices(language=answering.language_of(connection, site, incoming))
    membership.request(connection, site, author, choices, origin, now=now)


def _take_report(connection: Connection, site: Site, decision: Decision, now: datetime) -> None:
    assert decision.kind in ("bounce", "complaint"), "only these are reports that say something"
    assert decision.action in ("suppress", "count", "alert", "none"), "and these follow from them"
    told = Told(
        decision.kind,
        decision.action,
        decision.status or "",
        decision.reason,
        decision.address,
    )
    feedback.take(connection, site, told, decision.delivery, now=now)
