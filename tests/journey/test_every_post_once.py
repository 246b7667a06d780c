"""Every reader gets every post once, whatever happens: random stories on real tables, judged by what the relay got.

A short run is part of the suite; `SEQUENCES=2000 pytest tests/journey/test_every_post_once.py` is a long one.
"""

import os
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from newsletter.transport.protocol import Message, Reply
from tests.databases import prepare
from tests.rhythm import World, dying, message_id, world

#: A Monday.
BEGIN = datetime(2026, 3, 2, 9, tzinfo=UTC)

CADENCES = ("each", "daily", "weekly", "hourly")
TOPICS = ("sea", "land")

#: How a reader may follow: everything, or some.
FOLLOWED = st.sampled_from([(), ("sea",), ("land",), ("sea", "land")])

NAMES = ("ana", "ben", "cy", "dee", "eve")

NUMBERS = st.integers(0, 100)

#: Plain templates, since the shipped ones take their time, and looks do not matter here.
TEMPLATES = {
    "subject.txt": "{{ posts | length }} posts",
    "preheader.txt": "What is new, and nothing else: here it is, in a line that is long enough.",
    "body.txt": "{% for post in posts %}{{ post.text }}\n{% endfor %}{{ unsubscribe_url }}\n"
    "{{ masthead.postal_address }}",
    "body.html": '<html lang="en"><head><title>News</title></head><body><h1>News</h1>{% for post in posts %}'
    '<div>{{ post.html | safe }}</div>{% endfor %}<p><a href="{{ unsubscribe_url }}">Unsubscribe</a> '
    "{{ masthead.postal_address }}</p></body></html>",
}


@dataclass
class Post:
    """A post as its author knows it."""

    mark: str
    name: str
    topics: tuple[str, ...]
    draft: bool = False
    date: datetime = BEGIN
    there: bool = True
    edits: int = 0

    def is_sendable(self, now: datetime) -> bool:
        return self.there and not self.draft and self.date <= now


@dataclass
class Reader:
    """A reader as they know themselves."""

    confirmed: bool = True
    paused_until: datetime | None = None
    since: datetime = BEGIN
    followed: list[tuple[str, ...]] = field(default_factory=list)  # since they came; the last counts
    #: Posts that they may never have been due, though they follow their topics.
    excused: set[str] = field(default_factory=set)

    def always_followed(self, post: Post) -> bool:
        return all(not topics or set(topics) & set(post.topics) for topics in self.followed)


