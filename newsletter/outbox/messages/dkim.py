"""DKIM signatures (RFC 6376, and RFC 8463 for Ed25519), relaxed/relaxed, over messages made of segments. Pure.

What all readers of a rendering share is canonicalised once and hashed up to the first gap; a message costs the
hash of the rest and the signature. The length tag (l=) is never used: it would let anybody append to a mail.

Some headers are signed once more than they are there (section 8.15), so that none can be added unnoticed. Both
List-Unsubscribe headers are signed, since RFC 8058 (section 4) has one-click unsubscribing depend on it.
"""

import re
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Protocol

#: Headers that no second one can be added of, or a first.
OVERSIGNED = ("From", "To", "Cc", "Subject", "Date", "Reply-To")

#: Headers that are signed where they are there.
SIGNED = (
    *OVERSIGNED,
    "Message-ID", "MIME-Version", "Content-Type", "List-Id", "List-Unsubscribe", "List-Unsubscribe-Post", "List-Help",
    "List-Owner", "List-Archive", "List-Post", "Precedence", "Auto-Submitted", "Feedback-ID",
)  # fmt: skip

#: Characters on a line of the signature's header, and of its value on each.
_LINE, _VALUE = 76, 72

_BLANKS = re.compile(rb"[ \t]+")
_TRAILING = re.compile(rb"[ \t]+(?=\r\n)")


class Key(Protocol):
    """A private key and the name under which DNS has its public one."""

    @property
    def selector(self) -> str: ...
    @property
    def algorithm(self) -> str: ...  # rsa-sha256 or ed25519-sha256
    def sign(self, data: bytes) -> bytes: ...


class Hash(Protocol):
    """A hash that goes on."""

    def copy(self) -> "Hash": ...
    def update(self, data: bytes, /) -> None: ...
    def digest(self) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs for a domain with each of its keys."""

    domain: str
    keys: tuple[Key, ...]

    def prepare(self, segments: Sequence[bytes]) -> "Seal":
        """Canonicalise what the messages of a template share: its segments at even places.

        The first gap takes the reader's own headers; the segment after it holds the rest of them, and the
        body's beginning. Every segment is of whole lines, and the last line of all is not empty.
        """
        top, _, middle, *rest = segments
        head, _, body = middle.partition(b"\r\n\r\n")
        return Seal(
            signer=self,
            headers=relaxed_headers(top + head + b"\r\n"),
            start=sha256(relaxed_lines(body)),
            frames=tuple(map(relaxed_lines, rest[1::2])),
        )


@dataclass(frozen=True, slots=True)
class Seal:
    """What a signer knows of a template before it sees a message."""

    signer: Signer
    headers: dict[str, bytes]
    start: Hash  # over the body up to the first gap
    frames: tuple[bytes, ...]

    def sign(self, segments: Sequence[bytes], second: int) -> bytes:
        """Return the signatures of one message as headers to stand above it, made at `second` since 1970."""
        hashed = self.start.copy()
        for value, frame in zip(segments[3::2], self.frames, strict=True):
            hashed.update(relaxed_lines(value))
            hashed.update(frame)
        headers = self.headers | relaxed_headers(segments[1])
        signed = tuple(name for name in SIGNED if name in headers)
        data = b"".join([headers[name] for name in signed])
        made = {"second": second, "body": b64encode(hashed.digest()).decode()}
        signatures = b""
        for key in self.signer.keys:
            form = _form(key.algorithm, self.signer.domain, key.selector, signed)
            signature = key.sign(data + (form.canonical % made).encode())
            signatures += (form.written % made + _folded(b64encode(signature).decode())).encode()
        return signatures


@dataclass(frozen=True, slots=True)
class _Form:
    """A signature's header without what is a message's own: as it is written, and as it is hashed."""

    written: str
    canonical: str


@lru_cache(maxsize=64)  # a template's messages have the same headers
def _form(algorithm: str, domain: str, selector: str, signed: tuple[str, ...]) -> _Form:
    """Write the header up to its value, which ends it and is hashed as if it were empty (section 3.7)."""
    written = (
        f"DKIM-Signature: v=1; a={algorithm}; s={selector};\r\n c=relaxed/relaxed; d={domain}; t=%(second)d;\r\n"
        f" bh=%(body)s;\r\n {_names(signed)}\r\n b="
    )
    canonical = relaxed_headers(written.encode() + b"\r\n")["DKIM-Signature"]
    return _Form(written, canonical.decode().removesuffix("\r\n"))


def _names(signed: tuple[str, ...]) -> str:
    """Return the tag of the headers' names (h=), folded after colons.

    Where a name stands there again, verifiers look for one more header than there is (section 5.4.2).
    """
    lines = ["h="]
    for name in (*signed, *OVERSIGNED):
        if len(lines[-1]) + len(name) + 2 > _LINE:
            lines.append("")
        lines[-1] += f"{name}:"
    return "\r\n ".join(lines).removesuffix(":") + ";"


def _folded(value: str) -> str:
    lines = [value[start : start + _VALUE] for start in range(0, len(value), _VALUE)]
    return "\r\n ".join(lines) + "\r\n"


def relaxed_headers(block: bytes) -> dict[str, bytes]:
    """Return each header in its canonical form, by its name as it is written (section 3.4.2).

    Raises ValueError where one is there twice.
    """
    headers: dict[str, bytes] = {}
    unfolded = block.replace(b"\r\n ", b" ").replace(b"\r\n\t", b"\t").removesuffix(b"\r\n")
    for line in unfolded.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if (written := name.decode()) in headers:
            raise ValueError(f"the header {written} is there twice")
        headers[written] = name.lower() + b":" + relaxed_lines(value).strip(b" ") + b"\r\n"
    return headers


def relaxed_lines(text: bytes) -> bytes:
    """Return whole lines of a body in their canonical form (section 3.4.4)."""
    if b"  " in text or b"\t" in text or b" \r\n" in text:  # seldom, in what quoted-printable has left
        return _BLANKS.sub(b" ", _TRAILING.sub(b"", text))
    return text
