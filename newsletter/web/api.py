"""The API: subscribing from a page of one's own, or from a program."""

from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from newsletter.membership import Origin
from newsletter.web.asking import Answers, read_address, read_choices
from newsletter.web.reception import Reception

Word = Annotated[str, StringConstraints(max_length=320)]


class Wish(BaseModel):
    """Who wants the newsletter, and how. What is left out is as the newsletter has it."""

    model_config = ConfigDict(extra="forbid")

    email: Word = Field(examples=["ana@example.org"], json_schema_extra={"format": "email"})
    name: Word = ""
    cadence: Word = Field("", description="One of the cadences on offer.", examples=["weekly"])
    topics: Annotated[list[Word], Field(max_length=50)] = Field([], description="None: everything.")
    timezone: Word = Field("", examples=["Europe/Lisbon"])
    language: Word = Field("", examples=["pt"])


class Taken(BaseModel):
    """The wish was taken. Whoever has the address is asked by mail, unless they subscribe already."""

    status: str = "check your mail"


class Faults(BaseModel):
    """What is wrong, by field."""

    faults: dict[str, str]


def router(reception: Reception) -> APIRouter:
    """Return the API."""
    routes = APIRouter(prefix="/api", tags=["subscribe"])

    @routes.post(
        "/subscribe",
        status_code=202,
        response_model=Taken,
        responses={
            422: {"model": Faults},
            429: {"model": Faults},
            413: {"model": Faults},
            400: {"model": Faults},
            403: {"description": "A page of an origin that the settings do not name."},
        },
    )
    def subscribe(request: Request, wish: Wish) -> JSONResponse:
        """Ask for the newsletter. The answer is the same whether an address is known or not."""
        given = wish.model_dump(exclude_defaults=True)
        answers = Answers(
            {name: value if isinstance(value, list) else [value] for name, value in given.items()}
        )
        address, choices = read_address(answers), read_choices(answers, reception.offer)
        if address is None or answers.faults:
            return JSONResponse({"faults": answers.faults}, 422)
        origin = Origin("form", ", ".join(filter(None, ("API", reception.source(request)))))
        if not reception.take(address, choices, origin, reception.visitor(request).network):
            return JSONResponse({"faults": {"": "Too many wishes just now. Please try again later."}}, 429)
        return JSONResponse(Taken().model_dump(), 202)

    return routes
