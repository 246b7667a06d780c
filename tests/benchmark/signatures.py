"""What a core can sign: RSA-2048, and nothing else. `python -m tests.benchmark.signatures FILE`."""

import sys
from pathlib import Path

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from tests.benchmark.processes import reported

_SIGNATURES = 2_000


def main() -> None:
    """Sign with the key in a PEM file, as DKIM does (RFC 8301: rsa-sha256)."""
    key = serialization.load_pem_private_key(Path(sys.argv[1]).read_bytes(), password=None)
    assert isinstance(key, rsa.RSAPrivateKey)
    with reported(signatures=_SIGNATURES):
        for number in range(_SIGNATURES):
            key.sign(b"%064d" % number, padding.PKCS1v15(), hashes.SHA256())


main()
