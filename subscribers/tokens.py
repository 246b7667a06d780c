"""Tokens: numbers signed for one purpose, in letters that survive every mail system. Pure."""

import re
import string
from binascii import b2a_base64
from collections.abc import Iterable, Sequence
from hashlib import blake2b, sha256
from hmac import compare_digest

from itsdangerous import BadSignature, Signer

from subscribers.errors import BadToken

#: A return path is `b+TOKEN@…`, and a local part has 64 octets at most (RFC 5321 section 4.5.3.1.1).
LONGEST = 48

#: Characters of the longest token of one number: as large as a database's, a dot, the signature.
LONGEST_OF_ONE = 34

#: Octets of a signature before it is written: each 3 of them become 4 characters.
_SIGNED = 15

#: Characters of a signature: 5 bits each, so 100 bits that would have to be guessed.
_SIGNATURE = _SIGNED // 3 * 4

# One character of base 64 stands for six bits; of these the lower five choose one of 32 letters that survive the
# folding of case. The sixth is dropped, as one drops any part of a signature to make it shorter.
_BASE64 = (string.ascii_uppercase + string.ascii_lowercase + string.digits + "+/").encode()
_LETTERS = bytes.maketrans(_BASE64, 2 * (string.ascii_lowercase + "234567").encode())

_DIGITS = string.digits + string.ascii_lowercase
_PAIRS = [first + second for first in _DIGITS for second in _DIGITS]
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
        payload = _payload(numbers)
        return f"{payload}.{self._signer(purpose).newest.sign(payload)}"

    def sign_each(self, purposes: Iterable[str], *numbers: int) -> list[str]:
        """Return a token of the same numbers for each purpose. Raises ValueError as `sign` does."""
        payload = _payload(numbers)
        return [f"{payload}.{self._signer(purpose).newest.sign(payload)}" for purpose in purposes]

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


class _Key:
    """A secret, derived for one purpose. It signs with keyed BLAKE2b (RFC 7693, section 2.9).

    The hash that has taken in the key is kept, and copied for each signature.
    """

    __slots__ = ("_keyed",)

    def __init__(self, derived: bytes) -> None:
        self._keyed = blake2b(key=derived, digest_size=_SIGNED)

    def sign(self, payload: str) -> str:
        """Return the signature of a token's numbers."""
        hashed = self._keyed.copy()
        hashed.update(payload.encode())
        return b2a_base64(hashed.digest(), newline=False).translate(_LETTERS).decode()


class _Signer(Signer):
    """itsdangerous' signer, with keys that are derived once, not at each call, and signatures in our letters."""

    def __init__(self, secrets: Sequence[bytes], *, salt: str) -> None:
        super().__init__(secrets, salt=salt, key_derivation="hmac", digest_method=sha256)
        self._keys = [_Key(self.derive_key(secret)) for secret in self.secret_keys]
        self.newest = self._keys[-1]

    def verify_signature(self, value: str | bytes, sig: str | bytes) -> bool:
        """Say whether one of the keys made the signature; every one is tried, so that time tells nothing."""
        payload, signature = (part if isinstance(part, str) else part.decode() for part in (value, sig))
        matches = [compare_digest(key.sign(payload), signature) for key in self._keys]
        return any(matches)


def _payload(numbers: Sequence[int]) -> str:
    payload = _base36(numbers[0]) if len(numbers) == 1 else ".".join(map(_base36, numbers))
    if not payload or len(payload) + 1 + _SIGNATURE > LONGEST:
        raise ValueError(f"a token carries at least one number, and fits into {LONGEST} characters")
    return payload


def _base36(number: int) -> str:
    if number < 0:
        raise ValueError(f"a token carries no negative number, and {number} is one")
    digits = ""
    while number >= len(_PAIRS):
        number, pair = divmod(number, len(_PAIRS))
        digits = _PAIRS[pair] + digits
    return (_PAIRS[number] + digits).removeprefix("0")
