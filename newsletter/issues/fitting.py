"""Keep a mail whole: Gmail cuts one off whose HTML is too large, and its footer and styles with it."""

from bisect import bisect_left
from collections.abc import Callable, Sequence

from newsletter.content.post import Manuscript, Problem

#: Bytes of HTML, UTF-8. Gmail cuts at about 102 kB (measured by others at 100 to 105).
SIZE_LIMIT = 100_000


def fewest(fits: Callable[[int], bool], most: int) -> int:
    """Return the smallest number from 0 to `most` for which `fits` holds, or `most` if there is none.

    `fits` may be slow: it is asked for 0 first, and then as seldom as halving needs.
    """
    return 0 if most == 0 or fits(0) else 1 + bisect_left(range(1, most), True, key=fits)


def can_be_shortened(manuscript: Manuscript) -> bool:
    """Tell whether a summary saves room and readers can read on elsewhere."""
    return manuscript.post.url is not None and len(manuscript.summary_html) < len(manuscript.html)


def shortened(manuscript: Manuscript, limit: int) -> Problem:
    """Tell the author that a post stands as a summary."""
    return Problem(
        path=manuscript.post.path,
        line=None,
        kind="too-long",
        message=f"in full it would make the mail pass {limit:,} bytes of HTML, so it stands as a summary",
        remedy="nothing to do, it can be read on at its address; make it shorter to have all of it in the mail",
    )


def too_large(manuscripts: Sequence[Manuscript], size: int, limit: int) -> tuple[Problem, ...]:
    """Tell the author that the issue cannot be sent as it is, if so, and which post takes most room."""
    if size <= limit:
        return ()
    longest = max(manuscripts, key=lambda m: len(m.summary_html if can_be_shortened(m) else m.html))
    return (
        Problem(
            path=longest.post.path,
            line=None,
            kind="too-long",
            message=f"the issue has {size:,} bytes of HTML with this post as its longest part;"
            f" Gmail cuts mails that pass {limit:,}",
            remedy="set [content] url so that readers can read on there, or shorten it, or hold posts back",
            severity="error",
        ),
    )
