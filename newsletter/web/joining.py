"""Joining: the form, the question by mail, and the button behind the link in it."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response

from newsletter import membership
from newsletter.membership import Choices, Origin
from newsletter.outbox.messages.links import CONFIRM
from newsletter.web import seals
from newsletter.web.asking import Answers, read_address, read_choices
from newsletter.web.pages import PRIVATE
from newsletter.web.reception import Reception, read_form

#: A field that people do not see, and robots fill in.
TRAP = "website"

Form = Annotated[Answers, Depends(read_form)]


def router(reception: Reception) -> APIRouter:
    """Return the pages."""
    routes, pages = APIRouter(), reception.pages

    @routes.api_route("/", methods=["GET", "HEAD"])
    def ask(request: Request) -> Response:
        """Show the form."""
        return _form(reception, request, Answers({}))

    @routes.post("/subscribe")
    def subscribe(request: Request, answers: Form) -> Response:
        """Take a wish, and say only that a mail may come."""
        return _subscribe(reception, request, answers)

    @routes.api_route("/check-your-mail", methods=["GET", "HEAD"])
    def check_your_mail(request: Request) -> Response:
        """Say what comes next."""
        return pages.show("check-your-mail.html", pages.language_of(request))

    @routes.api_route("/confirm/{token}", methods=["GET", "HEAD"])
    def question(request: Request, token: str) -> Response:
        """Ask once more, with a button: scanners follow links, and press none (law 5)."""
        reader = reception.reader(CONFIRM, token)
        if reader is None or reader.status == "unsubscribed":
            return pages.show("bad-link.html", pages.language_of(request), status=404)
        return pages.show("confirm.html", reader.language, reader=reader, token=token)

    @routes.post("/confirm/{token}")
    def confirm(request: Request, token: str) -> Response:
        """Confirm."""
        reader = reception.reader(CONFIRM, token)
        if reader is None or reader.status == "unsubscribed":
            return pages.show("bad-link.html", pages.language_of(request), status=404)
        origin = Origin("link", reception.source(request))
        with reception.writing() as connection:
            membership.confirm(connection, reception.site, reader, origin, now=reception.clock())
        return RedirectResponse(f"/welcome?language={reader.language}", 303, headers=PRIVATE)

    @routes.api_route("/welcome", methods=["GET", "HEAD"])
    def welcome(request: Request) -> Response:
        """Welcome a new reader."""
        return pages.show("welcome.html", pages.language_of(request))

    @routes.api_route("/embed", methods=["GET", "HEAD"])
    def embed(request: Request) -> Response:
        """Show the HTML of a form for other pages."""
        return pages.show("embed.html", pages.language_of(request), offer=reception.offer)

    @routes.api_route("/style.css", methods=["GET", "HEAD"])
    def style() -> Response:
        """Give the style sheet of all pages."""
        return Response(pages.style, media_type="text/css", headers={"Cache-Control": "max-age=300"})

    return routes


def _form(reception: Reception, request: Request, answers: Answers, *, status: int = 200) -> Response:
    language = answers.one("language") or reception.pages.language_of(request)
    return reception.pages.show(
        "subscribe.html",
        language,
        status=status,
        offer=reception.offer,
        answers=answers,
        seal=seals.seal(reception.tokens(), reception.clock()),
        trap=TRAP,
        default=reception.site.settings.schedule.default,
    )


def _subscribe(reception: Reception, request: Request, answers: Answers) -> Response:
    pages, language = reception.pages, reception.pages.language_of(request)
    address, choices = read_address(answers), read_choices(answers, reception.offer)
    if address is None or answers.faults:
        return _form(reception, request, answers, status=422)
    if answers.one(TRAP):  # a robot, which need not know that we know
        return _taken(language)
    if not seals.is_whole(reception.tokens(), answers.one("seal"), reception.clock()):
        return _form(reception, request, answers)  # from another page, or from yesterday: one press more
    chosen = Choices(
        choices.name, choices.cadence, choices.topics, choices.timezone, choices.language or language
    )
    origin = Origin("form", reception.source(request))
    if not reception.take(address, chosen, origin, reception.visitor(request).network):
        return pages.show("later.html", language, status=429)
    return _taken(language)


def _taken(language: str) -> Response:
    return RedirectResponse(f"/check-your-mail?language={language}", 303, headers=PRIVATE)
