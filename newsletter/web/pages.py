"""Pages: a template, filled in a visitor's language, with what every page has."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from fastapi import Request
from fastapi.responses import HTMLResponse, Response

from newsletter.languages import choose, direction, nearest, offered, own_name, spoken
from newsletter.publishing import masthead_of
from newsletter.site import Site

#: Pages whose addresses hold a token: nobody keeps them, and no search engine finds them.
PRIVATE = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex"}


@dataclass(frozen=True)
class Pages:
    """The pages of a site."""

    site: Site
    clock: Callable[[], datetime]

    def language_of(self, request: Request) -> str:
        """Return the language that a visitor asks for by `?language=`, or whose browser does."""
        wanted = request.query_params.get("language", "")
        own = self.site.settings.newsletter.language
        return wanted if wanted in self.languages else choose(request.headers.get("accept-language", ""), own)

    def show(
        self, name: str, language: str, *, status: int = 200, private: bool = True, **facts: object
    ) -> Response:
        """Fill a template under templates/web. Raises TemplateError."""
        tongue = spoken(language, self.site.settings.newsletter.language)
        language = nearest(tongue)
        given = {
            "masthead": masthead_of(self.site, number=None, now=self.clock(), language=language),
            "language": language,
            "direction": direction(language),
            "languages": self.languages,
            "chosen_language": tongue if tongue in self.languages else language,
            **facts,
        }
        headers = {"Content-Language": language, "Vary": "Accept-Language", **(PRIVATE if private else {})}
        return HTMLResponse(self.site.templates.render(f"web/{name}", **given), status, headers=headers)

    @cached_property
    def languages(self) -> dict[str, str]:
        """Every language that a reader may choose, by its tag, in its own words."""
        return {tag: own_name(tag) for tag in offered(self.site.settings.newsletter.language)}

    @cached_property
    def style(self) -> str:
        """The style sheet of all pages, in the colours of the newsletter's mails."""
        masthead = masthead_of(self.site, number=None, now=self.clock())
        return self.site.templates.render("web/style.css", masthead=masthead)
