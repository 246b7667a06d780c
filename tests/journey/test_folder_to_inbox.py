"""The whole way: posts in a folder become one frozen issue, and every confirmed reader gets one copy over SMTP.

Each story runs on SQLite and on PostgreSQL, through the command line, against a real SMTP server on loopback.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from newsletter.demo.mailbox import Mailbox, open_mailbox
from newsletter.outbox.messages.opened import Opened, open_mail
from subscribers import suppression
from subscribers.address import parse
from subscribers.database import open_engine, writing
from tests.sites import TestSite, make_site


@dataclass
class World:
    """A site, and the mailbox behind its relay."""

    site: TestSite
    mailbox: Mailbox
    database: str

    def mails(self) -> dict[str, Opened]:
        """What arrived since last asked, by recipient; nobody may have got two."""
        arrived = self.mailbox.arrived[:]
        self.mailbox.arrived.clear()
        mails = {mail.recipient: open_mail(mail.path.read_bytes()) for mail in arrived}
        assert len(mails) == len(arrived), "somebody got two mails at once"
        return mails

    def readers(self) -> set[str]:
        """Who got mail since last asked."""
        return set(self.mails())

    def execute(self, change) -> None:
        """Change the database behind the program's back, as another process would."""
        engine = open_engine(self.database)
        try:
            with writing(engine) as connection:
                change(connection)
        finally:
            engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """A site without posts, its database on one of the engines."""
    if request.param == "sqlite":
        database = f"sqlite:///{tmp_path}/site/newsletter.db"
    else:
        database = request.getfixturevalue("empty_postgres_url")
    with open_mailbox(tmp_path / "mail") as (mailbox, port):
        yield World(make_site(tmp_path / "site", port=port, database=database), mailbox, database)


def test_from_a_folder_of_posts_to_an_inbox(world):
    """Two new posts become a digest that every confirmed reader gets once; the next send has nothing to do."""
    world.site.write("old-news.md")
    world.site.reader("ana@example.org", "--name", "Ana Brito")
    world.site.reader("ben@example.org", "--cadence", "daily")
    world.site.write("storm.md", "The storm took **two** boats.", date="2026-02-01")
    world.site.write("ferry.md", "The ferry waits.", date="2026-02-02", title="The ferry that waits")
    sent = world.site.send()
    assert sent["issue"] == 1
    assert sent["deliveries"] == {
        "queued": 0, "sending": 0, "sent": 2, "bounced": 0, "failed": 0, "cancelled": 0, "unknown": 0,
    }  # fmt: skip
    mails = world.mails()
    assert set(mails) == {"ana@example.org", "ben@example.org"}
    ana = mails["ana@example.org"]
    assert str(ana.message["To"]) == "Ana Brito <ana@example.org>"
    assert "The ferry that waits" in str(ana.message["Subject"])
    for shown in (ana.html, ana.text):
        assert "The ferry that waits" in shown
        assert "storm took" in shown
        assert "1 Harbour Street" in shown
        assert "Old News" not in shown
    again = world.site.send()
    assert (again["issue"], again["skipped"]) == (None, "no new posts")
    assert world.readers() == set()


def test_the_first_run_sends_nothing_old(world):
    """What is there when the database is made counts as seen, whichever command makes it; a late post is new."""
    world.site.write("one.md")
    world.site.write("two.md")
    assert world.site.data("subscribers", "list") == []
    world.site.reader("ana@example.org")
    assert world.site.send()["skipped"] == "no new posts"
    world.site.write("back-dated.md", date="1999-12-31")
    assert world.site.send()["issue"] == 1
    assert world.site.data("issues")[0]["posts"] == ["back-dated"]


def test_existing_posts_are_sent_when_asked_for(world):
    """`send --include-existing` lifts the baseline, once."""
    world.site.write("one.md")
    world.site.reader("ana@example.org")
    world.site.write("two.md", date="2026-02-01")
    assert world.site.send("--include-existing")["issue"] == 1
    assert world.site.data("issues")[0]["posts"] == ["two", "one"]
    assert world.site.send("--include-existing")["issue"] is None


def test_an_edited_moved_or_redated_post_is_not_sent_again(world):
    """Identity decides, never a date or a file's time stamp (law 1)."""
    world.site.reader("ana@example.org")
    path = world.site.write("storm.md", "The storm took two boats.")
    assert world.site.send()["issue"] == 1
    world.site.write("storm.md", "The storm took three boats.", date="2026-02-20", title="The big storm")
    assert world.site.send()["issue"] is None
    path.rename(path.with_name("hurricane.md"))
    assert world.site.send()["issue"] is None
    text = path.with_name("hurricane.md").read_text()
    path.with_name("hurricane.md").unlink()
    assert world.site.send()["issue"] is None
    path.write_text(text)
    assert world.site.send()["issue"] is None


