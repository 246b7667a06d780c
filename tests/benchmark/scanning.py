"""First and second scan of a content folder: the second one must only look at what changed."""

import tempfile
from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from newsletter.content.reader import ContentFolder
from tests.benchmark.measuring import Row, seconds
from tests.corpora import corpus

POSTS = 20_000

_BODY = "The tide came in at the hour that the table gave, and the boats turned on their chains. " * 35


def measure() -> list[Row]:
    """Time the scans of a real blog, where it is at hand, and of 20,000 generated posts."""
    rows = []
    zola = corpus("content/zola")
    if zola is not None:
        rows += _compare("the Zola blog", zola)
    with tempfile.TemporaryDirectory() as folder:
        _generate(Path(folder))
        rows += _compare(
            f"{POSTS:,} generated posts", Path(folder), target="target: at least 20 times faster"
        )
    return rows


def _compare(name: str, folder: Path, target: str = "") -> list[Row]:
    with tempfile.TemporaryDirectory() as caches:
        cache = Path(caches) / "scan.json"

        def scan() -> None:
            ContentFolder(folder, timezone=ZoneInfo("UTC"), cache=cache).scan()

        def first() -> None:
            cache.unlink(missing_ok=True)
            scan()

        cold = seconds(first, runs=3)
        warm = seconds(scan)
    return [
        Row(f"first scan of {name}", f"{cold * 1000:,.0f} ms"),
        Row(f"second scan of {name}", f"{warm * 1000:,.0f} ms"),
        Row("    second against first", f"{cold / warm:.1f} times", target),
    ]


def _generate(folder: Path) -> None:
    start = date(1990, 1, 1)
    for number in range(POSTS):
        place = folder / f"{number % 100:02}"
        place.mkdir(exist_ok=True)
        text = (
            f"---\ntitle: The tide of day {number}\ndate: {start + timedelta(days=number // 2)}\n"
            f"tags: [sea, tide-{number % 40}]\nauthor: Ana\nsummary: What the water did on day {number}.\n---\n\n"
            f"# Day {number}\n\n{_BODY}\n"
        )
        (place / f"day-{number}.md").write_text(text, encoding="utf-8")
