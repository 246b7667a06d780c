"""A transport that writes each message as an .eml file: to look at, or to hand to another program."""

import os
import re
from collections.abc import Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from newsletter.errors import RelayUnavailable
from newsletter.transport.gate import Gate
from newsletter.transport.protocol import Lost, Message, Reply, Verdict

_UNSAFE = re.compile(r"[^A-Za-z0-9@._+-]+")

#: Octets of a file name that the recipient may take; most file systems allow 255 in all.
_NAME_LIMIT = 100


class EmlTransport:
    """Writes `<recipient>-<digest>.eml` into a folder, each file whole or not at all.

    The same message for the same reader gives the same file, so a repeat does not show twice.
    """

    depth = 1

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._written: list[tuple[Path, Path]] = []  # as a draft, and under its name
        self._gate = Gate()
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise self._unavailable(error) from error

    def begin(self, messages: Sequence[Message]) -> list[Reply | None]:
        """Write drafts, with the line of the final delivery (RFC 5321, section 4.4) on top."""
        self.close()
        self._gate.shut()
        for message in messages:
            path = self.folder / self._name(message)
            draft = path.with_suffix(f".{os.getpid()}.part")
            self._written.append((draft, path))
            try:
                draft.write_bytes(f"Return-Path: <{message.envelope.sender}>\r\n".encode() + message.data)
            except OSError as error:
                self.close()
                raise self._unavailable(error) from error
        return [None] * len(messages)

    def release(self, following: Sequence[Message] = ()) -> None:  # noqa: ARG002 - the protocol's signature
        """Let `verdicts` give the drafts their names."""
        self._gate.open()

    def abandon(self) -> None:
        """Have the drafts removed."""
        self._gate.abandon()

    def verdicts(self) -> list[Verdict]:
        """Give the drafts their names."""
        if not self._gate.passed():
            abandoned = len(self._written)
            self.close()
            return [Lost("abandoned", in_doubt=False)] * abandoned
        verdicts: list[Verdict] = []
        for draft, path in self._written:
            try:
                draft.replace(path)
                verdicts.append(Reply(250, "2.0.0", f"written to {path.name}"))
            except OSError as error:
                verdicts.append(Reply(451, "4.3.0", f"{path.name} cannot be written: {error.strerror}"))
        self.close()
        return verdicts

    def close(self) -> None:
        """Remove drafts that got no name."""
        for draft, _ in self._written:
            with suppress(OSError):
                draft.unlink(missing_ok=True)
        self._written = []

    def _name(self, message: Message) -> str:
        recipient = message.envelope.recipient
        shown = _UNSAFE.sub("_", recipient)[:_NAME_LIMIT].lstrip(".")
        return f"{shown}-{sha256(recipient.encode() + message.data).hexdigest()[:12]}.eml"

    def _unavailable(self, error: OSError) -> RelayUnavailable:
        return RelayUnavailable(
            f"No message can be written to {self.folder}: {error.strerror or error}.",
            remedy="Make room there, or name a folder that may be written to.",
        )
