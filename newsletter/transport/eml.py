"""A transport that writes each message as an .eml file: to look at, or to hand to another program."""

import os
import re
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from newsletter.errors import RelayUnavailable
from newsletter.transport.protocol import Envelope, Reply

_UNSAFE = re.compile(r"[^A-Za-z0-9@._+-]+")

#: Octets of a file name that the recipient may take; most file systems allow 255 in all.
_NAME_LIMIT = 100


class EmlTransport:
    """Writes `<recipient>-<digest>.eml` into a folder, each file whole or not at all.

    The same message for the same reader gives the same file, so a repeat does not show twice.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise self._unavailable(error) from error

    def send(self, envelope: Envelope, message: bytes) -> Reply:
        """Write the message, with the lines of the final delivery (RFC 5321, section 4.4) on top."""
        path = self.folder / self._name(envelope, message)
        draft = path.with_suffix(f".{os.getpid()}.part")
        try:
            draft.write_bytes(f"Return-Path: <{envelope.sender}>\r\n".encode() + message)
            draft.replace(path)
        except OSError as error:
            with suppress(OSError):
                draft.unlink(missing_ok=True)
            raise self._unavailable(error) from error
        return Reply(250, "2.0.0", f"written to {path.name}")

    def close(self) -> None:
        """Nothing to do."""

    def _name(self, envelope: Envelope, message: bytes) -> str:
        recipient = _UNSAFE.sub("_", envelope.recipient)[:_NAME_LIMIT].lstrip(".")
        return f"{recipient}-{sha256(envelope.recipient.encode() + message).hexdigest()[:12]}.eml"

    def _unavailable(self, error: OSError) -> RelayUnavailable:
        return RelayUnavailable(
            f"No message can be written to {self.folder}: {error.strerror or error}.",
            remedy="Make room there, or name a folder that may be written to.",
        )
