"""Delivering: hand over what is due, say in the log what becomes of it, and stand still where we are refused."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from threading import Event
from time import monotonic

from newsletter import alarms
from newsletter.application import logs
from newsletter.application.chronicle import Chronicle
from newsletter.application.opening import clock
from newsletter.errors import NewsletterError
from newsletter.outbox import cancelling, letters, steering
from newsletter.outbox.delivery import worker
from newsletter.outbox.delivery.settling import MailRefused
from newsletter.outbox.delivery.warmup import WarmUp
from newsletter.outbox.delivery.worker import Summary
from newsletter.outbox.letters import Post, Round
from newsletter.outbox.messages.composing import Composer
from newsletter.outbox.messages.letterhead import letterhead_of
from newsletter.outbox.messages.signing import signer_of
from newsletter.settings import Settings
from newsletter.site import Site
from newsletter.transport.protocol import Transport
from newsletter.transport.smtp import SmtpSettings, open_transport
from subscribers import keys
from subscribers.database import reading, writing

#: Notices that the relay refuses for our sake are due again after this.
_NOTICES_WAIT = timedelta(minutes=5)

#: Replies from here on say that trying again will not help (RFC 5321, section 4.2.1).
_FOR_GOOD = 500

#: Connections that give a machine so much to do that a body had better go along with its dot; with fewer, the relay
#: reads it while outcomes are written down. That takes longer where the database is a server.
_MANY, _MANY_WITH_A_SERVER = 6, 20

#: What may be put around each connection to the relay.
Around = Callable[[Transport], Transport]


class PausedByRefusal(NewsletterError):
    """The relay refuses an issue for a reason that is about us, and the issue is paused."""


def deliver(
    site: Site,
    *,
    on_progress: Callable[[int], None] = lambda _done: None,
    stop: Event | None = None,
    chronicle: Chronicle | None = None,
    around: Around = lambda transport: transport,
) -> Summary:
    """Hand over everything that is due, and return what became of it. An issue that we may not send is paused.

    `on_progress` is told how many deliveries have come to an end since it was last told; setting `stop` ends the
    run. Raises DatabaseUnavailable.
    """
    own = chronicle or Chronicle(site)

    def progress(done: int) -> None:
        own.glance()
        on_progress(done)

    own.look()
    began = monotonic()
    summary = _hand_over(site, on_progress=progress, stop=stop, around=around)
    cancelling.finish(site.engine, clock())
    own.add(summary, monotonic() - began)
    if chronicle is None:
        own.close()
    return summary


def deliver_notices(site: Site) -> NewsletterError | None:
    """Hand over the mail about subscriptions that is due, and no issue; return why it could not be, if so."""
    return _hand_over(site, notices_only=True).stopped


def deliver_letters(site: Site, *, stop: Event) -> Round:
    """Hand over the letters to the author that are due. Raises DatabaseUnavailable."""
    relay = relay_of(site.settings)
    with reading(site.engine) as connection:
        tokens = keys.tokens(connection)
    post = Post(letterhead_of(site.settings), site.settings.author_address, tokens, signer_of(site.settings))
    return letters.hand_over(site.engine, post, lambda: open_transport(relay), clock, stop)


def sends_again(site: Site) -> bool:
    """Whether a message goes out once more whose answer was lost."""
    return site.settings.smtp.in_doubt == "again"


def _hand_over(
    site: Site,
    *,
    notices_only: bool = False,
    on_progress: Callable[[int], None] = lambda _done: None,
    stop: Event | None = None,
    around: Around = lambda transport: transport,
) -> Summary:
    smtp = site.settings.smtp
    many = _MANY if site.engine.dialect.name == "sqlite" else _MANY_WITH_A_SERVER
    relay = replace(relay_of(site.settings), together=smtp.connections >= many)
    with reading(site.engine) as connection:
        tokens = keys.tokens(connection)
    summary = worker.deliver(
        site.engine,
        open_transport=lambda: around(open_transport(relay)),
        composer=Composer(site.engine, letterhead_of(site.settings), tokens, signer_of(site.settings)),
        now=clock,
        connections=smtp.connections,
        rate=smtp.rate,
        per_domain=smtp.per_domain,
        warm_up=WarmUp(smtp.warm_up, site.settings.newsletter.timezone),
        resend=sends_again(site),
        notices_only=notices_only,
        on_progress=on_progress,
        stop=stop,
    )
    if isinstance(summary.stopped, MailRefused) and summary.stopped.reply.code >= _FOR_GOOD:
        return replace(summary, stopped=_stand_still(site, summary.stopped))
    return summary


def _stand_still(site: Site, refusal: MailRefused) -> NewsletterError:
    """Pause the issue that is refused. Notices, which nobody would resume, only wait a while."""
    now, number = clock(), refusal.issue_number
    logs.trouble("refused", issue=number, reply=str(refusal.reply))
    with writing(site.engine) as connection:
        if number is None:
            steering.hold_notices(connection, now, now + _NOTICES_WAIT)
        else:
            steering.halt(connection, number, f"the relay refuses our mail: {refusal.reply}")
        about = "notices" if number is None else str(number)
        alarms.tell(connection, site, "refused", about, now=now, number=number, reply=str(refusal.reply))
    if number is None:
        return refusal
    return PausedByRefusal(
        f"{refusal.message} Issue {number} is paused; nothing is held against its readers.",
        remedy=f"Mend it with whoever runs the relay, then type `newsletter resume {number}`.",
    )


def relay_of(settings: Settings) -> SmtpSettings:
    """Return how the relay of these settings is reached."""
    smtp = settings.smtp
    return SmtpSettings(
        host=smtp.host,
        port=smtp.port,
        security=smtp.security,
        username=smtp.username,
        password=smtp.password,
        timeout=smtp.timeout,
        auth=smtp.auth,
        token_file=settings.smtp_token_file,
        pipeline=smtp.pipeline,
    )
