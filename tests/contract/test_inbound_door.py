"""The door for a mail server: real LMTP and SMTP on loopback; what is taken is handled, and too much is bounded."""

import smtplib
import socket
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Lock, Thread

import pytest

from newsletter.application.serving.listening import listening
from newsletter.inbound import server
from newsletter.inbound.deciding import Decision
from newsletter.inbound.incoming import Incoming
from newsletter.inbound.routing import Refusal
from newsletter.inbound.server import Take
from tests.processes import PATIENCE, wait_until
from tests.unit.inbound.test_routing import LETTERHEAD

LARGEST = 2_000_000

MESSAGE = b"From: ana@example.org\r\nSubject: The tide\r\n\r\nWords.\r\n"


class Room:
    """What lies behind the door; it says what it is told to say."""

    def __init__(self, answer: Callable[[Incoming], Decision | None] | None = None) -> None:
        self.taken: list[Incoming] = []
        self.most = self._now = 0  # that were handled at once
        self._answer = answer
        self._lock = Lock()

    def take(self, incoming: Incoming) -> Decision | None:
        """Take a message."""
        with self._lock:
            self._now += 1
            self.most = max(self.most, self._now)
        try:
            if self._answer is not None:
                return self._answer(incoming)
            return Decision("reply", "forward", "a person wrote it")
        finally:
            with self._lock:
                self._now -= 1
                self.taken.append(incoming)


@contextmanager
def door(take: Take, protocol: str = "lmtp") -> Iterator[int]:
    """Open a door; yields its port."""
    stop = Event()
    with listening("127.0.0.1:0") as opened:
        limits = {"largest": LARGEST, "protocol": protocol}
        thread = Thread(target=server.serve, args=(opened, take, LETTERHEAD, stop), kwargs=limits)
        thread.start()
        try:
            yield opened.getsockname()[1]
        finally:
            stop.set()
            thread.join(PATIENCE)
            assert not thread.is_alive()


@contextmanager
def visitor(port: int, protocol: str = "lmtp") -> Iterator[smtplib.SMTP]:
    """Come as a mail server does."""
    kind = smtplib.LMTP if protocol == "lmtp" else smtplib.SMTP
    client = kind("127.0.0.1", port, timeout=PATIENCE)
    try:
        client.ehlo_or_helo_if_needed()
        yield client
    finally:
        client.close()


def hand_over(client: smtplib.SMTP, octets: bytes, *recipients: str, times: int = 1) -> list[str]:
    """Hand a message over as it is, or so often one after the other, and return what is answered for each recipient."""
    assert client.mail("ana@example.org")[0] == 250
    for recipient in recipients:
        assert client.rcpt(recipient)[0] == 250, recipient
    assert client.docmd("DATA")[0] == 354
    for _ in range(times):
        client.send(octets)
    client.send(b"\r\n.\r\n" if times > 1 else b".\r\n")
    answers = [client.getreply() for _ in recipients]
    return [f"{code} {said.decode()}" for code, said in answers]


@pytest.mark.parametrize("protocol", ["lmtp", "smtp"])
def test_a_message(protocol: str) -> None:
    """It comes through octet by octet, dots at the beginning of lines too, with its envelope."""
    room = Room()
    body = MESSAGE + b".dotted\r\n..twice\r\n\xff\x00\r\n"
    with door(room.take, protocol) as port, visitor(port, protocol) as client:
        (answer,) = hand_over(client, body.replace(b"\r\n.", b"\r\n.."), "news+help@example.com")
    assert answer == "250 2.0.0 Taken as reply"
    (taken,) = room.taken
    assert (taken.raw, taken.sender, taken.recipient) == (body, "ana@example.org", "news+help@example.com")


