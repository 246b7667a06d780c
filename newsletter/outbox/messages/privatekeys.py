"""Private keys for DKIM, and what DNS has to say of them. Needs the package cryptography. Pure."""

from base64 import b64decode, b64encode
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
    load_pem_private_key,
)

#: Bits of an RSA key: receivers refuse fewer than the first, and ask for the second (RFC 8301, section 3.2).
LEAST_BITS, GOOD_BITS = 1024, 2048

_PADDING, _HASH = PKCS1v15(), SHA256()


@dataclass(frozen=True, slots=True)
class RsaKey:
    """Signs as every receiver can verify it."""

    selector: str
    private: RSAPrivateKey
    algorithm: str = "rsa-sha256"

    @property
    def bits(self) -> int:
        return self.private.key_size

    @property
    def published(self) -> str:
        """The text of the TXT record that verifies this key's signatures (RFC 6376, section 3.6.1)."""
        public = self.private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return f"v=DKIM1; k=rsa; p={b64encode(public).decode()}"

    def sign(self, data: bytes) -> bytes:
        """Sign data."""
        return self.private.sign(data, _PADDING, _HASH)


@dataclass(frozen=True, slots=True)
class Ed25519Key:
    """Signs fast and short (RFC 8463), for the receivers that can verify it."""

    selector: str
    private: Ed25519PrivateKey
    algorithm: str = "ed25519-sha256"

    @property
    def published(self) -> str:
        """The text of the TXT record that verifies this key's signatures (RFC 8463, section 4)."""
        return f"v=DKIM1; k=ed25519; p={b64encode(self.private.public_key().public_bytes_raw()).decode()}"

    def sign(self, data: bytes) -> bytes:
        """Sign data, which is hashed first (RFC 8463, section 3)."""
        return self.private.sign(sha256(data).digest())


PrivateKey = RsaKey | Ed25519Key


def parse_key(pem: bytes, selector: str) -> PrivateKey:
    """Read a private key. Raises ValueError that says what it is instead."""
    try:
        private = load_pem_private_key(pem, password=None)
    except TypeError:
        raise ValueError("is locked with a passphrase, which nobody is there to type") from None
    except (ValueError, UnsupportedAlgorithm):
        what = "is a public key" if b"PUBLIC KEY" in pem else "is no private key in PEM form"
        raise ValueError(what) from None
    if isinstance(private, RSAPrivateKey):
        if private.key_size < LEAST_BITS:
            raise ValueError(f"is an RSA key of {private.key_size} bits, which no receiver takes")
        return RsaKey(selector, private)
    if isinstance(private, Ed25519PrivateKey):
        return Ed25519Key(selector, private)
    raise ValueError("is a key of a kind that does not sign mail")


def verifies(published: str, data: bytes, signature: bytes) -> bool:
    """Say whether a signature is what a DNS record's key takes for this data."""
    tags = dict(tag.strip().split("=", 1) for tag in published.split(";"))
    public = b64decode(tags["p"])
    try:
        if tags["k"] == "ed25519":
            Ed25519PublicKey.from_public_bytes(public).verify(signature, sha256(data).digest())
        else:
            rsa = load_der_public_key(public)
            assert isinstance(rsa, RSAPublicKey), "the record says so"
            rsa.verify(signature, data, _PADDING, _HASH)
    except InvalidSignature:
        return False
    return True
