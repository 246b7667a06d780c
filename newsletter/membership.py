"""Joining, changing and leaving: what happens to a subscription, with its evidence and its mail, in one transaction."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection

from newsletter.issues import freezing
from newsletter.issues.rendering import render_notice
from newsletter.languages import spoken
from newsletter.outbox import enquiry, forgetting, giving_back, published, queue, to_author
from newsletter.outbox.eligibility import may_have_arrived
from newsletter.outbox.tables import deliveries
from newsletter.publishing import masthead_of, starting_number
from newsletter.site import Site
from subscribers import consent, privacy, roster
from subscribers.address import Address
from subscribers.errors import AlreadySubscribed, Suppressed, UnknownSubscriber
from subscribers.roster import Keep, Subscriber

#: The mails about the subscription itself that have templates.
NOTICES = ("confirm", "welcome", "goodbye")

#: Under which words readers are asked; kept with each consent, and their number raised when the words change.
WORDINGS = {
    "author": "added by the author, who did not vouch for consent; asked by mail (wording 1)",
    "form": "the form on our pages; asked by mail (wording 1)",
    "mail": "a mail that asked to subscribe; asked by mail (wording 1)",
}

#: How often an address that has not answered is asked: so many times in all, and not again before so long.
MOST_QUESTIONS = 3
BETWEEN_QUESTIONS = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a wish came from: how, from which page, message or network, and under which wording."""

    how: Literal["author", "form", "mail", "link", "one-click", "import", "complaint"]
    source: str = ""
    wording: str = ""


@dataclass(frozen=True, slots=True)
class Choices:
    """What a reader chose. None: the newsletter's own when they are new, and as it is when they are not."""

    name: str | None = None
    cadence: str | None = None
    topics: tuple[str, ...] | None = None
    timezone: str | None = None
    language: str | None = None
    paused_until: datetime | Literal[Keep.AS_IT_IS] | None = Keep.AS_IT_IS


def join(
    connection: Connection,
    site: Site,
    address: Address,
    choices: Choices,
    *,
    vouched: str | None,
    now: datetime,
) -> Subscriber:
    """Add a reader whom the author names.

    With `vouched` (why the author knows that they agreed) they are confirmed at once; else the mail that
    asks them is queued; one who was asked before and has not answered is confirmed as they are. Raises
    AlreadySubscribed or Suppressed.
    """
    try:
        reader = _add(connection, site, address, choices, now)
    except AlreadySubscribed:
        reader = roster.find(connection, address.email)
        if vouched is None or reader.status != "pending":
            raise
    if vouched is None:
        _ask(connection, site, reader, Origin("author"), now)
        return reader
    return confirm(connection, site, reader, Origin("author", wording=vouched), now=now, welcome=False)


def request(
    connection: Connection, site: Site, address: Address, choices: Choices, origin: Origin, *, now: datetime
) -> None:
    """Take the wish to subscribe of whoever may stand behind an address: they are asked by mail, and hear nothing else.

    A confirmed or suppressed address stays as it is, so that nobody can learn or change by asking who subscribes.
    One that has not answered is asked again, but not often.
    """
    try:
        reader = _add(connection, site, address, choices, now)
    except Suppressed:
        return
    except AlreadySubscribed:
        reader = roster.find(connection, address.email)
    if reader.status == "pending" and _may_be_asked(consent.asked(connection, reader.id), now):
        _ask(connection, site, reader, origin, now)


def confirm(
    connection: Connection,
    site: Site,
    reader: Subscriber,
    origin: Origin,
    *,
    now: datetime,
    welcome: bool = True,
) -> Subscriber:
    """Confirm a pending reader: from now on they get issues, beginning with the posts of the running period.

    Anybody else stays as they are, and nothing is added to their record.
    """
    served = starting_number(connection, site, reader.cadence, now=now)
    if roster.confirm(connection, reader.id, served=served, now=now):
        _record(connection, reader, "confirmed", origin, now)
        if welcome:
            _welcome(connection, site, reader, served, now)
    return roster.find_by_id(connection, reader.id)


def change(
    connection: Connection,
    reader: Subscriber,
    choices: Choices,
    origin: Origin,
    *,
    now: datetime,
) -> Subscriber:
    """Write down what a reader chose, who stays served up to where they are: no post is dropped or repeated.

    One who pauses gets nothing that is queued for them, and its posts with the first issue afterwards. Only what may
    have arrived already waits for the end of the pause as it is: in another issue, its posts could come twice.
    """
    changed = roster.change(
        connection,
        reader.id,
        name=choices.name,
        cadence=choices.cadence,
        topics=choices.topics,
        timezone=choices.timezone,
        language=choices.language,
        paused_until=choices.paused_until,
    )
    if changed != reader:
        _record(connection, reader, "changed", origin, now)
    if changed.paused_until is not None and changed.paused_until > now:
        _take_back(connection, reader, now, ~may_have_arrived())
    elif changed.paused_until != reader.paused_until:
        queue.bring_forward(connection, reader.id, now)
    return changed


