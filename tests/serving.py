"""`newsletter serve` in processes of its own, an author who keeps writing, and what the readers find then."""

import json
import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from functools import cache
from pathlib import Path
from threading import Event, Thread
from typing import Any, Self

from tests.processes import PATIENCE, Process, kill, wait_until
from tests.sites import TestSite, make_site
from tests.smtp_server import Received

#: What a post of the author's says at its end, so that half a post is known for what it is.
_WHOLE = re.compile(r"Post (\d{4}) begins\..*?Post \1 ends\.", re.DOTALL)
_BEGUN = re.compile(r"Post (\d{4}) begins\.")

#: Where letters to the author go.
AUTHOR = "news@example.com"


@dataclass
class Serving:
    """A running `serve`, and its log."""

    process: Process
    log: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.log.append(json.loads(line))

    def events(self) -> list[str]:
        """What it has said so far."""
        return [entry["event"] for entry in self.log]

    def await_event(self, event: str, times: int = 1) -> dict[str, Any]:
        """Wait until it has said something so often; return what it said then."""
        wait_until(lambda: self.events().count(event) >= times)
        return [entry for entry in self.log if entry["event"] == event][times - 1]

    def end(self) -> int:
        """Tell it to end; return its exit status."""
        self.process.terminate()
        status = self.process.wait(PATIENCE)
        wait_until(lambda: "stopped" in self.events() or status)
        return status


@contextmanager
def serving(site: TestSite, *words: str, count: int = 1, only: str = "deliver") -> Iterator[list[Serving]]:
    """Start so many `serve` on a site, with these roles."""
    running = [Serving(site.start("serve", "--only", only, *words)) for _ in range(count)]
    try:
        for one in running:
            one.await_event("serving")
        yield running
    finally:
        for one in running:
            kill(one.process)


def make_busy_site(
    directory: Path, port: int, *, readers: int, database: str = "sqlite:///newsletter.db"
) -> TestSite:
    """Make a site whose issues are due every few seconds, for readers of two cadences."""
    site = make_site(directory, port=port, database=database)
    site.set('weekly = "Mon 08:00"', 'weekly = "*/3 * * * * *"')
    site.set('daily = "07:00"', 'daily = "*/5 * * * * *"')
    site.set('folder = "posts"', 'folder = "posts"\nbody = "full"')
    site.set("[smtp]", '[web]\nlisten = "127.0.0.1:0"\n\n[inbound]\nlisten = "none"\n\n[smtp]')
    site.readers(readers)
    site.reader("daily1@example.org", "--cadence", "daily")
    return site


class Author:
    """Writes posts, some at a time and some in two pieces, and rests in between, until the block ends."""

    def __init__(self, site: TestSite, chance: random.Random) -> None:
        self.written = 0
        self._folder = site.directory / "posts"
        self._chance = chance
        self._enough = Event()
        self._thread = Thread(target=self._write)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._enough.set()
        self._thread.join()

    def _write(self) -> None:
        while not self._enough.is_set():
            for _ in range(self._chance.randint(1, 3)):
                self._write_post(self.written + 1)
                self.written += 1
            self._enough.wait(self._chance.uniform(2.5, 4))  # else the folder would never rest

    def _write_post(self, number: int) -> None:
        name = f"Post {number:04}"
        front = f"---\ntitle: About {number:04}\ndate: 2026-01-05\n---\n\n"
        with (self._folder / f"{number:04}.md").open("w") as file:
            file.write(f"{front}{name} begins.\n\n")
            if self._chance.random() < 0.5:
                file.flush()
                self._enough.wait(0.4)
            file.write(f"{name} ends.\n")


@cache  # each message is looked at once, however often the mailboxes are
def _look(message: Received) -> tuple[str, tuple[int, ...], int]:
    """Return the Message-ID, which posts are whole in it, and how many have begun."""
    mail = message_from_bytes(message.data, policy=policy.default)
    part = mail.get_body(("plain",))
    text = " ".join(str(part.get_content()).split()) if part is not None else ""
    whole = tuple(map(int, _WHOLE.findall(text)))
    return str(mail["message-id"]), whole, len(_BEGUN.findall(text))


@dataclass(frozen=True, slots=True)
class Mailboxes:
    """What the readers got: for each of them, how often each post, and messages that came once more."""

    posts: dict[str, Counter[int]]
    repeats: int
    halves: int

    @classmethod
    def of(cls, received: Sequence[Received]) -> "Mailboxes":
        """Sort what a relay took into mailboxes. The same Message-ID again is the same message, which programs know."""
        posts: dict[str, Counter[int]] = defaultdict(Counter)
        seen: set[tuple[str, str]] = set()
        halves = repeats = 0
        for message in [one for one in received if one.recipient != AUTHOR]:
            identity, whole, begun = _look(message)
            if (message.recipient, identity) in seen:
                repeats += 1
                continue
            seen.add((message.recipient, identity))
            halves += begun - len(whole)
            posts[message.recipient].update(whole)
        return cls(posts, repeats, halves)

    def missed(self, readers: Sequence[str], posts: int) -> int:
        """How many posts have not come to somebody."""
        return sum(posts - len(self.posts[reader]) for reader in readers)

    def twice(self) -> int:
        """How many posts have come to somebody in more than one message."""
        return sum(times - 1 for counted in self.posts.values() for times in counted.values())


def readers_of(count: int) -> list[str]:
    """Return the addresses of a busy site's readers."""
    return [*(f"reader{number}@example.org" for number in range(1, count + 1)), "daily1@example.org"]
