"""A server on a raw socket that says at each step what a script has it say, and that remembers what it saw.

It has no code in common with what it tests: lines, dots and chunks are read here once more, in the plainest way.
"""

import socket
import ssl
import struct
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Event, Thread
from typing import Literal

from newsletter.transport.connection import SmtpSettings
from newsletter.transport.protocol import Envelope, Message, Reply, Transport, Verdict, finish

#: Extensions as most relays offer them.
USUAL = ("PIPELINING", "SIZE 1000000", "8BITMIME", "SMTPUTF8", "DSN", "ENHANCEDSTATUSCODES")

#: The same with what rounds of several messages need.
CHUNKS = (*USUAL, "CHUNKING")

#: Seconds between two octets of a server that lets them drip.
_DROP = 0.02

#: Seconds that a frozen server waits before it hangs up.
_FROST = 0.6


@dataclass(frozen=True, slots=True)
class Act:
    """What the server does at one step; `pieces`: in how many packets, 0 for octet by octet.

    A server that stalls says nothing more; one that freezes reads nothing more, either, and hangs up after a while.
    """

    says: bytes = b""
    then: Literal["go on", "hang up", "reset", "stall", "freeze"] = "go on"
    pieces: int = 1


#: Knows the step and whom or what it is about, and how often the server was at that step before. None: all is well.
Script = Callable[[str, str, int], Act | bytes | None]


class _End(Exception):
    """The conversation is over."""


@dataclass
class Puppet:
    """A running server and what it saw."""

    script: Script
    offers: tuple[str, ...]
    tls: ssl.SSLContext | None = None
    port: int = 0
    connections: int = 0
    commands: list[str] = field(default_factory=list)
    grouped: int = 0  # commands that came before the one ahead of them was answered
    bodies: list[tuple[str, bytes]] = field(default_factory=list)  # whole ones, with their recipients
    blessed: Counter[str] = field(default_factory=Counter)  # tokens of messages that it said 250 to
    reading: Event = field(default_factory=Event)  # octets of a body have come, and were remarked upon
    fragments: list[bytes] = field(default_factory=list)  # bodies whose end never came
    steps: Counter[str] = field(default_factory=Counter)

    @property
    def whole(self) -> Counter[str]:
        """How often each message arrived whole, by its token."""
        return Counter(token_of(body) for _, body in self.bodies)

    def serve(self, listening: socket.socket) -> None:
        """Serve one connection after the other until nobody can come any more."""
        while True:
            try:
                plug, _ = listening.accept()
            except OSError:
                return
            self.connections += 1
            with plug, suppress(_End, OSError):
                if self.tls is not None:
                    plug = self.tls.wrap_socket(plug, server_side=True)
                with plug:
                    _Talk(self, plug).talk()
            self.reading.set()  # for there is nothing to be waited for