def test_several_recipients() -> None:
    """By LMTP each has an answer of its own (RFC 2033, section 4.2), and who refuses one takes the other."""

    def answer(incoming: Incoming) -> Decision | None:
        match incoming.recipient:
            case "news@example.com":
                return Decision("reply", "forward", "a person wrote it")
            case "news+help@example.com":
                return None
        return Decision("reply", "refuse", "no", refusal=Refusal("5.2.1", "Nobody reads letters here."))

    with door(Room(answer).take) as port, visitor(port) as client:
        answers = hand_over(client, MESSAGE, "news@example.com", "news+help@example.com", "abuse@example.com")
    assert [answer[:3] for answer in answers] == ["250", "451", "550"]
    assert answers[2] == "550 5.2.1 Nobody reads letters here."


def test_one_recipient_by_smtp() -> None:
    """There is one answer for all, so the second one is asked to wait for a copy of their own."""
    with door(Room().take, "smtp") as port, visitor(port, "smtp") as client:
        client.mail("ana@example.org")
        assert client.rcpt("news@example.com")[0] == 250
        assert client.rcpt("news+help@example.com")[0] == 452


def test_addresses_that_are_not_ours() -> None:
    """They are refused before anything is sent: this is no relay."""
    with door(Room().take) as port, visitor(port) as client:
        client.mail("ana@example.org")
        for address in ("ben@example.org", "other@example.com", "news@example.com.evil.example"):
            assert client.rcpt(address)[0] == 550
        assert client.docmd("DATA")[0] == 503


def test_a_room_that_fails() -> None:
    """Whatever goes wrong, the mail server keeps the message, and the next one is taken."""
    troubles = [RuntimeError("oh")]

    def answer(_incoming: Incoming) -> Decision | None:
        if troubles:
            raise troubles.pop()
        return Decision("reply", "forward", "a person wrote it")

    with door(Room(answer).take) as port:
        with visitor(port) as client:
            assert hand_over(client, MESSAGE, "news@example.com")[0].startswith("451")
        with visitor(port) as client:
            assert hand_over(client, MESSAGE, "news@example.com")[0].startswith("250")


def test_50_megabytes() -> None:
    """It is read to its end, refused, and never kept; a line without an end is no way around that."""
    room = Room()
    with door(room.take) as port:
        for line in (b"x" * 998 + b"\r\n", b"x" * 1000):
            with visitor(port) as client:
                tracemalloc.start()
                try:
                    (answer,) = hand_over(client, line * 1000, "news@example.com", times=50)
                    _, peak = tracemalloc.get_traced_memory()
                finally:
                    tracemalloc.stop()
            assert answer == "552 5.3.4 It is larger than 2 MB"
            assert peak < 4 * LARGEST
    assert room.taken == []


def test_a_crowd() -> None:
    """However many come, four are handled at once, and all are taken in the end."""
    room = Room()
    failed: list[Exception] = []

    def come(port: int) -> None:
        try:
            with visitor(port) as client:
                for _ in range(5):
                    assert hand_over(client, MESSAGE, "news@example.com")[0].startswith("250")
        except (AssertionError, OSError) as error:
            failed.append(error)

    with door(room.take) as port:
        crowd = [Thread(target=come, args=(port,)) for _ in range(20)]
        for one in crowd:
            one.start()
        for one in crowd:
            one.join(PATIENCE)
    assert failed == []
    assert len(room.taken) == 100
    assert room.most <= 4


def test_too_many_connections() -> None:
    """The two hundred and first is asked to come again, and may when somebody has left."""
    with door(Room().take) as port:
        waiting = [socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) for _ in range(200)]
        for one in waiting:
            assert one.recv(3) == b"220"
        with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as late:
            assert late.recv(100).startswith(b"421 4.3.2")
        for one in waiting:
            one.close()

        def is_let_in() -> bool:
            with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as again:
                return again.recv(3) == b"220"

        wait_until(is_let_in)


def test_who_goes_in_the_middle() -> None:
    """A message without its end is nobody's."""
    room = Room()
    with door(room.take) as port:
        with visitor(port) as client:
            client.mail("ana@example.org")
            client.rcpt("news@example.com")
            client.docmd("DATA")
            client.send(MESSAGE)
        with visitor(port) as client:
            hand_over(client, MESSAGE, "news+help@example.com")
    assert [one.recipient for one in room.taken] == ["news+help@example.com"]
