"""A shift: one role kept at work in a thread of its own. When it fails, the others do not notice."""

from collections.abc import Callable
from contextlib import suppress
from threading import Event, Thread
from time import monotonic
from traceback import extract_tb

from sqlalchemy import text

from newsletter import alarms
from newsletter.application import logs
from newsletter.application.opening import clock
from newsletter.application.serving.board import Place
from newsletter.application.serving.patience import Patience, Pauses
from newsletter.errors import NewsletterError
from newsletter.site import Site
from subscribers.database import reading, writing
from subscribers.errors import DatabaseUnavailable, SubscribersError

#: Seconds that a role must have worked for its earlier failures to be forgotten.
_WELL = 60.0

#: Failures in a row after which the author is told: five, within half a minute, are no accident.
_TOO_MANY = 5

#: What a role does: it works until it is told to stop, and raises what keeps it from working.
Work = Callable[[Place, Event], None]


class Shift:
    """A role at work. Its thread ends with the process, so that whatever hangs cannot keep that from ending."""

    def __init__(
        self, site: Site, place: Place, host: str, work: Work, *, pauses: Pauses | None = None
    ) -> None:
        self.role = place.role
        self._site = site
        self._place = place
        self._host = host
        self._work = work
        self._stop = Event()
        self._thread = Thread(target=self._keep_working, name=place.role, daemon=True)
        self._failures = 0
        self._pauses = pauses or Pauses()

    def begin(self) -> None:
        """Begin to work."""
        self._thread.start()

    def stop(self) -> None:
        """Tell the role to end."""
        self._stop.set()

    def wait(self, seconds: float) -> bool:
        """Wait for the role to have ended; return whether it has."""
        self._thread.join(max(0.0, seconds))
        return not self._thread.is_alive()

    def _keep_working(self) -> None:
        while not self._stop.is_set():
            began = monotonic()
            try:
                self._work(self._place, self._stop)
                failure: BaseException | None = None
            except DatabaseUnavailable as outage:
                self._await_database(outage)
                continue
            except (Exception, SystemExit) as error:  # noqa: BLE001 - a role may fail in any way
                failure = error
            if self._stop.is_set():
                break
            if monotonic() - began > _WELL:
                self._pauses.begin_anew()
                self._failures = 0
            self._stop.wait(self._note(failure, self._pauses.lengthen()))

    def _await_database(self, outage: DatabaseUnavailable) -> None:
        """Wait until the database answers: that is nobody's failure."""
        patience = Patience(self._place.wait_for)
        while not self._stop.wait(patience.lose("database unavailable", str(outage))):
            try:
                with reading(self._site.engine) as connection:
                    connection.execute(text("SELECT 1"))
            except DatabaseUnavailable as again:
                outage = again
            else:
                patience.regain()
                return

    def _note(self, failure: BaseException | None, pause: float) -> float:
        """Say that the role has failed; return for how long it rests."""
        self._failures += 1
        reason = "it ended by itself" if failure is None else _in_words(failure)
        self._place.turn("failing", reason)
        logs.trouble("role failed", role=self.role, reason=reason, where=_where(failure), again_in=pause)
        if self._failures == _TOO_MANY:
            facts = {"role": self.role, "host": self._host, "reason": reason}
            # where the database is what fails, nothing can be written to the author
            with suppress(SubscribersError, NewsletterError), writing(self._site.engine) as connection:
                alarms.tell(connection, self._site, "role", self.role, now=clock(), **facts)
        return pause


def _in_words(failure: BaseException) -> str:
    if isinstance(failure, NewsletterError | SubscribersError):
        return str(failure).replace("\n", " ")
    return f"{type(failure).__name__}: {failure}"


def _where(failure: BaseException | None) -> str:
    """Return the innermost places of a failure that nobody expected, for whoever mends it."""
    if failure is None or isinstance(failure, NewsletterError | SubscribersError):
        return ""
    return " < ".join(
        f"{frame.filename}:{frame.lineno}" for frame in reversed(extract_tb(failure.__traceback__)[-4:])
    )
