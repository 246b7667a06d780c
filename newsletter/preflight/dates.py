"""Posts whose day is still to come. Pure, but for looking into the few files that have one."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from newsletter.content.post import Post, Problem
from newsletter.preflight.rules import FILES, Place


def coming(
    posts: Iterable[Post], now: datetime, line_of_date: Callable[[Post], int | None]
) -> Iterator[Problem]:
    """A post that could go but for its date is not taken for one that goes now; `line_of_date` says where it stands."""
    for post in posts:
        day = post.published_at
        if post.held_back is None and day is not None and day > now:
            yield FILES["future-date"].problem(
                f"This post is dated {day:%Y-%m-%d %H:%M %Z}, and goes with no issue before.",
                Place(post.path, line_of_date(post)),
            )
