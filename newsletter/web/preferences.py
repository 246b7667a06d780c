"""Preferences: how often, about what, in which language and zone, a pause, and what we know of a reader."""

import json
from dataclasses import replace
from typing import Annotated
from zoneinfo import ZoneInfo, available_timezones

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response

from newsletter import membership
from newsletter.membership import Origin
from newsletter.outbox.messages.links import GOODBYE, PREFERENCES, UNSUBSCRIBE
from newsletter.web.asking import Answers, Offer, read_choices, read_pause
from newsletter.web.pages import PRIVATE
from newsletter.web.reception import Reception, read_form
from subscribers.database import reading
from subscribers.roster import Subscriber

Form = Annotated[Answers, Depends(read_form)]


def router(reception: Reception) -> APIRouter:
    """Return the pages."""
    routes, pages = APIRouter(), reception.pages

    @routes.api_route("/preferences/{token}", methods=["GET", "HEAD"])
    def show(request: Request, token: str) -> Response:
        """Show what a reader chose."""
        reader = reception.reader(PREFERENCES, token)
        if reader is None:
            return pages.show("bad-link.html", pages.language_of(request), status=404)
        if reader.status != "confirmed":
            return _gone(reception, reader)
        return _show(reception, reader, token, Answers({}), saved="saved" in request.query_params)

    @routes.post("/preferences/{token}")
    def save(request: Request, token: str, answers: Form) -> Response:
        """Write down what a reader chose."""
        reader = reception.reader(PREFERENCES, token)
        if reader is None:
            return pages.show("bad-link.html", pages.language_of(request), status=404)
        if reader.status != "confirmed":
            return _gone(reception, reader)
        return _save(reception, request, reader, token, answers)

    @routes.api_route("/preferences/{token}/data", methods=["GET", "HEAD"])
    def data(request: Request, token: str) -> Response:
        """Give a reader all that we have about them, as a file."""
        reader = reception.reader(PREFERENCES, token)
        if reader is None:
            return pages.show("bad-link.html", pages.language_of(request), status=404)
        with reading(reception.site.engine) as connection:
            known = membership.disclose(connection, reader)
        name = {"Content-Disposition": 'attachment; filename="my-data.json"'}
        text = json.dumps(known, ensure_ascii=False, indent=1, default=str)
        return Response(text, media_type="application/json", headers={**PRIVATE, **name})

    return routes


def _show(
    reception: Reception, reader: Subscriber, token: str, answers: Answers, *, saved: bool, status: int = 200
) -> Response:
    now = reception.clock()
    until = reader.paused_until
    return reception.pages.show(
        "preferences.html",
        reader.language,
        status=status,
        reader=reader,
        token=token,
        leave=reception.tokens().sign(UNSUBSCRIBE, reader.id),
        offer=_offer_to(reader, reception.offer),
        answers=answers,
        saved=saved,
        zones=sorted(zone for zone in available_timezones() if "/" in zone or zone == "UTC"),
        paused_until=until.astimezone(ZoneInfo(reader.timezone)).date() if until and until > now else None,
        today=now.astimezone(ZoneInfo(reader.timezone)).date(),
    )


def _save(
    reception: Reception, request: Request, reader: Subscriber, token: str, answers: Answers
) -> Response:
    now = reception.clock()
    choices = read_choices(answers, _offer_to(reader, reception.offer))
    pause = read_pause(answers, ZoneInfo(choices.timezone or reader.timezone), now)
    if answers.faults:
        return _show(reception, reader, token, answers, saved=False, status=422)
    chosen = replace(choices, paused_until=pause)
    with reception.writing() as connection:
        membership.change(connection, reader, chosen, Origin("link", reception.source(request)), now=now)
    return RedirectResponse(f"/preferences/{token}?saved", 303, headers=PRIVATE)


def _offer_to(reader: Subscriber, offer: Offer) -> Offer:
    """Return what is on offer, and what this reader has: nobody loses a choice by looking at it."""
    return Offer(
        tuple(dict.fromkeys((*offer.cadences, reader.cadence))),
        tuple(dict.fromkeys((*offer.topics, *reader.topics))),
        offer.languages,
    )


def _gone(reception: Reception, reader: Subscriber) -> Response:
    """Say that there is nothing to choose: a reader has left, or was never confirmed."""
    token = reception.tokens().sign(GOODBYE, reader.id)
    return reception.pages.show("goodbye.html", reader.language, reader=reader, token=token)
