"""The door at which a mail server hands over what came: LMTP (RFC 2033), or SMTP for those that know nothing else.

A message is taken when what it asks for is in the database, and not before; so the mail server keeps it until then.
However much is sent, no more is kept than a few messages of the size that is allowed: what is larger is read and
dropped, and who comes while the table is full waits.
"""

import asyncio
import socket
from asyncio import IncompleteReadError, LimitOverrunError, Semaphore
from collections.abc import Callable
from threading import Event
from typing import Any

from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope

from newsletter.inbound.addresses import are_ours
from newsletter.inbound.deciding import Decision
from newsletter.inbound.incoming import Incoming, read
from newsletter.outbox.messages.letterhead import Letterhead

#: What a door does with a message; None: it could not be done now, and may be given again.
Take = Callable[[Incoming], Decision | None]

#: Connections at the most, and messages that are read or handled at once: this bounds the memory.
_CONNECTIONS, _AT_ONCE = 200, 4

#: Octets of a line that are read at once.
_LINE = 65_536

#: Recipients of one message by LMTP, where each has an answer of its own. By SMTP there is one.
_RECIPIENTS = 100

#: Seconds that messages which are being handled have when we are told to stop.
_FAREWELL = 2.0

_LATER = "451 4.3.0 Not now, please try again"


def serve(opened: socket.socket, take: Take, letterhead: Letterhead, stop: Event, **limits: Any) -> None:
    """Take mail at an open socket until told to stop. `limits`: `largest` (octets) and `protocol` (lmtp or smtp)."""
    asyncio.run(_serve(opened, take, letterhead, stop, **limits))


async def _serve(
    opened: socket.socket, take: Take, letterhead: Letterhead, stop: Event, *, largest: int, protocol: str
) -> None:
    loop = asyncio.get_running_loop()
    hall = _Hall(take, letterhead, largest)
    door = _LmtpDoor if protocol == "lmtp" else _SmtpDoor
    begin = loop.create_unix_server if opened.family == socket.AF_UNIX else loop.create_server
    server = await begin(lambda: door(hall, loop), sock=opened)
    while not stop.is_set():
        await asyncio.sleep(0.1)
    server.close()
    until = loop.time() + _FAREWELL
    while hall.busy and loop.time() < until:
        await asyncio.sleep(0.02)
    for visitor in list(hall.visitors):
        visitor.turn_out()
    await asyncio.sleep(0)  # connections are closed at the loop's next turn


class _Hall:
    """What all connections share; and what aiosmtpd asks before it takes a recipient."""

    def __init__(self, take: Take, letterhead: Letterhead, largest: int) -> None:
        self.take = take
        self.letterhead = letterhead
        self.largest = largest
        self.room = Semaphore(_AT_ONCE)
        self.busy = 0
        self.visitors: set[_Door] = set()


class _Door(SMTP):
    """One connection."""

    line_length_limit = _LINE
    recipients = 1

    def __init__(self, hall: _Hall, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(
            self,
            data_size_limit=hall.largest,
            enable_SMTPUTF8=True,
            ident="newsletter",
            hostname="localhost",
            loop=loop,
        )
        self._hall = hall
        self._is_turned_away = False

    def connection_made(self, transport: Any) -> None:
        """Let somebody in, unless there are too many."""
        if len(self._hall.visitors) >= _CONNECTIONS:
            self._is_turned_away = True
            transport.write(b"421 4.3.2 Too many connections, please come again\r\n")
            transport.close()
            return
        self._hall.visitors.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        """Note that somebody has left."""
        self._hall.visitors.discard(self)
        if not self._is_turned_away:
            super().connection_lost(error)

    def turn_out(self) -> None:
        """End the connection; whoever is there will come again."""
        if self.transport is not None:
            self.transport.close()

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: object, envelope: Any, address: str, _options: object
    ) -> str:
        """Take a recipient who is ours."""
        if not are_ours(address, self._hall.letterhead):
            return "550 5.1.1 No such address here"
        if len(envelope.rcpt_tos) >= self.recipients:
            return "452 4.5.3 Too many recipients, please send the others another copy"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Ok"

    async def handle_exception(self, _error: Exception) -> str:
        """Answer where something went wrong that nobody thought of."""
        return _LATER

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802 - aiosmtpd's name
        """Read a message, within bounds, and hand it over for each of its recipients."""
        if await self.check_helo_needed():
            return
        assert self.envelope is not None, "there is one from the greeting on"
        if arg or not self.envelope.rcpt_tos:
            await self.push("501 5.5.4 Syntax: DATA" if arg else "503 5.5.1 Nobody is named that it is for")
            return
        async with self._hall.room:
            self._hall.busy += 1
            try:
                await self._take_message(self.envelope)
            finally:
                self._hall.busy -= 1
                self.envelope = self._create_envelope()

    async def _take_message(self, envelope: Envelope) -> None:
        await self.push("354 Go ahead, and end with a dot on a line of its own")
        raw = await self._read()
        sender = str(envelope.mail_from).strip("<>")
        for recipient in envelope.rcpt_tos:
            if raw is None:
                reply = f"552 5.3.4 It is larger than {self._hall.largest // 1_000_000} MB"
            else:
                reply = await asyncio.to_thread(self._hand_over, raw, sender, recipient)
            await self.push(reply)

    def _hand_over(self, raw: bytes, sender: str, recipient: str) -> str:
        """Have a message handled; return what to answer."""
        decision = self._hall.take(read(raw, sender=sender, recipient=recipient))
        if decision is None:
            return _LATER
        if decision.refusal is None:
            return f"250 2.0.0 Taken as {decision.kind}"
        code = 552 if decision.refusal.status == "5.3.4" else 550
        return f"{code} {decision.refusal.status} {decision.refusal.words}"

    async def _read(self) -> bytes | None:
        """Read up to the lone dot (RFC 5321, section 4.5.2); None: it was too much, and was dropped while it came."""
        kept, size, begins = bytearray(), 0, True
        while True:
            try:
                piece = await self._reader.readuntil(b"\r\n")
            except LimitOverrunError as error:
                piece = await self._reader.readexactly(error.consumed)
            except IncompleteReadError:
                raise asyncio.CancelledError from None  # whoever sent it has gone
            if begins and piece == b".\r\n":
                break
            if begins and piece.startswith(b"."):
                piece = piece[1:]
            begins = piece.endswith(b"\r\n")
            size += len(piece)
            if size <= self._hall.largest:
                kept += piece
            elif kept:
                kept = bytearray()
        return bytes(kept) if size <= self._hall.largest else None


class _LmtpDoor(_Door, LMTP):
    """One connection by LMTP: each recipient has an answer (RFC 2033, section 4.2)."""

    recipients = _RECIPIENTS


class _SmtpDoor(_Door):
    """One connection by SMTP."""
