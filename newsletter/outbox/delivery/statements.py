"""The statements of a worker: what claims, marks, settles and gives back deliveries.

They are written for lists of ids (`these`), so that they can be prepared once. The parameters are `me` (the worker),
`now`, and what each statement names besides.
"""

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Executable,
    Integer,
    Text,
    Update,
    and_,
    any_,
    bindparam,
    case,
    exists,
    func,
    literal_column,
    or_,
    select,
    true,
    update,
)

from newsletter.issues.tables import issues
from newsletter.outbox.eligibility import is_due, is_notice, issue_is_open, may_be_mailed, pauses
from newsletter.outbox.tables import deliveries, workers
from subscribers.database import Instant
from subscribers.tables import subscribers

_ALL = true()
_ME = deliveries.c.worker == bindparam("me")

#: The same, of deliveries that are named: they are to be found by their ids, and not in the index of what is claimed,
#: where PostgreSQL has to look through all that this run has sent, until it is vacuumed.
_MINE = deliveries.c.worker + 0 == bindparam("me")

_NOW = bindparam("now", type_=Instant())
_QUEUED: ColumnElement[bool] = deliveries.c.status == literal_column("'queued'")

#: What was accepted is settled also where its worker was taken for dead, unless another one is at it.
_MAY_BE_SETTLED = or_(
    _MINE,
    and_(deliveries.c.worker.is_(None), or_(_QUEUED, deliveries.c.status == literal_column("'unknown'"))),
)


def lanes(*, notices_only: bool) -> Executable:
    """What has something that is due: notices (null), then the open issues.

    Each is looked up by itself in the index, so that a paused issue of a million readers holds up nobody.
    """
    notices = select(
        literal_column("NULL", Integer).label("lane"), literal_column("0", Integer).label("place")
    )
    notices = notices.where(exists().where(is_notice(), is_due(_NOW)))
    if notices_only:
        return select(notices.subquery().c.lane)
    waiting = exists().where(deliveries.c.issue_number == issues.c.number, is_due(_NOW)).correlate(issues)
    of_issues = select(issues.c.number, literal_column("1", Integer)).where(issues.c.state == "open", waiting)
    lanes = notices.union_all(of_issues).subquery()
    return select(lanes.c.lane).order_by(lanes.c.place, lanes.c.lane)


def due(*, notices: bool) -> Executable:
    """What is due of a lane, with its readers, and what to do with it; up to `limit`.

    It is to be claimed, cancelled, or put off: an issue, until its reader pauses no longer.
    """
    lane = is_notice() if notices else deliveries.c.issue_number == bindparam("issue")
    whens: list[tuple[ColumnElement[bool], ColumnElement[str]]] = [
        (~may_be_mailed(), literal_column("'cancel'"))
    ]
    if not notices:
        whens.append((pauses(_NOW), literal_column("'put off'")))
    return (
        select(
            case(*whens, else_=literal_column("'claim'")),
            deliveries.c.id,
            deliveries.c.issue_number,
            deliveries.c.rendering_id,
            deliveries.c.subscriber_id,
            subscribers.c.email,
            subscribers.c.name,
            deliveries.c.attempts,
        )
        .select_from(deliveries.outerjoin(subscribers, subscribers.c.id == deliveries.c.subscriber_id))
        .where(lane, is_due(_NOW))
        .order_by(deliveries.c.due_at, deliveries.c.id)
        .limit(bindparam("limit"))
        .with_for_update(skip_locked=True, of=deliveries)
    )


def _claim(these: ColumnElement[bool]) -> Executable:
    return update(deliveries).where(these).values(worker=bindparam("me"))


def _cancel(these: ColumnElement[bool]) -> Executable:
    # the worker is named only to be like the others: nobody has claimed it
    unclaimed = or_(deliveries.c.worker.is_(None), _MINE)
    return (
        update(deliveries)
        .where(these, _QUEUED, unclaimed)
        .values(status="cancelled", settled_at=_NOW, worker=None)
    )


def _put_off(these: ColumnElement[bool]) -> Executable:
    # the worker is named only to be like the others: nobody has claimed it
    unclaimed = or_(deliveries.c.worker.is_(None), _MINE)
    until = select(subscribers.c.paused_until).where(subscribers.c.id == deliveries.c.subscriber_id)
    due = func.coalesce(until.scalar_subquery(), deliveries.c.due_at)
    return update(deliveries).where(these, _QUEUED, unclaimed).values(due_at=due)


def _mark(these: ColumnElement[bool]) -> Update:
    lease_holds = exists().where(workers.c.id == bindparam("me"), workers.c.leased_until > _NOW)
    # what is marked already is ours and was not sent: its transaction was kept, and nobody told us so
    ours = and_(_MINE, deliveries.c.status.in_([literal_column("'queued'"), literal_column("'sending'")]))
    return (
        update(deliveries)
        .where(these, ours, lease_holds, may_be_mailed(), issue_is_open())
        .values(status="sending")
    )


def _marked(these: ColumnElement[bool]) -> Executable:
    return select(deliveries.c.id).where(these, _MINE, deliveries.c.status == literal_column("'sending'"))


def _settle(these: ColumnElement[bool], whose: ColumnElement[bool] = _MINE) -> Executable:
    return (
        update(deliveries)
        .where(these, whose)
        .values(
            status=bindparam("outcome"),
            attempts=deliveries.c.attempts + bindparam("counted"),
            due_at=func.coalesce(bindparam("due", type_=Instant()), deliveries.c.due_at),
            settled_at=bindparam("settled", type_=Instant()),
            reply_code=bindparam("code"),
            reply=bindparam("words"),
            worker=None,
        )
    )


def _accept(these: ColumnElement[bool]) -> Executable:
    return _settle(these, _MAY_BE_SETTLED)


def accept_and_mark() -> Executable:
    """What nearly every turn is, for a server that takes lists: settle what was sent, and mark what comes next.

    `accepted` are the deliveries that were sent, with the `codes` and the `words` of the relay; `next` are marked.
    """
    lists = (("accepted", Integer()), ("codes", Integer()), ("words", Text()))
    given = func.unnest(*(bindparam(name, type_=ARRAY(kind)) for name, kind in lists))
    replies = given.table_valued("id", "code", "words", name="replies").render_derived()
    settled = (
        update(deliveries)
        .where(deliveries.c.id == replies.c.id, _MAY_BE_SETTLED)
        .values(
            status="sent",
            attempts=deliveries.c.attempts + 1,
            settled_at=_NOW,
            reply_code=replies.c.code,
            reply=replies.c.words,
            worker=None,
        )
        .returning(deliveries.c.id)
    )
    following = bindparam("next", type_=ARRAY(Integer()))
    return _mark(deliveries.c.id == any_(following)).add_cte(settled.cte("settled"))


def release(these: ColumnElement[bool] = _ALL) -> Executable:
    """Give back what is claimed and not marked."""
    return update(deliveries).where(these, _ME, _QUEUED).values(worker=None)


def _postpone(these: ColumnElement[bool]) -> Executable:
    due = bindparam("due", type_=Instant())
    return update(deliveries).where(these, _MINE, _QUEUED).values(worker=None, due_at=due)


#: The statements that are about a list of deliveries, by what they do.
FOR_EACH = {
    "claim": _claim,
    "cancel": _cancel,
    "put off": _put_off,
    "mark": _mark,
    "marked": _marked,
    "settle": _settle,
    "accept": _accept,
    "release": release,
    "postpone": _postpone,
}
