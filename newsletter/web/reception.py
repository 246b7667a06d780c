"""The reception: what every page that takes a wish needs, and how a wish is taken."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock

from fastapi import Request
from sqlalchemy import Connection
from starlette.datastructures import FormData

from newsletter import alarms, membership
from newsletter.membership import Choices, Origin
from newsletter.site import Site
from newsletter.web.asking import Answers, Offer
from newsletter.web.evenness import evenly
from newsletter.web.limits import Limits, Verdict
from newsletter.web.pages import Pages
from newsletter.web.topics import Topics
from newsletter.web.visitors import Visitor, visitor
from subscribers import keys
from subscribers.address import Address
from subscribers.database import reading, writing
from subscribers.errors import BadToken
from subscribers.roster import Subscriber
from subscribers.tokens import Tokens

#: Fields that a form may have, and no files.
_MOST_FIELDS = 100


@dataclass(frozen=True)
class Reception:
    """Who receives visitors of a site."""

    site: Site
    clock: Callable[[], datetime]
    pages: Pages
    limits: Limits
    topics: Topics
    turn: Lock = field(default_factory=Lock)

    @classmethod
    def of(cls, site: Site, clock: Callable[[], datetime]) -> "Reception":
        """Open the reception of a site."""
        limits = Limits(site.engine, clock, site.settings.web.requests_per_hour)
        return cls(site, clock, Pages(site, clock), limits, Topics(site, clock))

    @property
    def offer(self) -> Offer:
        """What readers may choose among now."""
        cadences = tuple(self.site.settings.schedule.cadences)
        return Offer(cadences, self.topics.offered(), tuple(self.pages.languages))

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction that writes. Raises DatabaseUnavailable.

        On SQLite one is open at a time, here as anywhere, and who waits for another process looks again and again,
        ever more rarely, while others overtake. So visitors wait for each other here, where the lock wakes the next.
        """
        one_at_a_time = self.turn if self.site.engine.dialect.name == "sqlite" else nullcontext()
        with one_at_a_time, writing(self.site.engine) as connection:
            yield connection

    def tokens(self) -> Tokens:
        """Return what signs and reads our links."""
        with reading(self.site.engine) as connection:
            return keys.tokens(connection)

    def reader(self, purpose: str, token: str) -> Subscriber | None:
        """Return the reader whose link this is; None for a link that we did not make, or of somebody who was erased."""
        with reading(self.site.engine) as connection:
            try:
                numbers = keys.tokens(connection).read(purpose, token)
            except BadToken:
                return None
            return membership.reader_of(connection, numbers)

    def visitor(self, request: Request) -> Visitor:
        """Return who asks."""
        return visitor(request, self.site.settings.web.proxies)

    def source(self, request: Request) -> str:
        """Return what is filed of where a visitor comes from."""
        return self.visitor(request).origin(self.site.settings.privacy.addresses)

    def take(self, address: Address, choices: Choices, origin: Origin, network: str) -> bool:
        """Take a wish to subscribe; return False where a visitor has to wait. Nothing else shows what became of it."""
        with evenly():
            verdict = self._take(address, choices, origin, network)
        return verdict in (Verdict.TAKEN, Verdict.QUIETLY)

    def _take(self, address: Address, choices: Choices, origin: Origin, network: str) -> Verdict:
        verdict, now = self.limits.judge(address, network), self.clock()
        if verdict is Verdict.TAKEN:
            with self.writing() as connection:
                membership.request(connection, self.site, address, choices, origin, now=now)
        elif verdict is Verdict.FLOOD:
            with self.writing() as connection:
                count = self.limits.hourly
                alarms.tell(connection, self.site, "list-bomb", "form", now=now, count=count, minutes=60)
        return verdict


async def read_form(request: Request) -> Answers:
    """Read a form, urlencoded or multipart (RFC 7578); files are refused."""
    form: FormData = await request.form(max_files=0, max_fields=_MOST_FIELDS)
    fields: dict[str, list[str]] = {}
    for name, value in form.multi_items():
        if isinstance(value, str):
            fields.setdefault(name, []).append(value)
    return Answers(fields)
