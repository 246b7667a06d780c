"""A message that came, and what the way that it came says of it. Pure; whatever the octets are, nothing is raised.

Headers are written by strangers and programs of thirty years; so nothing is taken from them by a parser that could
refuse, recurse or take its time.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesHeaderParser
from email.policy import compat32
from hashlib import sha256

from newsletter.inbound.bounds import head
from subscribers.address import Address, parse
from subscribers.errors import InvalidAddress

#: Characters of one header that are looked at; addresses and identifiers stand at its beginning.
_LOOKED_AT = 8_000

#: Where programs write down for whom a message was, the surest first.
_FOR_WHOM = ("Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "X-Delivered-To", "To", "Cc")

#: How programs write an empty envelope sender; Postfix gives its pipe the last.
_NOBODY = frozenset({"", "<>", "MAILER-DAEMON"})

_FROM_LINE = re.compile(rb"From (\S{0,320})[^\r\n]{0,200}\r?\n")
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
_COMMENT = re.compile(r"\([^()]*\)")
_IN_BRACKETS = re.compile(r"<\s*([^\s<>@]{1,200}@[^\s<>@]{1,255})\s*>")
_BARE = re.compile(r"[^\s<>()\[\],;:\\\"@]{1,200}@[^\s<>()\[\],;:\\\"@]{1,255}")
_IDENTIFIER = re.compile(r"<[^<>\s]{1,500}>")


@dataclass(frozen=True, slots=True)
class Incoming:
    """A message. `sender` and `recipient` are those of its envelope, None where nobody told us; `sender` may be ""."""

    raw: bytes
    headers: Message
    sender: str | None = None
    recipient: str | None = None

    @property
    def author(self) -> Address | None:
        """Whom it says that it is from; None unless that is one address that mail can be sent to."""
        written = set(self.addresses("From"))
        if len(written) != 1 or len(self.all("From")) != 1:
            return None
        try:
            return parse(written.pop())
        except InvalidAddress:
            return None

    @property
    def subject(self) -> str:
        """Its subject, on one line."""
        return " ".join(_decoded(self.first("Subject")).split())

    @property
    def message_id(self) -> str:
        """Its Message-ID with the angle brackets; empty when it has none."""
        found = _IDENTIFIER.search(self.first("Message-ID"))
        return found[0] if found else ""

    @property
    def answers(self) -> list[str]:
        """The Message-IDs of what it answers, the nearest first."""
        nearest = _IDENTIFIER.findall(self.first("In-Reply-To"))
        return nearest + _IDENTIFIER.findall(self.first("References"))[::-1]

    @property
    def was_for(self) -> list[str]:
        """Whom it was for: the envelope's recipient, else what the headers say, the surest first."""
        if self.recipient is not None:
            return [self.recipient]
        return [address for name in _FOR_WHOM for address in self.addresses(name)]

    @property
    def is_from_nobody(self) -> bool:
        """Whether its envelope sender is empty, as that of reports is (RFC 5321, section 4.5.5)."""
        if self.sender is not None:
            return self.sender in _NOBODY
        return self.first("Return-Path").strip() == "<>"

    @property
    def identity(self) -> str:
        """What tells it from every other message, also when it comes again by another door."""
        names = ("Message-ID", "From", "Date", "Subject")
        told = [self.first(name) for name in names]
        basis = "\0".join(told).encode("utf-8", "replace") if told[0] else self.raw
        return sha256(basis + b"\0" + (self.recipient or "").lower().encode("utf-8", "replace")).hexdigest()

    def first(self, name: str) -> str:
        """Return the first header of a name on one line, as it is written; empty when there is none."""
        return next(iter(self.all(name)), "")

    def all(self, name: str) -> list[str]:
        """Return all headers of a name, each on one line."""
        return [" ".join(str(value)[:_LOOKED_AT].split()) for value in self.headers.get_all(name, [])]

    def has(self, *names: str) -> bool:
        """Whether there is a header of one of these names."""
        return any(name in self.headers for name in names)

    def addresses(self, name: str) -> Iterator[str]:
        """Yield the addresses in the headers of a name, without the names beside them."""
        for value in self.all(name):
            bare = _COMMENT.sub(" ", _QUOTED.sub(" ", value))
            yield from _IN_BRACKETS.findall(bare) or _BARE.findall(bare)


def read(raw: bytes, *, sender: str | None = None, recipient: str | None = None) -> Incoming:
    """Read a message; a line above it as mailbox files have one (`From ana@example.org Mon …`) is taken off."""
    if line := _FROM_LINE.match(raw):
        raw = raw[line.end() :]
        sender = _words(line[1]) if sender is None else sender
    headers = BytesHeaderParser(policy=compat32).parsebytes(head(raw))
    return Incoming(raw, headers, sender, recipient)


def _decoded(value: str) -> str:
    """Return the words of a header; as it is written where its encoding is none."""
    try:
        return str(make_header(decode_header(value)))
    except (LookupError, ValueError, MessageError):  # unknown charsets, broken base 64
        return value


def _words(octets: bytes) -> str:
    return octets.decode("utf-8", "replace")
