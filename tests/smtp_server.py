"""A real SMTP server on loopback, with a script of what it refuses and when it hangs up."""

import asyncio
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Event, Lock, Thread
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

#: A script's answer that ends the connection without a word.
HANG_UP = "hang up"

#: What a server says at "mail", "rcpt" or "data", knowing the recipient; None: it accepts.
Script = Callable[[str, str], str | None]


@dataclass(frozen=True, slots=True)
class Received:
    """One message that the server accepted; `data` as it came over the wire, dots undone."""

    sender: str
    recipient: str
    data: bytes


@dataclass
class Server:
    """A running server and what it has seen."""

    script: Script
    port: int = 0
    pipelining: bool = False
    received: list[Received] = field(default_factory=list)
    connections: int = 0
    commands: list[str] = field(default_factory=list)
    users: dict[str, str] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)

    def copies(self, recipient: str) -> list[Received]:
        """Return every message that came for a recipient."""
        return [message for message in self.received if message.recipient == recipient]

    # aiosmtpd calls these by their names

    async def handle_EHLO(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        self.commands.append(f"EHLO {hostname}")
        if self.pipelining:
            responses.insert(1, "250-PIPELINING")
        return responses

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.commands.append(f"MAIL {address} {' '.join(options)}".rstrip())
        if self.users and not session.authenticated:
            return "530 5.7.0 Authentication required"
        envelope.mail_from = address
        return self._answer(server, "mail", address) or "250 2.1.0 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.commands.append(f"RCPT {address}")
        answer = self._answer(server, "rcpt", address)
        if answer is None or answer.startswith("2"):
            envelope.rcpt_tos.append(address)
        return answer or "250 2.1.5 OK"

    async def handle_RSET(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.commands.append("RSET")
        return "250 2.0.0 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        assert isinstance(envelope.content, bytes)
        recipient = envelope.rcpt_tos[0]
        answer = self._answer(server, "data", recipient)
        if (
            answer is None or answer.startswith("2") or answer == HANG_UP
        ):  # it hangs up when it has the message
            message = Received(envelope.mail_from or "", recipient, envelope.content)
            with self.lock:
                self.received.append(message)
        return answer or "250 2.0.0 queued"

    def authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any
    ) -> AuthResult:
        """Let those in who are in `users`."""
        assert isinstance(data, LoginPassword)
        known = self.users.get(data.login.decode()) == data.password.decode()
        return AuthResult(success=known, handled=False)

    def _answer(self, server: SMTP, stage: str, address: str) -> str | None:
        answer = self.script(stage, address)
        if answer == HANG_UP:
            transport: Any = server.transport
            transport.abort()
        return answer


@contextmanager
def smtp_server(
    script: Script = lambda stage, recipient: None,
    *,
    users: dict[str, str] | None = None,
    starttls: ssl.SSLContext | None = None,
    tls: ssl.SSLContext | None = None,
    smtputf8: bool = True,
    pipelining: bool = False,
    port: int = 0,
) -> Iterator[Server]:
    """Run a server on a free port of 127.0.0.1 (or on `port`) until the block ends."""
    server = Server(script, users=users or {}, pipelining=pipelining)
    loop = asyncio.new_event_loop()
    ready = Event()
    clients: dict[SMTP, Any] = {}

    class Protocol(SMTP):
        def connection_made(self, transport: Any) -> None:
            clients[self] = transport  # the encrypted one, once that is there
            server.connections += 1
            super().connection_made(transport)

        def connection_lost(self, error: Exception | None) -> None:
            clients.pop(self, None)
            super().connection_lost(error)

    def protocol() -> SMTP:
        return Protocol(
            server,
            enable_SMTPUTF8=smtputf8,
            tls_context=starttls,
            auth_require_tls=False,
            authenticator=server.authenticate if users else None,
            loop=loop,
        )

    async def serve() -> asyncio.Server:
        listening = await loop.create_server(protocol, "127.0.0.1", port, ssl=tls)
        server.port = listening.sockets[0].getsockname()[1]
        return listening

    async def end() -> None:
        listening.close()
        for transport in list(clients.values()):
            with suppress(AttributeError):  # of some Pythons, where an encrypted connection has just ended
                transport.abort()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
        await asyncio.sleep(0.01)

    def run() -> None:
        asyncio.set_event_loop(loop)
        loop.call_soon(ready.set)
        loop.run_forever()

    thread = Thread(target=run, daemon=True)
    thread.start()
    ready.wait()
    listening = asyncio.run_coroutine_threadsafe(serve(), loop).result()
    try:
        yield server
    finally:
        asyncio.run_coroutine_threadsafe(end(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