class _Talk:
    """One connection of a puppet."""

    def __init__(self, puppet: Puppet, plug: socket.socket) -> None:
        plug.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.puppet = puppet
        self.plug = plug
        self.read = b""
        self.recipient = ""
        self.said = b""

    def talk(self) -> None:
        self.act("greeting", "", b"220 puppet.example.com ESMTP\r\n")
        while True:
            line = self.line()
            self.puppet.commands.append(line)
            verb = line.partition(" ")[0].upper()
            getattr(self, f"on_{verb.lower()}", self.on_anything)(line)

    def on_anything(self, line: str) -> None:
        self.act(line.partition(" ")[0].lower(), line, b"502 5.5.1 what?\r\n")

    def on_ehlo(self, line: str) -> None:
        lines = ["puppet.example.com", *self.puppet.offers]
        reply = "".join(
            f"250{' ' if at == len(lines) else '-'}{text}\r\n" for at, text in enumerate(lines, 1)
        )
        self.act("ehlo", line, reply.encode())

    def on_helo(self, line: str) -> None:
        self.act("helo", line, b"250 hello\r\n")

    def on_rset(self, line: str) -> None:
        self.recipient = ""
        self.act("rset", line, b"250 2.0.0 forgotten\r\n")

    def on_quit(self, line: str) -> None:
        self.act("quit", line, b"221 2.0.0 bye\r\n")
        raise _End

    def on_mail(self, line: str) -> None:
        self.recipient = ""
        self.act("mail", line, b"250 2.1.0 well\r\n")

    def on_rcpt(self, line: str) -> None:
        who = line.partition("<")[2].partition(">")[0]
        if b"250" in self.act("rcpt", who, f"250 2.1.5 {who}\r\n".encode()):
            self.recipient = who

    def on_data(self, line: str) -> None:
        well = b"354 go on\r\n" if self.recipient else b"554 5.5.1 no valid recipients\r\n"
        self.puppet.reading.clear()
        if b"354" in self.act("data", self.recipient, well):
            self.take(self.body())

    def on_bdat(self, line: str) -> None:
        body = self.exactly(int(line.split()[1]))
        self.take(body, b"" if self.recipient else b"554 5.5.1 no valid recipients\r\n")

    def take(self, body: bytes, refusal: bytes = b"") -> None:
        recipient, self.recipient = self.recipient, ""
        token = token_of(body)
        if recipient:
            self.puppet.bodies.append((recipient, body))
        self.said = b""
        try:
            self.act("dot", token, refusal or f"250 2.0.0 taken {token}\r\n".encode())
        finally:
            if recipient and self.said.startswith(b"250") and self.said.endswith(b"\n"):
                self.puppet.blessed[token] += 1

    def act(self, step: str, about: str, well: bytes) -> bytes:
        """Do what the script wants at this step; return what was said, as far as it was said."""
        puppet = self.puppet
        number = puppet.steps[step]
        puppet.steps[step] += 1
        act = puppet.script(step, about, number)
        if act is None:
            act = Act(well)
        elif isinstance(act, bytes):
            act = Act(act)
        self.say(act)
        if act.then == "reset":
            self.plug.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.plug.close()
        if act.then in ("hang up", "reset"):
            raise _End
        if act.then == "stall":
            while self.plug.recv(65536):
                pass
            raise _End
        if act.then == "freeze":
            time.sleep(_FROST)
            raise _End
        return act.says

    def say(self, act: Act) -> None:
        self.said = act.says
        if act.pieces == 1:
            self.plug.sendall(act.says)
            return
        size = max(1, len(act.says) // act.pieces) if act.pieces else 1
        for start in range(0, len(act.says), size):
            self.plug.sendall(act.says[start : start + size])
            time.sleep(_DROP if not act.pieces else 0.001)

    def more(self) -> None:
        octets = self.plug.recv(65536)
        if not octets:
            raise _End
        self.read += octets

    def line(self) -> str:
        while b"\r\n" not in self.read:
            self.more()
        line, _, self.read = self.read.partition(b"\r\n")
        self.puppet.grouped += bool(self.read)
        return line.decode("utf-8", "surrogateescape")

    def exactly(self, count: int) -> bytes:
        while len(self.read) < count:
            self.more()
        octets, self.read = self.read[:count], self.read[count:]
        return octets

    def body(self) -> bytes:
        """Read to the final dot and take the doubled ones away (RFC 5321, section 4.5.2)."""
        lines: list[bytes] = []
        try:
            while True:
                while b"\r\n" not in self.read:
                    self.heed()
                    self.more()
                self.heed()
                line, _, self.read = self.read.partition(b"\r\n")
                if line == b".":
                    return b"".join(lines)
                lines.append(line.removeprefix(b".") + b"\r\n")
        except (_End, OSError):
            self.puppet.fragments.append(b"".join(lines) + self.read)
            raise

    def heed(self) -> None:
        """Remark once upon a body of which something has come."""
        if self.read and not self.puppet.reading.is_set():
            self.act(
                "body", "", b""
            )  # which may end the connection: then there is nothing left to be waited for
            self.puppet.reading.set()


@contextmanager
def puppet(
    script: Script = lambda step, about, number: None,
    offers: tuple[str, ...] = USUAL,
    tls: ssl.SSLContext | None = None,
) -> Iterator[Puppet]:
    """Run a server on a free port of 127.0.0.1; the connections to it must be closed before the block ends."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        running = Puppet(script, offers, tls, port=listening.getsockname()[1])
        thread = Thread(target=running.serve, args=(listening,), daemon=True)
        thread.start()
        try:
            yield running
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            thread.join(20)
            assert not thread.is_alive(), "somebody did not hang up"


def token_of(body: bytes) -> str:
    """Return what stands in the line that tells one message from another."""
    return body.partition(b"X-Token: ")[2].partition(b"\r\n")[0].decode()


def letter(number: int, **envelope: object) -> Message:
    """Return a message with a token and a recipient of its own."""
    head = b"X-Token: t%d\r\nSubject: " % number
    return Message(
        Envelope("news@example.com", f"r{number}@example.org", **envelope),  # type: ignore[arg-type]
        (head, b"greetings\r\n\r\n", b"line\r\n" * 40),
        ready=True,
    )


def to(running: Puppet, **more: object) -> SmtpSettings:
    """Return how a puppet is reached."""
    facts: dict[str, object] = {"timeout": 5.0, "helo": "sender.example.com", **more}
    return SmtpSettings(host="127.0.0.1", port=running.port, **facts)  # type: ignore[arg-type]


def in_a_row(transport: Transport, messages: Sequence[Message]) -> list[Verdict]:
    """Hand over messages as a worker does: each one's envelope goes along with the dot before."""
    verdicts: list[Verdict] = []
    for number, message in enumerate(messages, 1):
        (refusal,) = transport.begin([message])
        if refusal is None:
            verdicts += finish(transport, messages[number : number + 1])
        else:
            verdicts.append(refusal)
    return verdicts


def codes(verdicts: Sequence[Verdict]) -> list[object]:
    """Return the code of each reply, and for each loss whether it leaves a doubt."""
    return [verdict.code if isinstance(verdict, Reply) else verdict.in_doubt for verdict in verdicts]
