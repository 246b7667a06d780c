"""Letters to the author, on both engines: written once a day about one thing, and handed over whatever happens."""

from datetime import datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from threading import Event

import lxml.html
import pytest
from sqlalchemy import Engine, select

from newsletter import alarms
from newsletter.outbox import letters as post_office
from newsletter.outbox import to_author
from newsletter.outbox.letters import Post, Round
from newsletter.outbox.tables import letters
from newsletter.transport.smtp import SmtpSettings, open_transport
from subscribers import keys
from subscribers.address import parse
from subscribers.database import reading, writing
from tests.issues import LETTERHEAD
from tests.sites import site_on
from tests.smtp_server import Script, Server, smtp_server
from tests.unit.outbox.messages.test_dkim import signer, verdicts

DAY = timedelta(days=1)

RAW = b"From: Ana <ana@example.org>\nTo: news@example.com\nSubject: Re: fog\n\nDear author,\n.\nfog again?"


def tell(
    engine: Engine, now: datetime, key: str = "refused:7", text: str = "It said no.", **more: str
) -> bool:
    """Write to the author."""
    with writing(engine) as connection:
        return to_author.tell(
            connection, kind="refused", key=key, subject="Über the relay", text=text, now=now, **more
        )


def hand_over(engine: Engine, server: Server | int, now: datetime, *, signed: bool = False) -> Round:
    """Hand over what is due."""
    port = server if isinstance(server, int) else server.port
    relay = SmtpSettings(host="127.0.0.1", port=port, timeout=20, helo="sender.example.com")
    with reading(engine) as connection:
        tokens = keys.tokens(connection)
    post = Post(LETTERHEAD, parse("me@example.com"), tokens, signer() if signed else None)
    return post_office.hand_over(engine, post, lambda: open_transport(relay), lambda: now, Event())


def statuses(engine: Engine) -> list[str]:
    """How the letters stand."""
    with reading(engine) as connection:
        return list(connection.scalars(select(letters.c.status).order_by(letters.c.id)))


def test_one_thing_is_told_once_a_day(engine: Engine, now: datetime) -> None:
    """Not again within a day, nor while the last letter has not gone; about another thing at once."""
    assert tell(engine, now)
    assert not tell(engine, now + timedelta(hours=23))
    assert tell(engine, now, key="refused:8")
    assert not tell(engine, now + 3 * DAY), "the first is still open"
    with smtp_server() as server:
        hand_over(engine, server, now + 3 * DAY)
        assert tell(engine, now + 3 * DAY)
        assert len(server.received) == 2


def test_the_turn_of_a_day_is_no_day(engine: Engine, now: datetime) -> None:
    """Two minutes around midnight are not two days."""
    late = now.replace(hour=23, minute=59)
    tell(engine, late)
    with smtp_server() as server:
        hand_over(engine, server, late)
    assert not tell(engine, late + timedelta(minutes=2))


@pytest.mark.parametrize("signed", [False, True])
def test_what_arrives(engine: Engine, now: datetime, signed: bool) -> None:
    """From the newsletter to its author, in plain text, saying that no machine should answer; signed where mail is."""
    tell(engine, now, text="It said nö.\n\nFrom here on\n.\n")
    with smtp_server() as server:
        assert hand_over(engine, server, now, signed=signed).sent == 1
    (received,) = server.received
    assert received.recipient == "me@example.com"
    assert received.sender.startswith("b+")
    mail = message_from_bytes(received.data, policy=policy.default)
    assert mail["from"] == "Tide Notes <news@example.com>"
    assert mail["subject"] == "Über the relay"
    assert mail["auto-submitted"] == "auto-generated"
    assert mail.get_content().replace("\r\n", "\n") == "It said nö.\n\nFrom here on\n.\n"
    assert verdicts(received.data) == [True, True] if signed else b"DKIM" not in received.data


def test_a_letter_with_a_picture_of_the_issue(engine: Engine, now: datetime) -> None:
    """HTML beside the text is the better half; what is a reader's own is empty in it."""
    tell(engine, now, html="<p>Dear __READER_NAME__, the tide</p>")
    with smtp_server() as server:
        hand_over(engine, server, now, signed=True)
    mail = message_from_bytes(server.received[0].data, policy=policy.default)
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    assert "READER_NAME" not in mail.get_body(("html",)).get_content()  # type: ignore[union-attr]


def test_what_a_reader_wrote_comes_as_it_is(engine: Engine, now: datetime) -> None:
    """Byte for byte but for its line ends, once, and nothing of it is kept."""
    with writing(engine) as connection:
        assert to_author.forward(connection, raw=RAW, key="reply:1", now=now)
        assert not to_author.forward(connection, raw=RAW, key="reply:1", now=now + 9 * DAY)
    with smtp_server() as server:
        hand_over(engine, server, now)
    assert server.received[0].data.replace(b"\r\n", b"\n").rstrip(b"\n") == RAW
    with reading(engine) as connection:
        assert connection.scalar(select(letters.c.raw)) is None


