"""A real SMTP server on loopback that keeps what it is given: the demo's relay and mailbox in one."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Arrived:
    """One mail as the server got it."""

    recipient: str
    size: int
    path: Path


class Mailbox:
    """Takes every mail for anybody and files it as an .eml in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.arrived: list[Arrived] = []

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        content = envelope.content
        assert isinstance(content, bytes), "aiosmtpd hands over bytes unless told to decode"
        for recipient in envelope.rcpt_tos:
            path = self.folder / f"{recipient.replace('/', '_')}.eml"
            path.write_bytes(content)
            self.arrived.append(Arrived(recipient, len(content), path))
        return "250 2.0.0 Kept"


@contextmanager
def open_mailbox(folder: Path) -> Iterator[tuple[Mailbox, int]]:
    """Run the server while the block runs; yield it and its port."""
    folder.mkdir(parents=True, exist_ok=True)
    mailbox = Mailbox(folder)
    port = _free_port()
    controller: Any = Controller(mailbox, hostname=HOST, port=port, enable_SMTPUTF8=True)
    controller.start()
    try:
        yield mailbox, port
    finally:
        controller.stop()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port
