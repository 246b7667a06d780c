"""A tick: look at the posts, and make what is due. It decides nothing, so it may come late, twice, or never.

What is due stands in the tables, and is looked at again under the lock of whoever makes an issue: of several schedulers
that tick at the same moment, one makes it, and the others find it made.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from newsletter import alarms, publishing
from newsletter.cadence import Cadence, Slot
from newsletter.content.reader import Scan
from newsletter.errors import ContentError, NewsletterError
from newsletter.issues import calendar, freezing, register
from newsletter.issues.rendering import Rendering
from newsletter.publishing import Published, Skipped, Terms
from newsletter.scheduling import announcing, dues
from newsletter.scheduling.dues import Dues
from newsletter.scheduling.happened import Happened, Tell, nobody
from newsletter.scheduling.watching import EmptyFolder
from newsletter.site import Site
from subscribers.database import reading, writing

#: Why an issue waits that was announced to its author.
WAITS = "it waits for your approval"


@dataclass(frozen=True, slots=True)
class Tick:
    """One tick of a site at a moment. `look` reads the folder, `render` makes what is sent of a plan.

    `announce` tells the author of an issue that waits for them.
    """

    site: Site
    now: datetime
    tell: Tell = nobody
    look: Callable[[], Scan] | None = None
    render: Callable[..., list[Rendering]] = publishing.render_plan
    announce: Callable[..., None] = announcing.announce

    def make_what_is_due(self) -> datetime | None:
        """Make every issue that is due; return when the next one will be. Raises DatabaseUnavailable."""
        scan = self._scan()
        if scan is not None:
            self._notice(scan)
        moments = [
            self._at_once(cadence, scan) if cadence.at_once else self._by_rhythm(cadence, scan)
            for cadence in self.site.settings.schedule.cadences.values()
        ]
        return min((moment for moment in moments if moment is not None), default=None)

    def _scan(self) -> Scan | None:
        """Look at the posts. A folder that cannot be read, or is suddenly empty, says nothing about them."""
        try:
            scan = (self.look or self.site.content.scan)()
            if not scan.posts and self._knows_posts():
                raise EmptyFolder(
                    f"{self.site.settings.content_folder} holds no posts any more.",
                    remedy="See that its disk is mounted. If you have deleted all posts, there is nothing to do.",
                )
        except ContentError as error:
            self.tell(Happened("posts unreadable", {"reason": error.message}, trouble=True))
            self._alarm("folder", "posts", reason=error.message, remedy=error.remedy or "Mend that.")
            return None
        return scan

    def _knows_posts(self) -> bool:
        with reading(self.site.engine) as connection:
            return bool(register.known_posts(connection))

    def _notice(self, scan: Scan) -> None:
        """Write down which posts are there for the first time, or by another name: that is when they became new."""
        with reading(self.site.engine) as connection:
            numbering = register.number_posts(register.known_posts(connection), scan.posts, self.now)
        if not (numbering.new or numbering.renamed or numbering.changed):
            return
        with writing(self.site.engine) as connection:
            freezing.take_turn(connection)
            numbering = register.number_posts(register.known_posts(connection), scan.posts, self.now)
            register.enter(connection, numbering, self.now)

    def _by_rhythm(self, cadence: Cadence, scan: Scan | None) -> datetime | None:
        """Make the issue of a rhythm that is due, at most one: it has the posts of those that were missed before."""
        due = self._due(cadence)
        if due.slot is None:
            return due.next_at
        if due.too_late:
            self._miss(cadence, due)
        elif scan is not None:
            try:
                self._make(cadence, scan)
            except NewsletterError as error:
                self._blocked(cadence, due.slot.at, error)
        return due.next_at

    def _due(self, cadence: Cadence) -> Dues:
        with reading(self.site.engine) as connection:
            due = dues.due(connection, self.site, cadence, self.now)
        if not due.is_new:
            return due
        with writing(self.site.engine) as connection:
            freezing.take_turn(connection)
            calendar.keep(connection, cadence.name, dues.rhythm_of(self.site, cadence), self.now)
            return dues.due(connection, self.site, cadence, self.now)

    def _make(self, cadence: Cadence, scan: Scan) -> None:
        """Make the issue that is due, unless somebody has done it since. Raises NewsletterError."""
        with writing(self.site.engine) as connection:
            freezing.take_turn(connection)
            due = dues.due(connection, self.site, cadence, self.now)
            if due.slot is not None and not due.too_late:
                self._record_missed(connection, cadence, due.earlier, "its posts went with the next one")
                self._publish(connection, cadence, scan, self._terms(due.slot))

    def _terms(self, slot: Slot | None) -> Terms:
        schedule = self.site.settings.schedule
        return Terms(
            slot=slot,
            local_hours=schedule.local_hours,
            undo=schedule.undo_window,
            held=WAITS if schedule.approve else "",
        )

    def _publish(self, connection: Connection, cadence: Cadence, scan: Scan, terms: Terms) -> None:
        outcome = publishing.publish(
            connection, self.site, scan, cadence=cadence.name, now=self.now, terms=terms, render=self.render
        )
        facts: dict[str, Any] = {"cadence": cadence.name, "scheduled_for": terms.slot and terms.slot.at}
        match outcome:
            case Published(issue=issue):
                if terms.held:
                    self.announce(connection, self.site, outcome, self.now)
                facts |= {"issue": issue.number, "subject": issue.subject, "held": bool(terms.held)}
                self.tell(Happened("issue frozen", facts))
            case Skipped(reason=reason):
                self.tell(Happened("skipped", facts | {"reason": reason}))

    def _at_once(self, cadence: Cadence, scan: Scan | None) -> datetime | None:
        """Make an issue of the posts that have come, when it has been quiet."""
        if scan is None:
            return None
        with reading(self.site.engine) as connection:
            moment = dues.at_once(connection, self.site, cadence, scan, self.now)
        if moment is None or moment > self.now:
            return moment
        try:
            with writing(self.site.engine) as connection:
                freezing.take_turn(connection)
                again = dues.at_once(connection, self.site, cadence, scan, self.now)
                if again is not None and again <= self.now:
                    self._publish(connection, cadence, scan, self._terms(None))
        except NewsletterError as error:
            self._blocked(cadence, moment, error)
        return None

    def _miss(self, cadence: Cadence, due: Dues) -> None:
        """Write down what nobody made in time; its posts go with the next one."""
        assert due.slot is not None, "something was missed"
        hours = f"{self.site.settings.schedule.grace.total_seconds() / 3600:g}"
        reason = f"it could not be made within {hours} hours"
        with writing(self.site.engine) as connection:
            freezing.take_turn(connection)
            due = dues.due(connection, self.site, cadence, self.now)
            if due.slot is None or not due.too_late:
                return
            self._record_missed(connection, cadence, (*due.earlier, due.slot), reason)
            when = due.slot.at
        self.tell(
            Happened(
                "missed", {"cadence": cadence.name, "scheduled_for": when, "reason": reason}, trouble=True
            )
        )
        self._alarm(
            "missed",
            f"{cadence.name}:{when:%Y-%m-%dT%H:%M}",
            cadence=cadence.name,
            scheduled_for=when,
            reason=reason,
            next_due=due.next_at,
        )

    def _record_missed(
        self, connection: Connection, cadence: Cadence, slots: tuple[Slot, ...], reason: str
    ) -> None:
        for slot in slots:
            calendar.record_skip(
                connection,
                cadence=cadence.name,
                scheduled_for=slot.at,
                reason=reason,
                now=self.now,
                kind="missed",
            )

    def _blocked(self, cadence: Cadence, when: datetime, error: NewsletterError) -> None:
        """Tell that an issue cannot be made as things are; the next tick tries again."""
        facts = {"cadence": cadence.name, "scheduled_for": when, "reason": error.message}
        self.tell(Happened("blocked", facts, trouble=True))
        until = None if cadence.at_once else when + self.site.settings.schedule.grace
        self._alarm(
            "blocked", cadence.name, cadence=cadence.name, scheduled_for=when, faults=str(error), until=until
        )

    def _alarm(self, kind: str, key: str, **facts: object) -> None:
        with writing(self.site.engine) as connection:
            alarms.tell(connection, self.site, kind, key, now=self.now, **facts)
