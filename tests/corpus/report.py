"""What a scan makes of two real blogs, as a table: `python -m tests.corpus.report`."""

import sys
from collections import Counter, defaultdict
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table

from newsletter.content.post import Problem
from newsletter.content.reader import ContentFolder
from tests.corpora import corpus

EXAMPLES = 3


def main() -> int:
    """Print files, posts and problems of both blogs, and some examples of each kind of problem."""
    console = Console(width=150, highlight=False)
    table = Table(
        "blog", "generator", "files", "posts", "sendable", "problems in the scan", "problems in the texts"
    )
    examples: list[tuple[str, str, list[Problem]]] = []
    for name in ("jekyll", "zola"):
        root = corpus(f"content/{name}")
        if root is None:
            print(f"There is no corpus {name}; set NEWSLETTER_TEST_DATA.", file=sys.stderr)
            return 1
        content = ContentFolder(root, timezone=ZoneInfo("UTC"))
        scan = content.scan()
        now = datetime.now(UTC)
        sendable = [post for post in scan.posts if post.why_not_sendable(now) is None]
        texts = [problem for post in scan.posts for problem in content.load(post).problems]
        table.add_row(
            name, scan.generator, str(scan.files), str(len(scan.posts)), str(len(sendable)),
            kinds(scan.problems), kinds(texts),
        )  # fmt: skip
        examples += [(name, kind, found) for kind, found in by_kind([*scan.problems, *texts]).items()]
    console.print(table)
    for name, kind, found in examples:
        console.print(f"\n[bold]{name}: {kind}[/bold] ({len(found)})")
        for problem in found[:: max(1, len(found) // EXAMPLES)][:EXAMPLES]:
            console.print(f"  {problem}", markup=False)
    return 0


def kinds(problems: tuple[Problem, ...] | list[Problem]) -> str:
    return (
        ", ".join(f"{count} {kind}" for kind, count in Counter(p.kind for p in problems).most_common())
        or "none"
    )


def by_kind(problems: list[Problem]) -> dict[str, list[Problem]]:
    found: dict[str, list[Problem]] = defaultdict(list)
    for problem in dict.fromkeys(problems):
        found[problem.kind].append(problem)
    return found


if __name__ == "__main__":
    sys.exit(main())
