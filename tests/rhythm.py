"""A newsletter whose clock is ours: posts, readers, ticks and deliveries at any moment, and what the relay received."""

import re
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, event

from newsletter import membership, publishing
from newsletter.application.opening import opened
from newsletter.membership import Choices, Origin
from newsletter.outbox.delivery import worker
from newsletter.outbox.messages.composing import Composer
from newsletter.outbox.messages.letterhead import letterhead_of
from newsletter.outbox.messages.opened import open_mail
from newsletter.publishing import Published, Skipped, Terms
from newsletter.scheduling.happened import Happened
from newsletter.scheduling.ticking import Tick
from newsletter.site import Site
from newsletter.transport.memory import MemoryTransport
from newsletter.transport.protocol import Message, Reply, Verdict
from subscribers import keys, roster
from subscribers.address import parse
from subscribers.database import reading, writing
from tests.sites import TestSite, make_site

#: What stands in every post, so that a mail shows which ones it holds, whatever they are called by then.
_MARK = re.compile(r"mark-([0-9a-z]+)-")


_MESSAGE_ID = re.compile(rb"^Message-ID: (\S+)", re.IGNORECASE | re.MULTILINE)

#: The cadences that every site for tests has.
_RHYTHM = 'weekly = "Mon 08:00"\ndaily = "07:00"\n'


class Killed(BaseException):
    """The process is gone."""


@dataclass(frozen=True, slots=True)
class Received:
    """A mail that the relay took: when, for whom, its Message-ID, and the marks of its posts."""

    at: datetime
    email: str
    message_id: str
    posts: tuple[str, ...]


@dataclass
class World:
    """A site with its own clock."""

    __test__ = False

    files: TestSite
    site: Site
    now: datetime
    received: list[Received] = field(default_factory=list)
    heard: list[Happened] = field(default_factory=list)

    def write(self, name: str, mark: str, **front: str) -> Path:
        """Write a post; it is dated an hour ago unless said otherwise."""
        date = front.pop("date", "") or f"{self.now - timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}"
        title = front.pop("title", "") or f"Post {mark}"
        body = front.pop("body", "") or f"What {mark} says."
        text = f"{body} The mark-{mark}- stands here, so that the mail can be told from others."
        return self.files.write(f"{name}.md", text, date=date, title=title, **front)

    def remove(self, name: str) -> None:
        """Delete a post's file."""
        (self.files.directory / "posts" / f"{name}.md").unlink()

    def read(self, name: str) -> str:
        """Return a post's file."""
        return (self.files.directory / "posts" / f"{name}.md").read_text(encoding="utf-8")

    def subscribe(
        self, name: str, cadence: str, *topics: str, timezone: str = "UTC", language: str = "en"
    ) -> int:
        """Let a reader subscribe and confirm; return their id."""
        with writing(self.site.engine) as connection:
            choices = Choices(cadence=cadence, topics=topics, timezone=timezone, language=language)
            address = parse(f"{name}@example.org")
            reader = membership.join(connection, self.site, address, choices, vouched="a test", now=self.now)
        return reader.id

    def change(self, name: str, **choices: Any) -> None:
        """Let a reader choose anew."""
        with writing(self.site.engine) as connection:
            reader = roster.find(connection, f"{name}@example.org")
            membership.change(connection, reader, Choices(**choices), Origin("link"), now=self.now)

    def leave(self, name: str) -> None:
        """Let a reader unsubscribe."""
        with writing(self.site.engine) as connection:
            reader = roster.find(connection, f"{name}@example.org")
            membership.leave(connection, self.site, reader, Origin("one-click"), now=self.now)

    def come_back(self, name: str) -> None:
        """Let a reader take back that they left."""
        with writing(self.site.engine) as connection:
            reader = roster.find(connection, f"{name}@example.org")
            membership.come_back(connection, self.site, reader, Origin("link"), now=self.now)

    def tick(self) -> datetime | None:
        """Tick once; return when the next issue is due."""
        return Tick(self.site, self.now, self.heard.append).make_what_is_due()

    def go_to(self, moment: datetime | str) -> None:
        """Let time pass, with a tick at every moment that is due, and one at the end; and deliver."""
        end = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
        while self.now < end:
            next_at = self.tick()
            self.deliver()
            self.now = end if next_at is None else min(end, max(next_at, self.now + timedelta(seconds=1)))
        self.tick()
        self.deliver()

    def send(self, cadence: str | None = None, *only: str) -> Published | Skipped:
        """Make an issue by hand."""
        scan = self.site.content.scan()
        with writing(self.site.engine) as connection:
            terms = Terms(only=frozenset(only) or None)
            return publishing.publish(connection, self.site, scan, cadence=cadence, now=self.now, terms=terms)

    def deliver(
        self, answer: Callable[[Message], Verdict] | None = None, *, killed_at: int | None = None
    ) -> None:
        """Hand over what is due. With `killed_at`, the process dies at that step of its talk with the relay.

        Then the database is as it stood on the disk at that moment, and the relay has got nothing since.
        """
        relay = _Relay(answer, killed_at, lambda: _copy(self._database, self._crashed))
        with reading(self.site.engine) as connection:
            tokens = keys.tokens(connection)
        summary = worker.deliver(
            self.site.engine,
            open_transport=lambda: relay,
            composer=Composer(self.site.engine, letterhead_of(self.site.settings), tokens),
            now=lambda: self.now,
        )
        assert summary.stopped is None or answer is not None, summary
        self._file(relay.sent)
        if relay.is_dead:
            self._crash()

    def _crash(self) -> None:
        """Find the database as the dead process left it. Whoever takes over has to wait until its lease is over."""
        self.site.engine.dispose()
        for file in self._database.parent.glob(f"{self._database.name}*"):
            file.unlink()
        self._crashed.rename(self._database)
        self.now += worker.LEASE + timedelta(seconds=1)

    def _file(self, messages: Sequence[Message]) -> None:
        for message in messages:
            opened_ = open_mail(message.data)
            to = message.envelope.recipient
            posts = tuple(dict.fromkeys(_MARK.findall(opened_.text)))
            self.received.append(Received(self.now, to, str(opened_.message["Message-ID"]), posts))

    def got(self, name: str) -> list[tuple[str, ...]]:
        """Return what a reader got, mail by mail: the marks of the posts in each, sorted."""
        mails = {mail.message_id: mail for mail in self.received if mail.email == f"{name}@example.org"}
        return [tuple(sorted(mail.posts)) for mail in mails.values() if mail.posts]

    @property
    def _database(self) -> Path:
        return self.files.directory / "newsletter.db"

    @property
    def _crashed(self) -> Path:
        return self.files.directory / "crashed.db"


