"""Content folders for tests: files written in a few words, and what a scan makes of them."""

from collections.abc import Mapping
from pathlib import Path
from zoneinfo import ZoneInfo

from newsletter.content.post import Post, Problem
from newsletter.content.reader import ContentFolder, Scan

LONDON = ZoneInfo("Europe/London")


def write(root: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write files below a folder, and return the folder."""
    root.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return root


def matter(body: str = "The text.", **fields: object) -> str:
    """Return a post with YAML front matter."""
    lines = "".join(f"{name}: {value}\n" for name, value in fields.items())
    return f"---\n{lines}---\n\n{body}\n"


def scan(root: Path, *, url: str | None = None, timezone: ZoneInfo = LONDON, language: str = "en") -> Scan:
    """Scan a folder without a cache."""
    return ContentFolder(root, url=url, timezone=timezone, language=language).scan()


def posts(root: Path, *, url: str | None = None, language: str = "en") -> dict[str, Post]:
    """Return the posts of a folder by their paths."""
    return {post.path: post for post in scan(root, url=url, language=language).posts}


def kinds(found: Scan) -> list[tuple[str, int | None, str]]:
    """Return path, line and kind of each problem."""
    return [(problem.path, problem.line, problem.kind) for problem in found.problems]


def problem(found: Scan, kind: str) -> Problem:
    """Return the one problem of a kind."""
    (one,) = [each for each in found.problems if each.kind == kind]
    return one
