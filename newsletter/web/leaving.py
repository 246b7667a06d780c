"""Leaving: at once by the mail program's own button (RFC 8058), or by a page that offers less instead; and its undo."""

from datetime import datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Request
from fastapi.responses import PlainTextResponse, RedirectResponse, Response

from newsletter import membership
from newsletter.cadence import Cadence
from newsletter.membership import Choices, Origin
from newsletter.outbox.messages.links import GOODBYE, UNSUBSCRIBE
from newsletter.web.asking import Answers
from newsletter.web.pages import PRIVATE
from newsletter.web.reception import Reception, read_form
from subscribers.roster import Subscriber

Form = Annotated[Answers, Depends(read_form)]

#: What a mail program sends (RFC 8058, section 3.1).
_ONE_CLICK = ("List-Unsubscribe", "One-Click")


def router(reception: Reception) -> APIRouter:
    """Return the pages."""
    routes, pages = APIRouter(), reception.pages

    @routes.api_route("/unsubscribe/{token}", methods=["GET", "HEAD"])
    def ask(request: Request, token: str) -> Response:
        """Ask with a button, and offer less instead."""
        reader = reception.reader(UNSUBSCRIBE, token)
        if reader is None:
            return pages.show("bad-link.html", pages.language_of(request), status=404)
        if reader.status == "unsubscribed":
            return _said(reception, reader)
        rarer = _rarer(reception, reader)
        return pages.show("unsubscribe.html", reader.language, reader=reader, token=token, rarer=rarer)

    @routes.post("/unsubscribe/{token}")
    def leave(request: Request, token: str, answers: Form) -> Response:
        """Leave; at once and without a page where a mail program asks."""
        reader = reception.reader(UNSUBSCRIBE, token)
        if answers.one(_ONE_CLICK[0]) == _ONE_CLICK[1]:
            return _one_click(reception, request, reader)
        if reader is None:
            return pages.show("bad-link.html", pages.language_of(request), status=404)
        return _leave(reception, request, reader, answers)

    @routes.api_route("/goodbye/{token}", methods=["GET", "HEAD"])
    def goodbye(request: Request, token: str) -> Response:
        """Say goodbye, with a button to take it back."""
        reader = reception.reader(GOODBYE, token)
        if reader is None:
            return pages.show("bad-link.html", pages.language_of(request), status=404)
        return _said(reception, reader)

    @routes.post("/goodbye/{token}")
    def come_back(request: Request, token: str) -> Response:
        """Take it back."""
        reader = reception.reader(GOODBYE, token)
        if reader is None:
            return pages.show("bad-link.html", pages.language_of(request), status=404)
        origin = Origin("link", reception.source(request))
        with reception.writing() as connection:
            back = membership.come_back(connection, reception.site, reader, origin, now=reception.clock())
        if back.status != "confirmed":
            return _said(reception, back)
        return RedirectResponse(f"/welcome?language={back.language}&back", 303, headers=PRIVATE)

    return routes


def _one_click(reception: Reception, request: Request, reader: Subscriber | None) -> Response:
    """Answer a mail program: no page, no cookie, no redirect."""
    if reader is None:
        return PlainTextResponse("This is not one of our links.\n", 404, headers=PRIVATE)
    origin = Origin("one-click", reception.source(request))
    with reception.writing() as connection:
        membership.leave(connection, reception.site, reader, origin, now=reception.clock())
    return PlainTextResponse("Unsubscribed.\n", headers=PRIVATE)


def _leave(reception: Reception, request: Request, reader: Subscriber, answers: Answers) -> Response:
    origin, now = Origin("link", reception.source(request)), reception.clock()
    instead = answers.one("instead")
    tokens = reception.tokens()
    with reception.writing() as connection:
        if instead and instead in _rarer(reception, reader):
            membership.change(connection, reader, Choices(cadence=instead), origin, now=now)
            place = f"/preferences/{tokens.sign('preferences', reader.id)}?saved"
        else:
            membership.leave(connection, reception.site, reader, origin, now=now, goodbye=True)
            place = f"/goodbye/{tokens.sign(GOODBYE, reader.id)}"
    return RedirectResponse(place, 303, headers=PRIVATE)


def _said(reception: Reception, reader: Subscriber) -> Response:
    token = reception.tokens().sign(GOODBYE, reader.id)
    return reception.pages.show("goodbye.html", reader.language, reader=reader, token=token)


def _rarer(reception: Reception, reader: Subscriber) -> tuple[str, ...]:
    """Return the cadences on offer that come less often than the reader's own."""
    cadences = reception.site.settings.schedule.cadences
    if reader.cadence not in cadences or reader.status != "confirmed":
        return ()
    zone, now = reception.site.settings.newsletter.timezone, reception.clock()
    periods = {name: _period(cadence, now, zone) for name, cadence in cadences.items()}
    return tuple(name for name, period in periods.items() if period > periods[reader.cadence])


def _period(cadence: Cadence, now: datetime, zone: ZoneInfo) -> timedelta:
    """Return the time from one issue of a cadence to the next."""
    if cadence.at_once:
        return timedelta()
    first = cadence.next_due(now, zone)
    return cadence.next_due(first, zone) - first
