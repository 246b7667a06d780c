"""An author steers an issue while it is being sent: pauses it, goes on, cancels it, settles what is in doubt.

Through the command line, against a real SMTP server on loopback; what is being sent runs in a process of its own.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from pathlib import Path

import pytest

from tests.commands import Ran
from tests.processes import PATIENCE, Process, kill, wait_until
from tests.sites import TestSite, make_site
from tests.smtp_server import HANG_UP, Received, Server, smtp_server

READERS, CONNECTIONS = 200, 2

#: Messages a second: so many that a send lasts for some seconds, and can be stopped in the middle.
RATE = 60


@dataclass
class World:
    """A site, the server behind its relay, and what that says to whom."""

    site: TestSite
    server: Server
    answers: dict[tuple[str, str], str] = field(default_factory=dict)
    started: list[Process] = field(default_factory=list)

    def start(self, *words: object) -> Process:
        """Start a command, which ends with the test at the latest."""
        self.started.append(self.site.start(*words))
        return self.started[-1]

    def copies(self) -> Counter[str]:
        """How many copies each reader got."""
        return Counter(message.recipient for message in self.server.received)

    def deliveries(self, number: int = 1) -> dict[str, int]:
        """Count an issue's deliveries, without the zeros."""
        counts = self.site.data("issue", number)["deliveries"]
        return {status: count for status, count in counts.items() if count}


@contextmanager
def make_world(directory: Path, database: str) -> Iterator[World]:
    """Make a site, and a relay for it that takes what nobody said anything else about."""
    answers: dict[tuple[str, str], str] = {}
    with smtp_server(lambda stage, who: answers.get((stage, who))) as server, ExitStack() as ending:
        world = World(make_site(directory, port=server.port, database=database), server, answers)
        ending.callback(lambda: [kill(process) for process in world.started if process.poll() is None])
        yield world


