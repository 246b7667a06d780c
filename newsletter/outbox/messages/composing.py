"""Composing deliveries: a frozen rendering is read and encoded once, then filled in for reader after reader."""

from datetime import datetime
from functools import lru_cache
from threading import Lock

from sqlalchemy import Engine, select

from newsletter.errors import NewsletterError
from newsletter.issues import freezing
from newsletter.issues.tables import renderings
from newsletter.outbox.delivery.claims import Claimed
from newsletter.outbox.messages.dkim import Signer
from newsletter.outbox.messages.letterhead import Letterhead
from newsletter.outbox.messages.message import Reader, compose
from newsletter.outbox.messages.template import Template
from newsletter.transport.protocol import Message
from subscribers.database import reading
from subscribers.tokens import Tokens

#: Templates that are kept: an issue has one for each set of posts, and a notice one for each wording.
_KEPT = 32


class Composer:
    """Makes the message of a claimed delivery, signed where there is a signer; used by all connections of a run.

    Raises NewsletterError for a rendering that no reader could get, and ValueError or InvalidAddress for one
    reader whom no mail can be made for.
    """

    def __init__(
        self, engine: Engine, letterhead: Letterhead, tokens: Tokens, signer: Signer | None = None
    ) -> None:
        self._engine = engine
        self._letterhead = letterhead
        self._tokens = tokens
        self._signer = signer
        self._prepared = lru_cache(maxsize=_KEPT)(self._prepare)
        self._preparing = Lock()

    def __call__(self, claimed: Claimed, now: datetime) -> Message:
        """Compose one message, dated `now`."""
        reader = Reader(claimed.id, claimed.subscriber_id, claimed.email, claimed.name)
        with self._preparing:  # else all connections would prepare the first template, each for itself
            template = self._prepared(claimed.rendering_id)
        return compose(template, reader, self._tokens, now)

    def _prepare(self, rendering_id: int) -> Template:
        query = select(renderings.c.kind, renderings.c.issue_number).where(renderings.c.id == rendering_id)
        with reading(self._engine) as connection:
            kind, number = connection.execute(query).one()
            rendering = freezing.read_rendering(connection, rendering_id)
        try:
            return Template.prepare(
                rendering, self._letterhead, kind=kind, number=number, signer=self._signer
            )
        except ValueError as error:
            what = f"The mail of issue {number}" if number else f"The mail of kind {kind}"
            raise NewsletterError(
                f"{what} could not be made: {error}.", remedy="Correct [newsletter] in newsletter.toml."
            ) from error
