"""Draw issues made of real posts: the newest 5 and the newest 40 of each blog, on a desktop, on a phone, and dark.

python -m tests.corpus.looks FOLDER
"""

import sys
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from newsletter.content.reader import ContentFolder
from newsletter.issues.rendering import Masthead, render_issue
from newsletter.issues.templating import Templates
from tests.corpora import corpus
from tests.screenshots import DESKTOP, PHONE, screenshot

MODES = {"desktop": (DESKTOP, False), "phone": (PHONE, False), "dark": (DESKTOP, True)}


def main(folder: Path) -> None:
    """Render, draw, and say how large each issue is and what was said about it."""
    folder.mkdir(parents=True, exist_ok=True)
    for blog in ("jekyll", "zola"):
        root = corpus(f"content/{blog}")
        if root is None:
            print(f"{blog}: not at hand")
            continue
        content = ContentFolder(root, timezone=ZoneInfo("UTC"))
        now = datetime(2026, 11, 23, tzinfo=UTC)
        posts = [post for post in content.scan().posts if post.why_not_sendable(now) is None]
        posts.sort(key=lambda post: (post.published_at or now, post.id), reverse=True)
        masthead = Masthead(
            title=f"The {blog.title()} letter",
            sender="The editors",
            url="https://news.example.com",
            archive_url="https://news.example.com/archive",
            postal_address="1 Harbour Street, Bristol",
            number=1,
            date=now,
        )
        for count in (5, 40):
            manuscripts = [content.load(post) for post in posts[:count]]
            for body in ("summary", "full"):
                kind = "full" if body == "full" else "summary"
                issue = render_issue(manuscripts, masthead, Templates(), body=kind, note=None)
                name = f"{blog}-{count}-{body}"
                (folder / f"{name}.html").write_text(issue.html, encoding="utf-8")
                (folder / f"{name}.txt").write_text(issue.text, encoding="utf-8")
                for mode, (width, dark) in MODES.items():
                    screenshot(issue.html, folder / f"{name}-{mode}.png", width, dark=dark)
                kinds = sorted({problem.kind for problem in issue.problems})
                print(f"{name:<18} {len(issue.html.encode()):>7,} bytes  {issue.subject}  {kinds}")


main(Path(sys.argv[1]))