@pytest.mark.parametrize(
    ("answer", "status"),
    [("451 4.3.0 later", "queued"), ("550 5.7.26 not you", "queued"), ("550 5.1.1 no such user", "failed")],
)
def test_a_relay_that_refuses(engine: Engine, now: datetime, answer: str, status: str) -> None:
    """What is about the moment or about us is tried again, later and later, for a week; a wrong address is not."""
    tell(engine, now)
    script: Script = lambda stage, _who: answer if stage == "data" else None  # noqa: E731
    with smtp_server(script) as server:
        done = hand_over(engine, server, now)
        assert statuses(engine) == [status]
        assert (done.later or done.failed)[0][1].startswith(answer[:3])
        for hours in range(1, 200):
            hand_over(engine, server, now + timedelta(hours=hours))
    assert statuses(engine) == ["failed"]
    assert len(server.received) == 0


def test_a_relay_that_is_away(engine: Engine, now: datetime) -> None:
    """The letter waits for it."""
    tell(engine, now)
    with smtp_server() as server:
        port = server.port
    assert hand_over(engine, port, now).stopped is not None
    assert statuses(engine) == ["queued"]
    with smtp_server(port=port) as server:
        assert hand_over(engine, server, now + timedelta(minutes=6)).sent == 1


def test_a_crash_on_the_way(engine: Engine, now: datetime) -> None:
    """Whoever has claimed a letter and died leaves it to the next, after a while: as the same message."""
    tell(engine, now)
    with smtp_server() as server:
        with writing(engine) as connection:
            letter = to_author.claim(connection, now, until=now + timedelta(minutes=15))
        assert letter is not None
        assert hand_over(engine, server, now + timedelta(minutes=10)).sent == 0
        assert hand_over(engine, server, now + timedelta(minutes=15)).sent == 1
    with reading(engine) as connection:
        tokens = keys.tokens(connection)
    lost = post_office.compose(letter, Post(LETTERHEAD, parse("me@example.com"), tokens), now)
    identity = message_from_bytes(server.received[0].data)["message-id"]
    assert f"Message-ID: {identity}\r\n".encode() in lost.data


def test_old_letters_are_thrown_away(engine: Engine, now: datetime) -> None:
    """A month after they were sent; one that waits stays."""
    tell(engine, now)
    with smtp_server() as server:
        hand_over(engine, server, now)
    tell(engine, now + DAY)
    with writing(engine) as connection:
        assert to_author.clear_away(connection, now + 29 * DAY) == 0
        assert to_author.clear_away(connection, now + 31 * DAY) == 1
    assert statuses(engine) == ["queued"]


FACTS: dict[str, object] = {
    "number": 7, "reply": "550 5.7.26 not authenticated", "cadence": "weekly", "reason": "the disk is gone",
    "faults": "  posts/fog.md:3 no title", "remedy": "Mount it.", "role": "web", "host": "shore", "count": 600,
    "minutes": 60,
}  # fmt: skip


@pytest.mark.parametrize("kind", alarms.KINDS)
def test_every_alarm_says_what_to_do(engine: Engine, now: datetime, tmp_path: Path, kind: str) -> None:
    """Each kind has its words, which fit on a line, and its remedy; moments are told by the author's clock."""
    moments = {"scheduled_for": now, "next_due": now, "until": now}
    facts = {name: value for name, value in (FACTS | moments).items() if name in alarms.KINDS[kind]}
    assert set(facts) == set(alarms.KINDS[kind])
    with writing(engine) as connection:
        assert alarms.tell(connection, site_on(engine, tmp_path / "site"), kind, "7", now=now, **facts)
        subject, text, html = connection.execute(
            select(letters.c.subject, letters.c.text, letters.c.html)
        ).one()
    assert subject.startswith("[Tide Notes] ")
    assert "What to do: " in text
    assert max(map(len, text.splitlines())) <= 78
    assert "\n\n\n" not in text
    assert "None" not in text
    words = " ".join(lxml.html.document_fromstring(html).find("body").text_content().split())
    for paragraph in text.partition("\n-- \n")[0].replace("`", "").split("\n\n"):
        assert " ".join(paragraph.split()) in words


@pytest.mark.parametrize("name", ["next_due", "until"])
def test_an_alarm_without_a_moment(engine: Engine, now: datetime, tmp_path: Path, name: str) -> None:
    """Posts at once have no next time, and no end."""
    kind = "missed" if name == "next_due" else "blocked"
    facts = {**FACTS, "scheduled_for": now, name: None}
    with writing(engine) as connection:
        alarms.tell(connection, site_on(engine, tmp_path / "site"), kind, "7", now=now, **facts)
        assert "None" not in (connection.scalar(select(letters.c.text)) or "")
