"""A report, taken apart: its fields for programs, its words for people, and the message that it is about. Pure.

Old systems write reports as they like, so nothing is expected to be where it should be.
"""

import email
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.policy import compat32

#: Octets of a report that are looked at; what is cut off is the end of the message that came back.
_LOOKED_AT = 1_000_000

#: Characters of the words for people that are looked at.
_WORDS = 40_000

_FIELD = re.compile(r"([A-Za-z][A-Za-z0-9-]*)[ \t]*:[ \t]*(.*)")

#: Where the message that came back begins, in reports that put it below their own words.
_ORIGINAL = re.compile(
    r"^(?:[- ]*(?:(?:begin|start) (?:of )?)?(?:unsent|original|returned|undelivered|included|original/returned) "
    r"(?:message|mail|text)\b(?! was received).*|"
    r"-{2,}\s*(?:this is a copy of|below this line is a copy|the header (?:page )?of)\b.*|"
    r"--- ?(?:undelivered|original) message.*|.*\b(?:copy of the (?:original )?message|original message follows|"
    r"message headers? follows?|header of the original)\b.*|received: (?:from|by) .*|return-path: .*)$",
    re.IGNORECASE | re.MULTILINE,
)


@dataclass(slots=True)
class Parts:
    """What a report consists of. Names of fields are in small letters; `statuses` has one entry for each recipient."""

    headers: Message
    subject: str = ""
    text: str = ""  # all words, also those of a message below them
    words: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    statuses: list[dict[str, str]] = field(default_factory=list)
    feedback: dict[str, str] | None = None
    original: str = ""  # the message that came back, or its headers


def take_apart(raw: bytes) -> Parts:
    """Take a message apart. Whatever the octets are, nothing is raised."""
    octets = raw[:_LOOKED_AT]
    if b"\n" not in octets:
        octets = octets.replace(b"\r", b"\n")
    message = email.message_from_bytes(octets, policy=compat32)
    parts = Parts(message, _decoded(str(message.get("Subject", ""))[:2_000]))
    words: list[str] = []
    for part in _leaves(message):
        _take(part, parts, words)
    if not "".join(words).strip():  # its boundaries are not those that it declares
        words = [_body(octets)]
    text = "\n".join(words)[:_WORDS]
    if not parts.statuses:
        parts.statuses = [
            block for block in _blocks(text) if "final-recipient" in block and "action" in block
        ]
    parts.text = text
    parts.words, below = _without_original(text)
    parts.original = parts.original or below
    return parts


def _leaves(message: Message) -> Iterator[Message]:
    """Yield the parts that hold something, without what lies within a message that came back."""
    waiting = [message]
    while waiting:
        part = waiting.pop(0)
        inside = part.get_payload()
        if part.get_content_maintype() == "multipart" and isinstance(inside, list):
            waiting = [piece for piece in inside if isinstance(piece, Message)] + waiting
        else:
            yield part


def _take(part: Message, parts: Parts, words: list[str]) -> None:
    kind = part.get_content_type()
    if kind in ("message/delivery-status", "message/global-delivery-status", "message/x-delivery-status"):
        first, *others = _blocks(_text(part)) or [{}]
        parts.fields |= first
        parts.statuses += others or ([first] if "action" in first or "status" in first else [])
    elif kind == "message/feedback-report":
        parts.feedback = {name: value for block in _blocks(_text(part)) for name, value in block.items()}
    elif kind in (
        "message/rfc822",
        "message/global",
        "text/rfc822-headers",
        "message/global-headers",
        "message/partial",
    ):
        parts.original = parts.original or _text(part)
    elif kind == "text/html":
        words.append(
            re.sub(
                r"<(?:style|script).*?</(?:style|script)>|<[^>]{0,2000}>", " ", _text(part), flags=re.DOTALL
            )
        )
    elif part.get_content_maintype() in ("text", "message") or not parts.headers.get("Content-Type"):
        words.append(_text(part))


def _text(part: Message) -> str:
    """Return what a part says; a message within it as it is written."""
    inside = part.get_payload()
    if isinstance(inside, list):
        return "\n\n".join(str(piece) for piece in inside if isinstance(piece, Message))
    try:
        octets = part.get_payload(decode=True)
        charset = part.get_content_charset() or "utf-8"
        return octets.decode(charset, "replace") if isinstance(octets, bytes) else str(inside)
    except (LookupError, ValueError, AssertionError):
        return str(inside)


def _body(octets: bytes) -> str:
    """Return what stands below the headers, as it is written."""
    return re.split(r"\r?\n\r?\n", octets.decode("utf-8", "replace"), maxsplit=1)[-1]


def _decoded(header: str) -> str:
    try:
        return str(make_header(decode_header(header)))
    except (LookupError, ValueError, MessageError):  # unknown charsets, broken base 64
        return header


def _blocks(text: str) -> list[dict[str, str]]:
    """Return the groups of fields that blank lines separate (RFC 3464, section 2.1); long lines are unfolded."""
    blocks: list[dict[str, str]] = []
    for group in re.split(r"\n[ \t]*\r?\n", text.replace("\r\n", "\n")):
        fields: dict[str, str] = {}
        for line in re.sub(r"\n[ \t]+", " ", group).split("\n"):
            if found := _FIELD.match(line.strip()):
                fields.setdefault(found[1].lower(), found[2].strip())
        if fields:
            blocks.append(fields)
    return blocks


def _without_original(text: str) -> tuple[str, str]:
    """Cut off the message that came back, where it stands below the report's own words."""
    for found in _ORIGINAL.finditer(text):
        if found.start() > 80:  # above, something has to be said first
            return text[: found.start()], text[found.start() :]
    return text, ""
