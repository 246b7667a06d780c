"""Rendering an issue of ten posts, premailer included, and preflight: once for all readers."""

from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

from newsletter.content.post import Manuscript, Problem
from newsletter.content.reader import ContentFolder
from newsletter.issues.rendering import Masthead, Rendering, render_issue
from newsletter.issues.templating import Templates
from newsletter.preflight.judging import judge
from newsletter.preflight.mail import Mail
from tests.benchmark.measuring import Row, at_most, seconds

_PARAGRAPH = (
    "The **tide** came in at the hour that the [table](https://example.com/t) gave, and the boats turned. "
    * 6
)
_BODY = (
    f"{_PARAGRAPH}\n\n<!-- more -->\n\n## What happened\n\n{_PARAGRAPH}\n\n```python\nprint('tide')\n```\n\n"
    f"| hour | height |\n|---|---|\n| 06:10 | 3.1 |\n| 12:20 | 0.4 |\n\n"
    f"> {_PARAGRAPH}\n\n- one\n- two\n\n{_PARAGRAPH}\n"
)

MASTHEAD = Masthead(
    title="Tide Notes",
    sender="Tide Notes",
    url="https://news.example.com",
    postal_address="1 Harbour Street, Bristol",
    archive_url="https://news.example.com/archive",
    number=1,
    date=datetime(2026, 3, 2, 8, tzinfo=UTC),
)


def ten_manuscripts() -> list[Manuscript]:
    """Return ten posts with code, a table, a quote and a list."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        for number in range(10):
            front = f"---\ntitle: Tide {number}\ndate: 2026-02-0{number % 9 + 1}\nurl: https://example.com/{number}/\n---\n"
            (folder / f"tide-{number}.md").write_text(front + _BODY, encoding="utf-8")
        content = ContentFolder(folder, timezone=ZoneInfo("UTC"))
        return [content.load(post) for post in content.scan().posts]


def digest(manuscripts: list[Manuscript], body: str) -> Rendering:
    """Render them as one issue."""
    kind = "full" if body == "full" else "summary"
    return render_issue(manuscripts, MASTHEAD, Templates(), body=kind, note=None)


def judged(manuscripts: list[Manuscript], body: str) -> tuple[Problem, ...]:
    """Render them, and let preflight look at the mail."""
    return judge(Mail(digest(manuscripts, body), manuscripts))


def measure() -> list[Row]:
    """Time the rendering of ten posts, as summaries and in full; and with preflight, which wants a second at most."""
    manuscripts = ten_manuscripts()
    rows = []
    for body in ("summary", "full"):
        size = len(digest(manuscripts, body).html.encode())
        time = seconds(lambda body=body: digest(manuscripts, body))
        rows.append(
            Row(f"render and inline 10 posts, {body}", f"{time * 1000:,.0f} ms", f"{size:,} bytes of HTML")
        )
        both = seconds(lambda body=body: judged(manuscripts, body))
        rows.append(at_most(f"the same with preflight, {body}", both, 1, "s"))
    return rows
