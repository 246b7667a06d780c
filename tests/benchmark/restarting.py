"""The long test of `serve`: killed outright and started again at random moments, while its author writes.

Issues are due every few seconds for two cadences. Lost is a post that has not come to a reader in the end, twice is one
that came in two messages. A message that comes once more, under its own Message-ID, is a repeat: there may be one for
each connection and kill.
"""

import random
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tests import postgres
from tests.benchmark.measuring import Row, at_most, print_columns
from tests.processes import kill, wait_until
from tests.serving import Author, Mailboxes, make_busy_site, readers_of, serving
from tests.smtp_server import smtp_server

READERS, CONNECTIONS = 20, 2

_ROLES = "web,schedule,deliver"

_SEED = 20261123


@dataclass(frozen=True, slots=True)
class Story:
    """What came of so many kills."""

    name: str
    kills: int
    amid: int  # kills while something was being sent or had just been
    posts: int
    issues: int
    found: Mailboxes

    @property
    def missed(self) -> int:
        """Posts that somebody never got."""
        return self.found.missed(readers_of(READERS), self.posts)


def measure() -> list[Row]:
    """Kill and start again, print what came of it, and return how that stands against the targets."""
    with ExitStack() as stack:
        stories = [_tell("SQLite", 50, 1, "sqlite:///newsletter.db")]
        stories.append(_tell("SQLite, two side by side", 20, 2, "sqlite:///newsletter.db"))
        if (binaries := postgres.find_binaries()) is not None:
            cluster = stack.enter_context(postgres.running(binaries))
            stories.append(_tell("PostgreSQL, two side by side", 20, 2, cluster.create("serving")))
    _show(stories)
    return [row for story in stories for row in _targets(story)]


def _tell(name: str, kills: int, count: int, database: str) -> Story:
    """Have `count` processes serve, of which one is killed each time."""
    chance = random.Random(_SEED)
    amid = 0
    with TemporaryDirectory() as folder, smtp_server() as server:
        site = make_busy_site(Path(folder) / "site", server.port, readers=READERS, database=database)
        with ExitStack() as running, Author(site, chance) as author:
            for _ in range(count - 1):
                running.enter_context(serving(site, only=_ROLES))
            for number in range(1, kills + 1):
                _progress(f"{name}: kill {number} of {kills}")
                with serving(site, only=_ROLES) as (one,):
                    before = len(server.received)
                    time.sleep(chance.uniform(0, 5))
                    kill(one.process)
                    amid += len(server.received) > before
        with serving(site, only=_ROLES) as (one,):
            readers = readers_of(READERS)
            wait_until(lambda: not Mailboxes.of(server.received).missed(readers, author.written))
            wait_until(lambda: not site.data("issues") or site.data("issues")[0]["status"] == "sent")
            one.end()
        issues = len(site.data("issues"))
        found = Mailboxes.of(server.received)
    _progress("")
    return Story(name, kills, amid, author.written, issues, found)


def _progress(words: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\x1b[K{words}", end="", file=sys.stderr, flush=True)


def _show(stories: list[Story]) -> None:
    print(f"`serve` for {READERS + 1} readers, killed at random moments and started again")
    heads = (
        "database",
        "kills",
        "amid mail",
        "posts",
        "issues",
        "missed",
        "twice",
        "halves",
        "repeats",
        "allowed",
    )
    lines = []
    for story in stories:
        found = story.found
        figures = (
            story.kills, story.amid, story.posts, story.issues, story.missed, found.twice(), found.halves,
            found.repeats, story.kills * CONNECTIONS,
        )  # fmt: skip
        lines.append((story.name, *map(str, figures)))
    print_columns(heads, lines)


def _targets(story: Story) -> Iterator[Row]:
    yield at_most(f"serve, {story.kills} kills, {story.name}: posts missed", story.missed, 0, "")
    yield at_most("    posts that came twice", story.found.twice(), 0, "")
    yield at_most("    posts that came by halves", story.found.halves, 0, "")
    yield at_most("    messages that came again", story.found.repeats, story.kills * CONNECTIONS, "")