def test_a_frozen_issue_does_not_change(world):
    """A post edited, and a template added, between freezing and delivery change no byte of what is sent (law 3)."""
    world.site.reader("ana@example.org")
    world.site.write("storm.md", "The storm took two boats.")
    world.site.done("preview", "--out", world.site.directory / "before")
    assert world.site.send("--no-wait")["deliveries"]["queued"] == 1
    world.site.write("storm.md", "Nothing of the kind happened.")
    own = world.site.directory / "templates/email/issue"
    own.mkdir(parents=True)
    (own / "body.html").write_text("<p>changed</p>")
    resumed = world.site.send()
    assert (resumed["issue"], resumed["deliveries"]["sent"]) == (1, 1)
    sent = world.mails()["ana@example.org"]
    assert "took two boats" in sent.html
    previewed = (world.site.directory / "before/issue.html").read_text()
    assert impersonal(sent.html) == impersonal(previewed)
    text = open_mail((world.site.directory / "before/issue.eml").read_bytes()).text
    assert impersonal(sent.text) == impersonal(text)


def impersonal(text: str) -> str:
    """Take the reader's own links and address out."""
    for address in ("ana@example.org", "news@example.com"):
        text = text.replace(address, "READER")
    words = text.replace('"', " ").replace("<", " ").replace(">", " ").split()
    return " ".join("LINK" if "/unsubscribe/" in word or "/preferences/" in word else word for word in words)


def test_nobody_is_mailed_without_consent(world):
    """Pending, unsubscribed and suppressed readers get nothing, even when they leave after the issue is frozen."""
    for name in ("ana", "ben", "cleo"):
        world.site.reader(f"{name}@example.org")
    world.site.done("subscribers", "add", "dora@example.org")
    assert world.readers() == {"dora@example.org"}  # asked to confirm
    world.site.write("storm.md")
    assert world.site.send("--no-wait")["deliveries"]["queued"] == 3
    world.site.done("subscribers", "remove", "ana@example.org")
    now = datetime.now(UTC)
    world.execute(
        lambda connection: suppression.suppress(
            connection, parse("ben@example.org"), reason="complaint", now=now
        )
    )
    counts = world.site.send()["deliveries"]
    assert (counts["sent"], counts["cancelled"]) == (1, 2)
    assert world.readers() == {"cleo@example.org"}


def test_a_new_reader_gets_what_is_not_sent_yet(world):
    """Whoever comes between two issues gets the next one, and nothing of the last."""
    world.site.reader("ana@example.org")
    world.site.write("one.md")
    world.site.send()
    assert world.readers() == {"ana@example.org"}
    world.site.write("two.md")
    world.site.reader("ben@example.org")
    world.site.send()
    assert world.readers() == {"ana@example.org", "ben@example.org"}
    assert [issue["posts"] for issue in world.site.data("issues")] == [["two"], ["one"]]


def test_readers_get_the_posts_of_their_topics_and_cadence(world):
    """Each distinct set of posts is one rendering of the same issue; what a reader does not follow never comes."""
    world.site.reader("all@example.org")
    world.site.reader("sea@example.org", "--topics", "sea")
    world.site.reader("air@example.org", "--topics", "air")
    world.site.reader("daily@example.org", "--cadence", "daily")
    world.site.write("a-wave.md", tags="[sea]")
    world.site.write("a-hill.md", tags="[land]")
    assert world.site.send("--cadence", "weekly")["deliveries"]["sent"] == 2
    mails = world.mails()
    assert set(mails) == {"all@example.org", "sea@example.org"}
    assert "A Hill" in mails["all@example.org"].html
    assert "A Hill" not in mails["sea@example.org"].html
    assert world.site.send()["deliveries"]["sent"] == 1
    assert world.readers() == {"daily@example.org"}
    world.site.write("a-wind.md", tags="[air]")
    world.site.send()
    assert world.readers() == {"all@example.org", "air@example.org", "daily@example.org"}


def test_a_broken_post_does_not_stop_the_others(world):
    """The broken one is named with its line; the others are sent."""
    world.site.reader("ana@example.org")
    (world.site.write("broken.md")).write_text("---\ntitle: [never closed\ndate: 2026-01-01\n---\ntext\n")
    world.site.write("fine.md")
    ran = world.site.done("send", "--yes")
    assert "broken.md:" in ran.err
    assert world.site.data("issues")[0]["posts"] == ["fine"]
    assert world.readers() == {"ana@example.org"}


def test_the_authors_words_are_used_once(world):
    """`_next.md` gives subject and introduction to one issue, and is left as it is."""
    world.site.reader("ana@example.org")
    world.site.write("one.md")
    note = world.site.directory / "posts/_next.md"
    note.write_text("---\nsubject: What the storm left\n---\nDear reader, *hold on*.\n")
    world.site.send()
    mail = world.mails()["ana@example.org"]
    assert str(mail.message["Subject"]) == "What the storm left"
    assert "hold on" in mail.html
    assert "Dear reader" in mail.text
    world.site.write("two.md")
    world.site.send()
    mail = world.mails()["ana@example.org"]
    assert str(mail.message["Subject"]) != "What the storm left"
    assert "hold on" not in mail.html
    assert note.exists()


def test_a_test_mail_counts_as_nothing_sent(world):
    """`test` sends the next issue to one address, marked, and changes nothing."""
    world.site.reader("ana@example.org")
    world.site.write("one.md", title="One")
    world.site.done("test", "me@example.org")
    mail = world.mails()["me@example.org"]
    assert str(mail.message["Subject"]) == "[TEST] One"
    assert world.site.data("issues") == []
    assert world.site.send()["deliveries"]["sent"] == 1
    assert world.readers() == {"ana@example.org"}
