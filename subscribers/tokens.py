"""Tokens: numbers signed for one purpose, in letters that survive every mail system. Pure."""

import re
from base64 import b32encode
from collections.abc import Sequence
from hashlib import sha256
from hmac import compare_digest, digest

from itsdangerous import BadSignature, Signer

from subscribers.errors import BadToken

#: A return path is `b+TOKEN@…`, and a local part has 64 octets at most (RFC 5321 section 4.5.3.1.1).
LONGEST = 48

#: Characters of a signature: 5 bits each, so 100 bits that would have to be guessed.
_SIGNATURE = 20

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_SHAPE = re.compile(rf"[0-9a-z]+(?:\.[0-9a-z]+)*\.[a-z2-7]{{{_SIGNATURE}}}", re.ASCII)


class Tokens:
    """Signs and reads tokens.

    A token is its numbers in base 36 and a signature, all lower-case letters, digits and dots: it may stand
    in a URL and in a local part, and a relay may fold the case. With several secrets (oldest first) the
    newest signs and every one verifies, so that the links in mail from before a rotation keep working. The
    purpose is the salt: a token for one purpose is worth nothing for another.
    """

    def __init__(self, secrets: Sequence[bytes]) -> None:
        if not secrets:
            raise ValueError("tokens need at least one secret")
        self._secrets = tuple(secrets)
        self._signers: dict[str, _Signer] = {}

    def sign(self, purpose: str, *numbers: int) -> str:
        """Return a token. Raises ValueError for a negative number, for none, or for too many."""
        if not numbers:
            raise ValueError("a token carries at least one number")
        token = self._signer(purpose).sign(".".join(map(_base36, numbers))).decode("ascii")
        if len(token) > LONGEST:
            raise ValueError(f"a token of {len(token)} characters does not fit into a return path")
        return token

    def read(self, purpose: str, token: str) -> tuple[int, ...]:
        """Return the numbers of a token that was signed for this purpose. Raises BadToken."""
        if len(token) > LONGEST or not token.isascii() or not _SHAPE.fullmatch(folded := token.lower()):
            raise BadToken("This is not one of our links, or it was cut short on its way.")
        try:
            payload = self._signer(purpose).unsign(folded)
        except BadSignature:
            raise BadToken("This link was not made here, or for something else.") from None
        return tuple(int(number, 36) for number in payload.decode("ascii").split("."))

    def _signer(self, purpose: str) -> "_Signer":
        signer = self._signers.get(purpose)
        if signer is None:
            signer = self._signers[purpose] = _Signer(self._secrets, salt=purpose)
        return signer


class _Signer(Signer):
    """itsdangerous' signer, with SHA-256, signatures in base 32, and keys derived once, not at each call."""

    def __init__(self, secrets: Sequence[bytes], *, salt: str) -> None:
        super().__init__(secrets, salt=salt, key_derivation="hmac", digest_method=sha256)
        self._derived = [self.derive_key(secret) for secret in self.secret_keys]

    def get_signature(self, value: str | bytes) -> bytes:
        return _signature(self._derived[-1], _bytes(value))

    def verify_signature(self, value: str | bytes, sig: str | bytes) -> bool:
        matches = [compare_digest(_signature(key, _bytes(value)), _bytes(sig)) for key in self._derived]
        return any(matches)


def _signature(key: bytes, value: bytes) -> bytes:
    return b32encode(digest(key, value, "sha256")[:15])[:_SIGNATURE].lower()


def _bytes(value: str | bytes) -> bytes:
    return value.encode("ascii") if isinstance(value, str) else value


def _base36(number: int) -> str:
    if number < 0:
        raise ValueError(f"a token carries no negative number, and {number} is one")
    digits = ""
    while True:
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
        if not number:
            return digits