@pytest.fixture(params=["sqlite", "postgresql"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """A site without readers or posts, its database on one of the engines."""
    url = f"sqlite:///{tmp_path}/site/newsletter.db"
    if request.param == "postgresql":
        url = request.getfixturevalue("empty_postgres_url")
    with make_world(tmp_path / "site", url) as made:
        yield made


@pytest.fixture
def small(tmp_path: Path) -> Iterator[World]:
    """The same on SQLite, with three readers and a post."""
    with make_world(tmp_path / "site", "sqlite:///newsletter.db") as made:
        for name in ("ana", "ben", "cleo"):
            made.site.reader(f"{name}@example.org")
        made.site.write("storm.md")
        yield made


@pytest.fixture
def sending(world: World) -> Process:
    """An issue that is being sent, slowly, and is somewhere in the middle."""
    world.site.set("connections = 2", f"connections = {CONNECTIONS}\nrate = {RATE}")
    world.site.readers(READERS)
    world.site.write("storm.md", title="The storm")
    process = world.start("send", "--yes", "--json")
    wait_until(lambda: len(world.server.received) >= 20)
    return process


def ended(process: Process) -> Ran:
    """Wait for a command; return what came of it."""
    out, err = process.communicate(timeout=PATIENCE)
    return Ran(process.returncode, out, err)


def sent(world: World, steer: Callable[[], object], process: Process) -> tuple[Ran, int]:
    """Steer a running send; return how it ended, and how many messages went out after the steering was done."""
    steer()
    before = len(world.server.received)
    return ended(process), len(world.server.received) - before


def test_pause_and_resume(world: World, sending: Process) -> None:
    """A running send stops, with the reason; the next one says what to type; resumed, everybody gets one copy."""
    ran, after = sent(world, lambda: world.site.done("pause", 1, "--reason", "a typo"), sending)
    assert after <= CONNECTIONS, "only what was on the wire"
    assert ran.status == 1
    assert "Issue 1 is paused: a typo." in ran.err
    assert "newsletter resume 1" in ran.err
    counts = ran.data["deliveries"]
    assert counts["sent"] + counts["queued"] == sum(counts.values()) == READERS
    shown = world.site.data("issue", 1)
    assert (shown["status"], shown["reason"], shown["deliveries"]) == ("paused", "a typo", counts)
    idle = world.site.done("send", "--yes")
    assert "Issue 1 is paused: a typo" in idle.err
    assert "newsletter resume 1" in idle.err
    world.site.done("resume", 1)
    assert world.site.send()["deliveries"]["sent"] == READERS
    assert set(world.copies().values()) == {1}
    assert len(world.copies()) == READERS


def test_cancel(world: World, sending: Process) -> None:
    """A running send stops for good; whoever did not get it gets its posts with the next issue, and nobody twice."""
    ran, after = sent(world, lambda: world.site.done("cancel", 1), sending)
    assert after <= CONNECTIONS, "only what was on the wire"
    assert ran.status == 1
    assert "Issue 1 is cancelled" in ran.err
    got = world.copies()
    assert world.deliveries() == {"sent": len(got), "cancelled": READERS - len(got)}
    assert world.site.data("issue", 1)["status"] == "cancelled"
    world.site.reader("new@example.org")
    again = world.site.send()
    assert (again["issue"], again["deliveries"]["sent"]) == (2, READERS - len(got) + 1)
    assert world.site.data("issues")[0]["posts"] == ["storm"]
    assert len(world.copies()) == READERS + 1
    assert set(world.copies().values()) == {1}
    assert world.site.send()["skipped"] == "no new posts"


def test_cancelled_before_anything_was_sent(small: World) -> None:
    """It is as if it had never been: posts and the author's words come with the next issue."""
    (small.site.directory / "posts/_next.md").write_text("---\nsubject: What the storm left\n---\nHold on.\n")
    small.site.done("send", "--yes", "--no-wait")
    cancelled = small.site.done("cancel", 1)
    assert "come with the next issue for 3 readers" in cancelled.out
    small.site.write("ferry.md")
    assert small.site.send()["deliveries"]["sent"] == 3
    shown = small.site.data("issues")[0]
    assert (shown["posts"], shown["subject"]) == (["ferry", "storm"], "What the storm left")


def test_a_later_issue_was_made(small: World) -> None:
    """Who did not get a cancelled issue gets its posts with the next one, also when another was made meanwhile."""
    small.site.send("--no-wait")
    small.site.done("pause", 1)
    small.site.write("ferry.md")
    assert small.site.send()["issue"] == 2
    assert "with the next issue for 3 readers" in small.site.done("cancel", 1).out
    assert small.site.send()["issue"] == 3
    assert [issue["posts"] for issue in small.site.data("issues")] == [["storm"], ["ferry"], ["storm"]]
    assert small.site.send()["issue"] is None


@pytest.mark.parametrize("command", ["pause", "resume", "cancel"])
def test_what_cannot_be_done(small: World, command: str) -> None:
    """A number that is not there, and an issue that is finished, are refused with the reason."""
    small.site.send()
    for number, words in ((7, "There is no issue 7"), (1, "issue 1")):
        ran = small.site.run(command, number)
        assert ran.status == 1
        assert words.lower() in ran.err.lower()


class TestInDoubt:
    """The relay took a message, or not, and hung up."""

    @pytest.fixture
    def held(self, small: World) -> World:
        """Two of three messages are in doubt, and the author wants to decide."""
        small.site.set("connections = 2", 'connections = 1\nin_doubt = "hold"')
        small.answers |= {("data", f"{name}@example.org"): HANG_UP for name in ("ana", "cleo")}
        small.site.run("send", "--yes")
        small.answers.clear()
        return small

    def test_it_is_listed(self, held: World) -> None:
        """Each reader in doubt is named, with when and what is known, and the counts add up to the audience."""
        shown = held.site.data("issue", 1)
        assert [one["email"] for one in shown["unknown"]] == ["ana@example.org", "cleo@example.org"]
        assert all(one["since"] and one["note"] for one in shown["unknown"])
        assert held.deliveries() == {"sent": 1, "unknown": 2}
        words = held.site.done("issue", 1).out
        assert "ana@example.org" in words
        assert "newsletter resolve 1 --again" in words

    def test_it_is_settled(self, held: World) -> None:
        """One counts as sent; the other is sent again, under the same Message-ID."""
        held.site.done("resolve", 1, "ana@example.org", "--sent")
        assert held.deliveries() == {"sent": 2, "unknown": 1}
        held.site.done("resolve", 1, "--again")
        assert held.site.send()["deliveries"]["sent"] == 3
        assert held.copies() == {"ana@example.org": 1, "ben@example.org": 1, "cleo@example.org": 2}
        assert len(message_ids(held.server.copies("cleo@example.org"))) == 1

    @pytest.mark.parametrize(
        ("words", "status", "complaint"),
        [
            (["--again"], 1, "Nothing of issue 2 is in doubt"),
            ([], 2, "--again or --sent"),
            (["--again", "--sent"], 2, "--again or --sent"),
        ],
    )
    def test_refusals(self, held: World, words: list[str], status: int, complaint: str) -> None:
        """Without anything in doubt, or a decision, nothing happens."""
        held.site.write("ferry.md")
        held.site.send()
        ran = held.site.run("resolve", 2, *words)
        assert ran.status == status
        assert complaint in ran.err

    def test_somebody_who_is_not_in_doubt(self, held: World) -> None:
        """They are named, and nothing is changed."""
        ran = held.site.run("resolve", 1, "ana@example.org", "ben@example.org", "--sent")
        assert ran.status == 1
        assert "Not in doubt: ben@example.org." in ran.err
        assert held.deliveries() == {"sent": 1, "unknown": 2}

    def test_of_a_cancelled_issue(self, small: World) -> None:
        """Nothing of it is sent again; who may not have it gets its posts with the next issue instead."""
        small.site.set("connections = 2", 'connections = 1\nin_doubt = "hold"')
        small.answers[("data", "ana@example.org")] = HANG_UP
        small.answers[("data", "ben@example.org")] = "450 4.2.1 later"
        small.site.send()
        small.answers.clear()
        small.site.done("cancel", 1)
        assert small.deliveries() == {"sent": 1, "cancelled": 1, "unknown": 1}
        assert "cancelled, as the issue is" in small.site.done("resolve", 1, "--again").out
        assert small.deliveries() == {"sent": 1, "cancelled": 2}
        assert small.site.send()["deliveries"]["sent"] == 2
        assert small.copies() == {"ana@example.org": 2, "ben@example.org": 1, "cleo@example.org": 1}


def message_ids(copies: list[Received]) -> set[str]:
    """Return the Message-IDs of copies."""
    return {str(message_from_bytes(copy.data)["Message-ID"]) for copy in copies}


class TestRefused:
    """The relay refuses our mail for a reason that is about us."""

    BLOCKED = "550 5.7.26 <ana@example.org> your domain is not authenticated"

    def test_the_issue_is_paused(self, small: World) -> None:
        """The author is told what the relay said and what to type, now and by the next send; then it goes on."""
        small.site.set("connections = 2", "connections = 1")
        small.answers[("data", "ben@example.org")] = self.BLOCKED
        ran = small.site.run("send", "--yes", "--json")
        assert ran.status == 1
        assert "550 5.7.26" in ran.err
        assert "newsletter resume 1" in ran.err
        assert small.deliveries() == {"queued": 2, "sent": 1}
        shown = small.site.data("issue", 1)
        assert shown["status"] == "paused"
        assert "550 5.7.26" in shown["reason"]
        assert shown["replies"]["relay"][0]["code"] == 550
        idle = small.site.done("send", "--yes", "--json")
        assert idle.data["issue"] is None
        assert "Issue 1 is paused: the relay refuses our mail: 550 5.7.26" in idle.err
        assert "newsletter resume 1" in idle.err
        assert small.copies() == {"ana@example.org": 1}
        small.answers.clear()
        small.site.done("resume", 1)
        assert small.site.send()["deliveries"]["sent"] == 3
        assert set(small.copies().values()) == {1}

    def test_a_notice_waits(self, small: World) -> None:
        """Mail about a subscription that is refused keeps no issue back, and goes out by itself later."""
        small.answers[("data", "dora@example.org")] = self.BLOCKED
        assert "waits in the outbox" in small.site.done("subscribers", "add", "dora@example.org").err
        assert small.site.send()["deliveries"]["sent"] == 3
        assert small.copies()["dora@example.org"] == 0

    def test_a_relay_that_takes_nothing_now_pauses_nothing(self, small: World) -> None:
        """A temporary refusal of our sender ends the run; the next send tries again by itself."""
        refuse = "452 4.3.1 no room"
        small.server.script = lambda stage, who: refuse if stage == "mail" else None
        ran = small.site.run("send", "--yes")
        assert ran.status == 1
        assert "no room" in ran.err
        small.server.script = lambda stage, who: None
        assert small.site.send()["deliveries"]["sent"] == 3


def test_what_the_relay_said(small: World) -> None:
    """Refusals come first, with how many there were, and by domain; the log has them without the reader."""
    small.answers[("rcpt", "ana@example.org")] = "550 5.1.1 <ana@example.org> no such user"
    ran = small.site.done("send", "--yes", "--json")
    replies = small.site.data("issue", 1)["replies"]
    assert [(said["code"], said["words"], said["deliveries"]) for said in replies["relay"]] == [
        (550, "5.1.1 <ana@example.org> no such user", 1),
        (250, "2.0.0 queued", 2),
    ]
    assert [(one["name"], one["deliveries"], one["sent"], one["refused"]) for one in replies["domains"]] == [
        ("example.org", 3, 2, 1)
    ]
    assert "no such user" in small.site.done("issue", 1).out
    events = [json.loads(line) for line in ran.err.splitlines()]
    assert [event["event"] for event in events] == ["issue frozen", "sending begun", "finished"]
    assert (events[-1]["sent"], events[-1]["bounced"], events[-1]["issue"]) == (2, 1, 1)
    assert "rate" in events[-1]
    assert "@" not in ran.err
