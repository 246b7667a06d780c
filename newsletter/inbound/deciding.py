"""What would be done about a message: the reader found, the token read, the proof looked at. Nothing is changed."""

from dataclasses import dataclass, replace
from typing import Literal

from sqlalchemy import Connection, select

from newsletter.inbound import addresses, authentication, guards
from newsletter.inbound.addresses import are_ours
from newsletter.inbound.evidence import evidence
from newsletter.inbound.incoming import Incoming
from newsletter.inbound.routing import Kind, Refusal, Route, route
from newsletter.outbox.messages import links
from newsletter.outbox.messages.letterhead import Letterhead, letterhead_of
from newsletter.outbox.tables import deliveries
from newsletter.site import Site
from subscribers import keys, roster, suppression
from subscribers.errors import BadToken, UnknownSubscriber
from subscribers.roster import Subscriber
from subscribers.tokens import Tokens

Action = Literal[
    "ask", "confirm", "unsubscribe", "send-link", "help",  # a command
    "forward", "keep", "refuse",  # a reply
    "suppress", "count", "alert",  # a report
    "none",
]  # fmt: skip

#: Letters that people write have nowhere to go, and are not swallowed.
_NOBODY_READS = Refusal(
    "5.2.1", "Nobody reads letters here; the newsletter's pages say how to reach its author."
)


@dataclass(frozen=True, slots=True)
class Decision:
    """What is to be done. `address` is whom it is about, `delivery` what; `refusal` is for its sender."""

    kind: Kind
    action: Action
    reason: str
    address: str | None = None
    status: str | None = None
    reader: Subscriber | None = None
    delivery: int | None = None
    refusal: Refusal | None = None


def understand(site: Site, incoming: Incoming) -> Route:
    """Say what a message is; this takes its time for a large one, and needs no database."""
    return route(incoming, letterhead_of(site.settings), largest=site.settings.inbound.largest_octets)


def decide(connection: Connection | None, site: Site, incoming: Incoming, way: Route) -> Decision:
    """Say what is to be done about a message; without a database, as far as the message itself tells."""
    letterhead = letterhead_of(site.settings)
    author = incoming.author.email if incoming.author else None
    if way.refusal:
        return Decision(way.kind, "refuse", way.reason, author, way.refusal.status, refusal=way.refusal)
    match way.kind:
        case "bounce" | "complaint":
            return _on_report(connection, way, incoming, letterhead)
        case "command":
            return _Commands(connection, site, letterhead, incoming, way).decide()
        case "reply":
            decision = Decision("reply", "forward", way.reason, author)
            is_circle = are_ours(site.settings.author_address.key, letterhead)
            return replace(decision, action="keep", refusal=_NOBODY_READS) if is_circle else decision
        case _:
            return Decision(way.kind, "none", way.reason, author)


def _on_report(
    connection: Connection | None, way: Route, incoming: Incoming, letterhead: Letterhead
) -> Decision:
    report = way.report
    assert report is not None, "bounces and complaints are read from reports"
    decision = Decision(way.kind, report.action, report.reason, report.address, report.status)
    if connection is None:
        return decision
    proven = evidence(incoming.raw, way.token, letterhead, keys.tokens(connection))
    query = select(deliveries.c.subscriber_id).where(deliveries.c.id == (proven.delivery or 0))
    owner = connection.scalar(query)
    is_theirs = owner is not None and proven.reader in (None, owner)
    reader = _reader(connection, owner if is_theirs else proven.reader)
    return replace(
        decision,
        address=reader.email if reader else report.address,
        reader=reader,
        delivery=proven.delivery if is_theirs else None,
    )


@dataclass(frozen=True, slots=True)
class _Commands:
    """What is needed to decide about a command."""

    connection: Connection | None
    site: Site
    letterhead: Letterhead
    incoming: Incoming
    way: Route

    def decide(self) -> Decision:
        command = self.way.command
        assert command is not None, "a command has a purpose"
        match command.purpose:
            case addresses.UNSUBSCRIBE:
                return self._unsubscribe(command.token)
            case addresses.CONFIRM:
                return self._confirm(command.token)
            case addresses.SUBSCRIBE:
                return self._subscribe()
            case _:
                return self._help(self.way.reason)

    def _subscribe(self) -> Decision:
        if reason := guards.may_not_be_answered(self.incoming, self.letterhead):
            return self._decided("none", reason)
        reader = self._found()
        if reader is not None and reader.status == "confirmed":
            return self._decided("none", "they are subscribed already", reader)
        return self._decided("ask", self.way.reason, reader)

    def _confirm(self, token: str) -> Decision:
        reader = self._named(links.CONFIRM, token)
        if reader is None:
            return self._help("it has no token of ours")
        return self._decided("confirm", "it answers the question that we asked", reader)

    def _unsubscribe(self, token: str) -> Decision:
        reader = self._named(links.UNSUBSCRIBE, token) if token else None
        if reader is not None:
            return self._decided("unsubscribe", "it has the reader's own token", reader)
        reader = self._found()
        if reader is None or reader.status != "confirmed":
            return self._help("nobody is subscribed under this address")
        if authentication.is_proven(self.incoming, self.site.settings.inbound.trusted):
            return self._decided("unsubscribe", "our mail server says that it is from them (DMARC)", reader)
        if reason := guards.may_not_be_answered(self.incoming, self.letterhead):
            return self._decided("none", reason, reader)
        return self._decided("send-link", "anybody could have written it, so they get a link", reader)

    def _help(self, reason: str) -> Decision:
        if refused := guards.may_not_be_answered(self.incoming, self.letterhead):
            return self._decided("none", refused)
        author = self.incoming.author
        if (
            self.connection is not None
            and author is not None
            and suppression.is_suppressed(self.connection, author)
        ):
            return self._decided("none", "the address is suppressed")
        return self._decided("help", reason)

    def _decided(self, action: Action, reason: str, reader: Subscriber | None = None) -> Decision:
        author = self.incoming.author
        address = reader.email if reader else author.email if author else None
        return Decision("command", action, reason, address, reader=reader)

    def _found(self) -> Subscriber | None:
        """Return the reader of the address that it says that it is from."""
        author = self.incoming.author
        if self.connection is None or author is None:
            return None
        try:
            return roster.find(self.connection, author.email)
        except UnknownSubscriber:
            return None

    def _named(self, purpose: str, token: str) -> Subscriber | None:
        """Return the reader whom a token names."""
        if self.connection is None:
            return None
        number = _read(keys.tokens(self.connection), purpose, token)
        return _reader(self.connection, number)


def _reader(connection: Connection, number: int | None) -> Subscriber | None:
    try:
        return None if number is None else roster.find_by_id(connection, number)
    except UnknownSubscriber:
        return None


def _read(tokens: Tokens, purpose: str, token: str) -> int | None:
    try:
        return tokens.read(purpose, token)[0]
    except BadToken:
        return None
