"""A message as it goes over the wire: line ends, and the dots that DATA wants doubled. Pure."""

import re

from newsletter.transport.protocol import Message

_LINE_END = re.compile(rb"\r\n|\r|\n")
_LEADING_DOT = re.compile(rb"^\.", re.MULTILINE)


def for_data(message: Message) -> tuple[bytes, ...]:
    """Return the pieces that go between DATA and the final dot (RFC 5321, section 4.5.2)."""
    segments = message.segments
    if message.ready and segments and segments[-1].endswith(b"\r\n"):
        return segments
    body = in_order(message.data)
    if body.startswith(b".") or b"\n." in body:
        body = _LEADING_DOT.sub(b"..", body)
    return (body,)


def for_bdat(message: Message) -> tuple[bytes, ...]:
    """Return the pieces that go into one chunk, where dots mean nothing (RFC 3030, section 2)."""
    segments = message.segments
    if message.ready and segments and segments[-1].endswith(b"\r\n"):
        return segments
    return (in_order(message.data),)


def in_order(octets: bytes) -> bytes:
    """Return lines that all end in CRLF, the last one too.

    A lone LF or CR never goes over the wire: some servers take `LF.LF` for the end of a message.
    """
    if octets.count(b"\n") != octets.count(b"\r\n") or octets.count(b"\r") != octets.count(b"\r\n"):
        octets = _LINE_END.sub(b"\r\n", octets)
    return octets if octets.endswith(b"\r\n") else octets + b"\r\n"
