"""Steering: an author pauses, resumes and cancels an issue, and says what became of deliveries in doubt.

The state of an issue is one row. Whoever sends looks at it with every message, so a change takes effect at once,
on all machines, for everything that is not on the wire.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, exists, or_, select, update

from newsletter.errors import NewsletterError
from newsletter.issues import freezing
from newsletter.issues.tables import issues
from newsletter.outbox import queue
from newsletter.outbox.eligibility import is_due, is_notice, is_waiting
from newsletter.outbox.tables import deliveries
from subscribers.address import parse
from subscribers.tables import subscribers

#: What stands where a relay's reply would, for a delivery of which the author knows better.
VOUCHED = "the author counts it as sent"


def pause(connection: Connection, number: int, reason: str) -> None:
    """Let nothing more of an issue go out until it is resumed. Raises NewsletterError."""
    if halt(connection, number, reason):
        return
    match freezing.get_issue(connection, number).state:
        case "paused":
            raise NewsletterError(
                f"Issue {number} is paused already.", remedy=f"`newsletter resume {number}` goes on with it."
            )
        case "cancelled":
            raise NewsletterError(f"Issue {number} is cancelled: nothing of it goes out any more.")
        case "held":
            raise _held(number)
        case _:
            raise finished(number, "pause")


def halt(connection: Connection, number: int, reason: str) -> bool:
    """Pause an issue if it is open and anything of it may still go out; return whether that was so."""
    these = (issues.c.number == number, issues.c.state == "open", is_unfinished())
    return connection.execute(update(issues).where(*these).values(state="paused", reason=reason)).rowcount > 0


def hold_notices(connection: Connection, now: datetime, until: datetime) -> int:
    """Put off the notices that are due; return how many. They are not paused: nobody would resume them."""
    statement = update(deliveries).where(is_notice(), is_due(now)).values(due_at=until)
    return connection.execute(statement).rowcount


def resume(connection: Connection, number: int) -> None:
    """Let a paused issue go on. Raises NewsletterError."""
    paused = update(issues).where(issues.c.number == number, issues.c.state == "paused")
    if connection.execute(paused.values(state="open", reason="")).rowcount:
        return
    state = freezing.get_issue(connection, number).state
    if state == "held":
        raise _held(number)
    if state == "cancelled":
        raise NewsletterError(
            f"Issue {number} is cancelled, and that is for good.",
            remedy="Its posts come with the next issue, for everybody who did not get it.",
        )
    raise NewsletterError(f"Issue {number} is not paused.", remedy=f"`newsletter issue {number}` shows it.")


@dataclass(frozen=True, slots=True)
class Doubtful:
    """A delivery whose end is unknown: to whom (None: erased since), since when, and what is known."""

    email: str | None
    since: datetime | None
    note: str


def in_doubt(connection: Connection, number: int) -> list[Doubtful]:
    """Return the deliveries of an issue whose end is unknown, in the order in which they were to go out."""
    query = (
        select(subscribers.c.email, deliveries.c.settled_at, deliveries.c.reply)
        .select_from(deliveries.outerjoin(subscribers, subscribers.c.id == deliveries.c.subscriber_id))
        .where(deliveries.c.issue_number == number, _is_unknown())
        .order_by(deliveries.c.id)
    )
    return [Doubtful(email, since, note or "") for email, since, note in connection.execute(query)]


def resolve(
    connection: Connection, number: int, addresses: Sequence[str], *, again: bool, now: datetime
) -> int:
    """Settle what is in doubt, all of it or that of these readers: send it again, or count it as sent.

    Return how many deliveries that were. Raises NewsletterError, also when one of the addresses is not in doubt.
    """
    freezing.get_issue(connection, number)
    doubtful = {one.email for one in in_doubt(connection, number)}
    if not doubtful:
        raise NewsletterError(f"Nothing of issue {number} is in doubt.")
    keys = {parse(address).key: address for address in addresses}
    known = {parse(email).key for email in doubtful if email is not None}
    if strange := [address for key, address in keys.items() if key not in known]:
        raise NewsletterError(
            f"Not in doubt: {', '.join(strange)}. Nothing was changed.",
            remedy=f"`newsletter issue {number}` lists what is.",
        )
    which = [deliveries.c.issue_number == number]
    if keys:
        named = select(subscribers.c.id).where(subscribers.c.email_key.in_(keys))
        which.append(deliveries.c.subscriber_id.in_(named))
    if again:
        return queue.send_again(connection, *which)
    vouched = {"status": "sent", "settled_at": now, "reply_code": None, "reply": VOUCHED}
    return connection.execute(update(deliveries).where(_is_unknown(), *which).values(vouched)).rowcount


def is_unfinished() -> ColumnElement[bool]:
    """Something of the issue may still go out, or is on its way. Both parts of this have an index."""
    its_own = deliveries.c.issue_number == issues.c.number
    waits = exists().where(its_own, is_waiting()).correlate(issues)
    is_claimed = exists().where(its_own, deliveries.c.worker.is_not(None)).correlate(issues)
    return or_(waits, is_claimed)


def finished(number: int, what: str) -> NewsletterError:
    """Return the error for an issue that is at its end."""
    return NewsletterError(
        f"There is nothing to {what}: issue {number} is finished.",
        remedy=f"`newsletter issue {number}` shows what became of it.",
    )


def _held(number: int) -> NewsletterError:
    return NewsletterError(
        f"Issue {number} waits for approval: nothing of it goes out.",
        remedy=f"`newsletter approve {number}` lets it go, `newsletter cancel {number}` does not.",
    )


def _is_unknown() -> ColumnElement[bool]:
    return deliveries.c.status == "unknown"