class _Relay(MemoryTransport):
    """A relay in memory, during whose talk the process may die: at a step, before or after it takes a message."""

    def __init__(
        self, answer: Callable[[Message], Verdict] | None, killed_at: int | None, die: Callable[[], None]
    ) -> None:
        super().__init__(answer)
        self.is_dead = False
        self._left = killed_at
        self._die = die
        self._heard: list[Message] | None = None

    def begin(self, messages: Sequence[Message]) -> list[Reply | None]:
        self._step()
        return super().begin(messages)

    def verdicts(self) -> list[Verdict]:
        found = super().verdicts()
        self._step()
        return found

    def _step(self) -> None:
        if self._left == 0:
            self._die()
            self.is_dead, self._heard = True, list(self.sent)
        if self._left is not None:
            self._left -= 1

    def close(self) -> None:
        super().close()
        if self._heard is not None:
            self.sent = self._heard  # what comes after its death never happened


def message_id(message: Message) -> str:
    """Return the Message-ID of a message."""
    found = _MESSAGE_ID.search(message.data)
    assert found is not None, "every message has one"
    return found[1].decode()


def _copy(database: Path, copy: Path) -> None:
    with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
        target.execute("PRAGMA journal_mode=WAL")


@contextmanager
def dying(engine: Engine, *, at: int, kept: bool) -> Iterator[None]:
    """Let the process die at one of its commits, which are counted from 0: before it, or when it was `kept`."""
    left = [at]

    def committing(connection: Connection) -> None:
        if not connection.get_execution_options().get("reading", False):
            left[0] -= 1
            if left[0] == -1:
                if kept:
                    connection.connection.commit()
                raise Killed

    event.listen(engine, "commit", committing)
    try:
        with suppress(Killed):
            yield
    finally:
        event.remove(engine, "commit", committing)
    engine.dispose()


@contextmanager
def world(directory: Path, database: Path | str, now: datetime, *, settings: str = "") -> Iterator[World]:
    """Make a site on a copy of a migrated database, or on one behind a URL; `settings` stand in its [schedule]."""
    url = database if isinstance(database, str) else "sqlite:///newsletter.db"
    files = make_site(directory, database=url)
    files.set(_RHYTHM, f"{_RHYTHM}{settings}")
    if isinstance(database, Path):
        shutil.copyfile(database, directory / "newsletter.db")
    with opened(directory) as site:
        yield World(files, site, now)