def leave(
    connection: Connection,
    site: Site,
    reader: Subscriber,
    origin: Origin,
    *,
    now: datetime,
    goodbye: bool = False,
) -> Subscriber:
    """End a subscription; whatever is not on the wire yet is cancelled. With `goodbye`, a mail says so."""
    _take_back(connection, reader, now)
    if roster.leave(connection, reader.id, now):
        _record(connection, reader, "withdrawn", origin, now)
        if goodbye and reader.status == "confirmed":
            _notify(connection, site, reader, "goodbye", needs_status="unsubscribed", now=now)
    queue.cancel_for(connection, reader.id, now)
    return roster.find_by_id(connection, reader.id)


def come_back(
    connection: Connection, site: Site, reader: Subscriber, origin: Origin, *, now: datetime
) -> Subscriber:
    """Take back that a reader left: they get what they would have got, from the running period on."""
    served = starting_number(connection, site, reader.cadence, now=now)
    if roster.come_back(connection, reader.id, served=served, now=now):
        _record(connection, reader, "confirmed", origin, now)
    return roster.find_by_id(connection, reader.id)


def disclose(connection: Connection, reader: Subscriber) -> dict[str, Any]:
    """Return all that we have about a reader."""
    messages = [asdict(one) for one in enquiry.received(connection, reader.id)]
    answers = [asdict(one) for one in to_author.answers_to(connection, reader.email)]
    return privacy.own_data(connection, reader) | {"messages": messages, "answers": answers}


def erase(connection: Connection, reader: Subscriber, *, now: datetime) -> None:
    """Forget a reader, who is never mailed again; a message that is on the wire this very moment still goes out."""
    forgetting.forget(connection, reader.id, reader.email, now)
    privacy.erase(connection, reader, now)


def reader_of(connection: Connection, numbers: Sequence[int]) -> Subscriber | None:
    """Return the reader whom a token names, or None if they were erased since."""
    try:
        return roster.find_by_id(connection, numbers[0])
    except UnknownSubscriber:
        return None


def _add(connection: Connection, site: Site, address: Address, choices: Choices, now: datetime) -> Subscriber:
    own, schedule = site.settings.newsletter, site.settings.schedule
    cadence = choices.cadence or schedule.default
    return roster.add(
        connection,
        address,
        name=choices.name or "",
        cadence=cadence,
        topics=choices.topics or (),
        timezone=choices.timezone or own.timezone.key,
        language=choices.language or own.language,
        served=starting_number(connection, site, cadence, now=now),
        now=now,
    )


def _may_be_asked(asked: Sequence[datetime], now: datetime) -> bool:
    return len(asked) < MOST_QUESTIONS and (not asked or asked[-1] <= now - BETWEEN_QUESTIONS)


def _ask(connection: Connection, site: Site, reader: Subscriber, origin: Origin, now: datetime) -> None:
    """Queue the mail that asks a pending reader to confirm."""
    asked = Origin(origin.how, origin.source, origin.wording or WORDINGS.get(origin.how, ""))
    _record(connection, reader, "asked", asked, now)
    _notify(connection, site, reader, "confirm", needs_status="pending", now=now, how=origin.how)


def _welcome(connection: Connection, site: Site, reader: Subscriber, served: int, now: datetime) -> None:
    """Queue the welcome, and with it the latest issue where the author wants that: one whose posts come no more."""
    _notify(connection, site, reader, "welcome", needs_status="confirmed", now=now)
    if not site.settings.web.latest_issue:
        return
    language = spoken(reader.language, site.settings.newsletter.language)
    latest = published.latest(connection, served, language)
    if latest is not None:
        queue.enqueue_notice(connection, latest, reader.id, needs_status="confirmed", due_at=now)


def _notify(
    connection: Connection,
    site: Site,
    reader: Subscriber,
    kind: str,
    *,
    needs_status: str,
    now: datetime,
    **facts: object,
) -> None:
    masthead = masthead_of(site, number=None, now=now, language=reader.language)
    rendering = render_notice(kind, masthead, site.templates, cadence=reader.cadence, **facts)
    rendering_id = freezing.freeze_notice(connection, rendering, kind=kind, now=now)
    queue.enqueue_notice(connection, rendering_id, reader.id, needs_status=needs_status, due_at=now)


def _record(connection: Connection, reader: Subscriber, act: str, origin: Origin, now: datetime) -> None:
    consent.record(
        connection, reader.id, act, how=origin.how, source=origin.source, wording=origin.wording, now=now
    )


def _take_back(
    connection: Connection, reader: Subscriber, now: datetime, *which: ColumnElement[bool]
) -> None:
    """Cancel the issues that are queued for a reader, and make their posts new to them again."""
    theirs = deliveries.c.subscriber_id == reader.id
    queue.cancel(connection, now, theirs, deliveries.c.issue_number.is_not(None), *which)
    giving_back.give_back(connection, lambda table: table.c.subscriber_id == reader.id)
