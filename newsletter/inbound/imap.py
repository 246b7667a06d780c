"""The door to a mailbox elsewhere: what arrives there is fetched, handled, and moved out of the way.

Nothing depends on the moving: a message that was handled is known by itself (newsletter.inbound.received), so that a
crash between the two does no harm, nor do several programs at one mailbox.
"""

import imaplib
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from threading import Event

from imap_tools import BaseMailBox, MailBox, MailBoxStartTls, MailBoxUnencrypted
from imap_tools.errors import ImapToolsError, MailboxLoginError

from newsletter.errors import NewsletterError
from newsletter.inbound.incoming import read
from newsletter.inbound.server import Take
from newsletter.settings import Settings

#: How a message is marked that was handled and stays.
HANDLED = "NewsletterHandled"

#: Where a mailbox cannot keep such a mark, older mail is left alone: it is forgotten that it was handled.
_BACK = timedelta(days=25)

#: Seconds for an answer; for one wait for news, in steps between which we may be told to stop; and between two looks
#: at a server that tells no news.
_PATIENCE, _IDLE, _STEP, _LOOK = 60, 60, 1, 30


def keep_empty(
    settings: Settings, take: Take, clock: Callable[[], datetime], stop: Event, reached: Callable[[], None]
) -> None:
    """Handle what arrives in the mailbox until told to stop. Raises NewsletterError when it cannot be reached.

    `reached` is told each time that all is well.
    """
    with _explained(settings), _opened(settings) as mailbox:
        watched = _Watched(mailbox, settings, take, stop)
        while not stop.is_set():
            watched.empty(clock())
            reached()
            watched.wait()


class _Watched:
    """An open mailbox."""

    def __init__(self, mailbox: BaseMailBox, settings: Settings, take: Take, stop: Event) -> None:
        self._mailbox = mailbox
        self._client = mailbox.client
        self._done = settings.inbound.imap_done
        self._largest = settings.inbound.largest_octets
        self._take = take
        self._stop = stop
        flags = b" ".join(filter(None, self._client.response("PERMANENTFLAGS")[1] or []))
        self._keeps_marks = b"\\*" in flags or HANDLED.encode() in flags
        # servers say only after the login what they can do then
        _, told = self._client.capability()
        self._client.capabilities = tuple(told[-1].decode().upper().split())
        if self._done and not mailbox.folder.exists(self._done):
            mailbox.folder.create(self._done)

    def empty(self, now: datetime) -> None:
        """Handle what is there and was not handled."""
        wanted = f"UNKEYWORD {HANDLED}" if self._keeps_marks else f"SINCE {_day(now - _BACK)}"
        for uid in self._mailbox.uids(f"UNDELETED {wanted}", charset=None):
            if self._stop.is_set():
                return
            self._handle(uid)

    def wait(self) -> None:
        """Wait for news, where the server tells them (IDLE, RFC 2177)."""
        if "IDLE" not in self._client.capabilities:
            self._stop.wait(_LOOK)
            return
        self._mailbox.idle.start()  # type: ignore[no-untyped-call]
        for _ in range(_IDLE // _STEP):
            if self._stop.is_set() or self._mailbox.idle.poll(timeout=_STEP):
                break
        self._mailbox.idle.stop()  # type: ignore[no-untyped-call]

    def _handle(self, uid: str) -> None:
        raw = self._fetch(uid)
        if raw is None:
            return
        decision = self._take(read(raw))
        if decision is None:
            return  # it is looked at again with the next round
        if decision.refusal is not None or not self._done:
            self._mark(uid)  # a person may want to see it
            return
        self._store(uid, r"\Seen")
        self._mailbox.move(uid, self._done)

    def _fetch(self, uid: str) -> bytes | None:
        """Return a message, no more of it than shows that it is too large; None: it is not there any more."""
        _, told = self._client.uid("FETCH", uid, f"(BODY.PEEK[]<0.{self._largest + 1}>)")
        return next((bytes(part[1]) for part in told if isinstance(part, tuple)), None)

    def _mark(self, uid: str) -> None:
        if self._keeps_marks:
            self._store(uid, HANDLED)

    def _store(self, uid: str, flag: str) -> None:
        # not by imap-tools, which expunges then, also what others have marked as deleted
        self._client.uid("STORE", uid, "+FLAGS", f"({flag})")


@contextmanager
def _opened(settings: Settings) -> Iterator[BaseMailBox]:
    mailbox = _connected(settings)
    try:
        given, token = settings.inbound, settings.imap_token_file
        if token is not None:
            mailbox.xoauth2(given.imap_username, token.read_text(encoding="utf-8").strip(), given.imap_folder)
        else:
            mailbox.login_utf8(given.imap_username, given.imap_password, given.imap_folder)
        yield mailbox
    finally:
        with suppress(ImapToolsError, imaplib.IMAP4.error, OSError):
            mailbox.logout()
        with suppress(OSError):
            mailbox.client.shutdown()


def _connected(settings: Settings) -> BaseMailBox:
    given = settings.inbound
    port = given.imap_port or (993 if given.imap_security == "tls" else 143)
    if given.imap_security == "none":
        return MailBoxUnencrypted(given.imap_host, port, timeout=_PATIENCE)
    # named, since imaplib's own choice would believe any certificate
    trust = ssl.create_default_context()
    if given.imap_security == "starttls":
        return MailBoxStartTls(given.imap_host, port, timeout=_PATIENCE, ssl_context=trust)
    return MailBox(given.imap_host, port, timeout=_PATIENCE, ssl_context=trust)


@contextmanager
def _explained(settings: Settings) -> Iterator[None]:
    host = settings.inbound.imap_host
    try:
        yield
    except MailboxLoginError as error:
        raise NewsletterError(
            f"The mailbox at {host} does not let us in: {error}.",
            remedy="See [inbound] imap_username and imap_password.",
        ) from error
    except (ImapToolsError, imaplib.IMAP4.error, OSError, ValueError) as error:
        raise NewsletterError(
            f"The mailbox at {host} cannot be read: {error or type(error).__name__}."
        ) from error


def _day(moment: datetime) -> str:
    """Return a day as IMAP wants it; months have English names there, whatever language the machine speaks."""
    return imaplib.Time2Internaldate(moment).strip('"').partition(" ")[0]
