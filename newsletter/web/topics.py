"""The topics on offer: those that the settings name, or the tags that the posts have most often."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Lock

from newsletter.errors import ContentError
from newsletter.site import Site

#: The most topics that are offered when nobody chose them, and how many posts one must have.
_MOST, _POSTS = 12, 2

#: For how long the folder is not looked through again.
_KEPT = timedelta(hours=1)


class Topics:
    """What readers can follow; the folder is looked through when somebody asks, and not often."""

    def __init__(self, site: Site, clock: Callable[[], datetime]) -> None:
        self._site = site
        self._clock = clock
        self._found: tuple[str, ...] = ()
        self._looked_at: datetime | None = None
        self._lock = Lock()

    def offered(self) -> tuple[str, ...]:
        """Return the topics, the most frequent first; none where the folder is not at hand."""
        if chosen := self._site.settings.web.topics:
            return chosen
        with self._lock:
            now = self._clock()
            if self._looked_at is None or now - self._looked_at > _KEPT:
                self._found, self._looked_at = self._look(now), now
            return self._found

    def _look(self, now: datetime) -> tuple[str, ...]:
        try:
            posts = self._site.content.scan().posts
        except ContentError:
            return self._found
        tags = Counter(tag for post in posts if post.why_not_sendable(now) is None for tag in post.tags)
        return tuple(tag for tag, count in tags.most_common(_MOST) if count >= _POSTS)
