"""Letters to the author on their way: made into messages, handed over one by one, and tried again while that may help.

Each is claimed, committed, sent and settled, as a delivery is: after a crash one of them may come twice, with the same
Message-ID. They are few, and wait for no rate and no warm-up.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from threading import Event

from sqlalchemy import Engine

from newsletter.errors import NewsletterError, RelayUnavailable
from newsletter.outbox import to_author
from newsletter.outbox.delivery import retry
from newsletter.outbox.messages.dkim import Signer
from newsletter.outbox.messages.headers import mailbox, unstructured, verbatim
from newsletter.outbox.messages.letterhead import Letterhead
from newsletter.outbox.messages.message import BOUNCE
from newsletter.outbox.messages.mime import Gap, alternative
from newsletter.outbox.messages.quoting import encode
from newsletter.outbox.to_author import Letter
from newsletter.transport.protocol import Envelope, Message, Reply, Transport, send_one
from subscribers.address import Address, parse
from subscribers.database import writing
from subscribers.tokens import Tokens

#: For how long a letter is somebody's own who has claimed it: longer than a relay may take for one message.
_LEASE = timedelta(minutes=15)

#: After this, whatever the letter said is out of date.
_GIVE_UP = timedelta(days=7)

#: Pauses between two tries, the last one again and again: a relay that refuses the newsletter refuses its alarms, too.
_PAUSES = retry.PAUSES[:7]


@dataclass(frozen=True, slots=True)
class Post:
    """How letters are written: from whom, to whom, and under which seal."""

    letterhead: Letterhead
    author: Address
    tokens: Tokens
    signer: Signer | None = None


@dataclass(slots=True)
class Round:
    """What was done with the letters that were due."""

    sent: int = 0
    failed: list[tuple[str, str]] = field(default_factory=list)  # kinds, and why
    later: list[tuple[str, str]] = field(default_factory=list)
    stopped: NewsletterError | None = None


def hand_over(
    engine: Engine,
    post: Post,
    open_transport: Callable[[], Transport],
    now: Callable[[], datetime],
    stop: Event,
) -> Round:
    """Hand over the letters that are due, until `stop` is set. Raises DatabaseUnavailable."""
    done, transport = Round(), None
    try:
        while not stop.is_set() and (letter := _claim(engine, now())):
            try:
                transport = transport or open_transport()
                verdict = send_one(transport, compose(letter, post, now()))
            except RelayUnavailable as error:
                _postpone(engine, letter, error.message, now(), counts=False)
                done.stopped = error
                break
            except ValueError as error:  # what a reader wrote may be anything
                verdict = Reply(554, None, f"the message could not be made: {error}")
            _settle(
                engine,
                letter,
                verdict if isinstance(verdict, Reply) else Reply(421, None, verdict.words),
                now(),
                done,
            )
    finally:
        if transport is not None:
            transport.close()
    return done


def compose(letter: Letter, post: Post, date: datetime) -> Message:
    """Make the message of a letter: the same Message-ID each time. Raises ValueError where none can be made.

    Its return path names no delivery, so a report about it never becomes another letter. That of an answer is empty
    (RFC 3834, section 3.3): nobody can answer it.
    """
    recipient = parse(letter.recipient) if letter.recipient else post.author
    sender = "" if letter.recipient else post.letterhead.return_path(post.tokens.sign(BOUNCE, 0))
    envelope = Envelope(sender, recipient.ascii_email or recipient.email, recipient.smtputf8)
    if letter.raw is not None:
        return Message(envelope, (_whole_lines(letter.raw),))
    segments = [*_segments(letter, post, recipient, date)]
    if post.signer is not None:
        segments.insert(0, post.signer.prepare(segments).sign(segments, int(date.timestamp())))
    return Message(envelope, tuple(segments), ready=True)


def _segments(letter: Letter, post: Post, recipient: Address, date: datetime) -> tuple[bytes, bytes, bytes]:
    """Return what a seal wants to have apart: what all have in common, this one's own headers, and the rest."""
    head = post.letterhead
    top = mailbox("From", head.from_name, head.from_address) + unstructured("Subject", letter.subject)
    own = mailbox("To", "", recipient.ascii_email or recipient.email)
    own += verbatim("Date", format_datetime(date.astimezone(UTC)))
    identity = f"letter-{letter.id}.{letter.created_at.timestamp():.0f}@{head.domain}"
    own += verbatim("Message-ID", f"<{identity}>") + b"".join(_below(letter, head))
    return top, own, verbatim("MIME-Version", "1.0") + _content(letter)


def _below(letter: Letter, head: Letterhead) -> Iterator[bytes]:
    """Say that a machine writes, and what it answers (RFC 3834, sections 3.1 and 5)."""
    yield verbatim("Auto-Submitted", "auto-replied" if letter.recipient else "auto-generated")
    if letter.recipient:
        yield mailbox("Reply-To", "", head.reply_to)
    if letter.answers:
        yield verbatim("In-Reply-To", letter.answers) + verbatim("References", letter.answers)


def _content(letter: Letter) -> bytes:
    if letter.html is not None:
        pieces = alternative(letter.text, letter.html, (), f"letter{letter.id}")
        return b"".join(b"" if isinstance(piece, Gap) else piece for piece in pieces)
    head = b'Content-Type: text/plain; charset="utf-8"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n'
    return head + encode(letter.text.rstrip("\n") + "\n")


def _whole_lines(raw: bytes) -> bytes:
    """Give every line the end that SMTP wants, the last one too."""
    return b"\r\n".join(
        [*raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n").removesuffix(b"\n").split(b"\n"), b""]
    )


def _claim(engine: Engine, now: datetime) -> Letter | None:
    with writing(engine) as connection:
        return to_author.claim(connection, now, until=now + _LEASE)


def _settle(engine: Engine, letter: Letter, reply: Reply, now: datetime, done: Round) -> None:
    if reply.accepted:
        done.sent += 1
        return _end(engine, letter, "sent", reply, now)
    outcome = retry.decide(reply, 0)
    if outcome.status != "queued" or now - letter.created_at > _GIVE_UP:
        done.failed.append((letter.kind, str(reply)))
        return _end(engine, letter, "failed", reply, now)
    done.later.append((letter.kind, str(reply)))
    return _postpone(engine, letter, str(reply), now)


def _end(engine: Engine, letter: Letter, status: str, reply: Reply, now: datetime) -> None:
    with writing(engine) as connection:
        to_author.settle(connection, letter.id, status, str(reply), now)


def _postpone(engine: Engine, letter: Letter, words: str, now: datetime, *, counts: bool = True) -> None:
    pause = _PAUSES[min(letter.attempts, len(_PAUSES) - 1)] if counts else _PAUSES[0]
    with writing(engine) as connection:
        to_author.postpone(connection, letter.id, words, now + pause, counts=counts)