class Story(RuleBasedStateMachine):
    """What authors, readers and fate may do."""

    template: Path

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.posts: dict[str, Post] = {}
        self.readers: dict[str, Reader] = {}
        self.marks = 0
        self.judged = 0
        self.mails: Counter[tuple[str, str]] = Counter()
        self.ids: dict[tuple[str, str], str] = {}
        self.kills = 0

    @initialize()
    def begin(self) -> None:
        directory = Path(self.stack.enter_context(tempfile.TemporaryDirectory()))
        rhythm = 'each = "at once"\nhourly = "0 * * * *"\n'
        self.world: World = self.stack.enter_context(
            world(directory / "site", self.template, BEGIN, settings=rhythm)
        )
        for part, text in TEMPLATES.items():
            file = self.world.files.directory / "templates" / "email" / "issue" / part
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        self.world.tick()
        for name, cadence in zip(NAMES[:3], CADENCES, strict=False):
            self._join(name, cadence, ())

    def teardown(self) -> None:
        try:
            if self.readers:
                self._come_to_an_end()
        finally:
            self.stack.close()

    # The author

    @rule(topics=FOLLOWED, kind=st.sampled_from(["now", "now", "now", "draft", "future", "old"]))
    def write(self, topics: tuple[str, ...], kind: str) -> None:
        self.marks += 1
        mark = f"p{self.marks}"
        shift = {"future": timedelta(days=2), "old": -timedelta(days=900)}.get(
            kind, -timedelta(minutes=self.marks)
        )
        post = Post(mark, f"post-{mark}", topics, kind == "draft", self.world.now + shift)
        self.posts[mark] = post
        self._put(post)

    @precondition(lambda self: self.posts)
    @rule(
        which=NUMBERS,
        what=st.sampled_from(["edit", "rename", "back-date", "future-date", "draft", "publish"]),
    )
    def revise(self, which: int, what: str) -> None:
        post = self._one(which)
        if not post.there:
            return
        if what == "edit":
            post.edits += 1
        elif what == "rename":
            self.world.remove(post.name)
            post.name = f"moved-{post.name}"
        elif what == "back-date":
            post.date -= timedelta(days=400)
        elif what == "future-date":
            post.date = self.world.now + timedelta(days=1)
        else:
            post.draft = what == "draft"
        self._put(post)

    @precondition(lambda self: self.posts)
    @rule(which=NUMBERS)
    def delete_or_restore(self, which: int) -> None:
        post = self._one(which)
        if post.there:
            self.world.remove(post.name)
            post.there = False
        else:
            post.there = True
            self._put(post)

    @rule(cadence=st.sampled_from([None, *CADENCES]), which=st.none() | NUMBERS)
    def send(self, cadence: str | None, which: int | None) -> None:
        only = [] if which is None or not self.posts else [self._one(which).name]
        self.world.send(cadence, *only)

    # The readers

    @rule(name=st.sampled_from(NAMES), cadence=st.sampled_from(CADENCES), topics=FOLLOWED)
    def subscribe(self, name: str, cadence: str, topics: tuple[str, ...]) -> None:
        if name not in self.readers:
            self._join(name, cadence, topics)

    @rule(name=st.sampled_from(NAMES), cadence=st.sampled_from(CADENCES))
    def change_cadence(self, name: str, cadence: str) -> None:
        if name in self.readers:
            self.world.change(name, cadence=cadence)

    @rule(name=st.sampled_from(NAMES), topics=FOLLOWED)
    def change_topics(self, name: str, topics: tuple[str, ...]) -> None:
        if name in self.readers:
            self.world.change(name, topics=topics)
            self.readers[name].followed.append(topics)

    @rule(name=st.sampled_from(NAMES), days=st.integers(0, 9))
    def pause(self, name: str, days: int) -> None:
        if name in self.readers and self.readers[name].confirmed:
            until = self.world.now + timedelta(days=days) if days else None
            self.world.change(name, paused_until=until)
            self.readers[name].paused_until = until

    @rule(name=st.sampled_from(NAMES))
    def leave(self, name: str) -> None:
        if name in self.readers:
            self.world.leave(name)
            self.readers[name].confirmed = False

    @rule(name=st.sampled_from(NAMES))
    def come_back(self, name: str) -> None:
        reader = self.readers.get(name)
        if reader is not None and not reader.confirmed:
            self.world.come_back(name)
            reader.confirmed = True
            reader.excused |= self.posts.keys()

    # Time and fate

    @rule(minutes=st.sampled_from([1, 20, 70, 300, 1440, 3000]))
    def wait(self, minutes: int) -> None:
        self.world.now += timedelta(minutes=minutes)

    @rule()
    def tick(self) -> None:
        self.world.tick()

    @rule()
    def tick_twice(self) -> None:
        self.world.tick()
        self.world.tick()

    @rule(minutes=st.integers(1, 200))
    def tick_under_a_wrong_clock(self, minutes: int) -> None:
        right = self.world.now
        self.world.now -= timedelta(minutes=minutes)
        self.world.tick()
        self.world.now = right

    @rule(at=st.integers(0, 4), kept=st.booleans())
    def tick_and_die(self, at: int, kept: bool) -> None:
        with dying(self.world.site.engine, at=at, kept=kept):
            self.world.tick()

    @rule(at=st.integers(0, 2), kept=st.booleans())
    def send_and_die(self, at: int, kept: bool) -> None:
        with dying(self.world.site.engine, at=at, kept=kept):
            self.world.send()

    @rule()
    def deliver(self) -> None:
        self.world.deliver()

    @rule(at=st.integers(0, 9))
    def deliver_and_die(self, at: int) -> None:
        self.world.deliver(killed_at=at)
        self.kills += 1

    @rule(code=st.sampled_from(["451 4.3.0 later", "554 5.6.0 not this message"]))
    def deliver_to_a_bad_relay(self, code: str) -> None:
        """It refuses what it has not taken before. (Refused when it is sent again, what was in doubt would be in vain,
        and its posts would come with the next issue: SMTP cannot tell us better.)"""
        number, enhanced, words = code.split(" ", 2)
        taken = {mail.message_id for mail in self.world.received}

        def answer(message: Message) -> Reply:
            if message_id(message) in taken:
                return Reply(250, "2.0.0", "kept")
            return Reply(int(number), enhanced, words)

        self.world.deliver(answer)

    # What must be so, always

    @invariant()
    def nobody_got_a_post_twice(self) -> None:
        for mail in self.world.received[self.judged :] if hasattr(self, "world") else ():
            name = mail.email.partition("@")[0]
            for mark in mail.posts:
                known = self.ids.setdefault((name, mark), mail.message_id)
                assert known == mail.message_id, f"{name} got {mark} twice"
            self.mails[name, mail.message_id] += 1
            reader = self.readers[name]
            assert reader.confirmed, f"{name} had left"
            assert reader.paused_until is None or reader.paused_until <= mail.at, f"{name} pauses"
            for mark in mail.posts:
                assert self.posts[mark].topics is not None
        self.judged = len(self.world.received) if hasattr(self, "world") else 0
        assert sum(self.mails.values()) - len(self.mails) <= self.kills, "repeated without a crash"

    # How it ends

    def _come_to_an_end(self) -> None:
        """Let two weeks pass in which all goes well, with one more post: then everybody has what they were due."""
        self.nobody_got_a_post_twice()
        self.world.now += timedelta(days=10)
        self.write(("sea", "land"), "now")
        for number, hours in enumerate((0, 2, *[8] * 24)):  # no run is later than the grace
            self.world.now += timedelta(hours=hours)
            self.world.tick()
            if number % 3 == 1:
                self.world.deliver()
        self.nobody_got_a_post_twice()
        for name, reader in self.readers.items():
            if not reader.confirmed:
                continue
            for mark, post in self.posts.items():
                if mark in reader.excused or not post.is_sendable(self.world.now):
                    continue
                if reader.always_followed(post):
                    assert (name, mark) in self.ids, f"{name} never got {mark}"

    def _join(self, name: str, cadence: str, topics: tuple[str, ...]) -> None:
        self.world.subscribe(name, cadence, *topics)
        self.readers[name] = Reader(since=self.world.now, followed=[topics], excused=set(self.posts))

    def _one(self, which: int) -> Post:
        return list(self.posts.values())[which % len(self.posts)]

    def _put(self, post: Post) -> None:
        self.world.write(
            post.name,
            post.mark,
            date=f"{post.date:%Y-%m-%dT%H:%M:%SZ}",
            tags=f"[{', '.join(post.topics)}]",
            draft="true" if post.draft else "",
            body=f"What {post.mark} says, {'again and ' * post.edits}once.",
        )


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A migrated database to begin with."""
    path = tmp_path_factory.mktemp("rhythm") / "newsletter.db"
    prepare(f"sqlite:///{path}")
    return path


def test_every_reader_gets_every_post_once(template: Path) -> None:
    """Nobody got a post twice or without consent, and everybody got every post that they were due."""
    sequences = int(os.environ.get("SEQUENCES", "12"))
    Story.template = template
    run_state_machine_as_test(
        Story,
        settings=settings(
            max_examples=sequences,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            print_blob=True,
        ),
    )
