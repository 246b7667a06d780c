"""The chronicle of a process that sends: which issues it began, and how each of them ended, as events in the log."""

from dataclasses import dataclass
from time import monotonic

from newsletter.application import logs
from newsletter.application.opening import clock
from newsletter.issues import freezing
from newsletter.outbox import queue
from newsletter.outbox.delivery.worker import Summary
from newsletter.site import Site
from subscribers.database import reading

#: Seconds between two looks at which issues are being sent.
_GLANCE = 1.0


@dataclass(frozen=True, slots=True)
class _Work:
    """What this process has done so far: messages that the relay took, and the seconds that it took."""

    sent: int = 0
    seconds: float = 0.0

    def since(self, before: "_Work") -> dict[str, float]:
        sent, seconds = self.sent - before.sent, self.seconds - before.seconds
        rate = round(sent / seconds, 1) if seconds else 0.0
        return {"sent_here": sent, "seconds": round(seconds, 1), "rate": rate}


class Chronicle:
    """What a process tells of its runs."""

    def __init__(self, site: Site) -> None:
        self._engine = site.engine
        self._connections = site.settings.smtp.connections
        self._looked = 0.0
        self._done = _Work()
        self._begun: dict[int, _Work] = {}  # issues, and what had been done before each

    def glance(self) -> None:
        """Look, unless that was done just now."""
        if monotonic() - self._looked >= _GLANCE:
            self.look()

    def look(self) -> None:
        """See whether an issue has come up, and say so."""
        self._looked = monotonic()
        with reading(self._engine) as connection:
            due = [number for number in queue.lanes(connection, clock()) if number is not None]
        for number in due:
            if number not in self._begun:
                self._begun[number] = self._done
                logs.event("sending begun", issue=number, connections=self._connections)

    def add(self, summary: Summary, seconds: float) -> None:
        """Count a run in, and say which issues it has brought to their end."""
        self._done = _Work(self._done.sent + summary.sent, self._done.seconds + seconds)
        self._tell(only_ends=True)

    def close(self) -> None:
        """Say how the issues stand that are not at their end."""
        self._tell(only_ends=False)

    def _tell(self, *, only_ends: bool) -> None:
        for number, before in list(self._begun.items()):
            with reading(self._engine) as connection:
                issue = freezing.get_issue(connection, number)
                counts = queue.counts(connection, number)
            if only_ends and issue.state == "open" and counts.open:
                continue
            del self._begun[number]
            facts = {**counts.as_dict(), **self._done.since(before)}
            if issue.state != "open":
                logs.event(issue.state, issue=number, reason=issue.reason, **facts)
            else:
                logs.event("not finished" if counts.open else "finished", issue=number, **facts)
