"""The role `inbound`: takes the mail that comes back, where a mail server hands it over and out of a mailbox."""

from functools import partial
from threading import Event, Thread

from newsletter.application import logs
from newsletter.application.opening import clock
from newsletter.application.receiving import taker
from newsletter.application.serving.board import Place
from newsletter.application.serving.listening import address_of, listening
from newsletter.application.serving.patience import Patience
from newsletter.errors import NewsletterError
from newsletter.inbound import imap, server
from newsletter.inbound.server import Take
from newsletter.outbox.messages.letterhead import letterhead_of
from newsletter.site import Site

#: Seconds for which the one who empties the mailbox may take to end.
_FAREWELL = 2.0


def work(site: Site, place: Place, stop: Event) -> None:
    """Take mail until told to stop. Raises NewsletterError where nobody can listen."""
    given, take, over = site.settings.inbound, taker(site, place), Event()
    place.turn("working")
    emptying = Thread(target=partial(_keep_empty, site, place, take, over), name="imap", daemon=True)
    if given.imap_host:
        emptying.start()
    try:
        _listen(site, place, take, stop)
    finally:
        over.set()
        if given.imap_host:
            emptying.join(_FAREWELL)


def _listen(site: Site, place: Place, take: Take, stop: Event) -> None:
    given = site.settings.inbound
    if not given.listen:
        stop.wait()
        return
    with listening(given.listen) as opened:
        logs.event("listening", role=place.role, where=address_of(opened), protocol=given.protocol)
        limits = {"largest": given.largest_octets, "protocol": given.protocol}
        server.serve(opened, take, letterhead_of(site.settings), stop, **limits)


def _keep_empty(site: Site, place: Place, take: Take, over: Event) -> None:
    """Keep the mailbox empty; one that cannot be reached is waited for, and the other door stays open meanwhile."""
    patience = Patience(place.wait_for)
    while not over.is_set():
        try:
            imap.keep_empty(site.settings, take, clock, over, patience.regain)
        except NewsletterError as error:
            over.wait(patience.lose("mailbox unavailable", str(error).replace("\n", " ")))
        except Exception as error:  # noqa: BLE001 - the mailbox's server may say anything
            over.wait(patience.lose("mailbox unavailable", f"{type(error).__name__}: {error}"))
