"""Delivery with DKIM: RSA-2048, held against what a core can sign when it does nothing else."""

from pathlib import Path
from statistics import median

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.benchmark import sinks
from tests.benchmark.delivering import MANY, ours
from tests.benchmark.mailing import frozen
from tests.benchmark.measuring import Row, at_least
from tests.benchmark.processes import python, run
from tests.benchmark.racing import ROUNDS
from tests.benchmark.sinks import lean_sink
from tests.sites import TestSite

_READERS = 10_000

_DKIM = '[dkim]\ndomain = "example.com"\nselector = "news1"\nkey_file = "dkim.pem"\n\n[smtp]'


def measure() -> list[Row]:
    """Sign, and send with a signature, in turn."""
    if absent := sinks.missing():
        return [Row("delivery with DKIM", "left out", f"not on this machine: {absent}")]
    allowed, reached = [], []
    with frozen(_READERS) as mailing:
        key = _sign_with_a_new_key(mailing.site)
        for _ in range(ROUNDS):
            cost = run(python("signatures", key))
            allowed.append(cost.said["signatures"] / cost.seconds)
            with lean_sink() as sink:
                reached.append(_READERS / ours(sink, mailing, MANY).seconds)
    ratio = median(mine / core for mine, core in zip(reached, allowed, strict=True))
    note = f"{median(reached):,.0f} messages/s into the lean sink, {median(allowed):,.0f} signatures/s on one core"
    return [at_least("with DKIM (RSA-2048), of a core's signature rate", ratio, 0.8, note=note)]


def _sign_with_a_new_key(site: TestSite) -> Path:
    path = site.directory / "dkim.pem"
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = serialization.PrivateFormat.PKCS8
    path.write_bytes(key.private_bytes(serialization.Encoding.PEM, pem, serialization.NoEncryption()))
    path.chmod(0o600)
    site.set("[smtp]", _DKIM)
    return path
