"""The keys of [dkim]: a site that cannot sign as it is told to says so, and what to do, before anything is sent."""

import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from newsletter.errors import SettingsError
from newsletter.outbox.messages.signing import DnsRecord, keys_of, record_of, signer_of, weaknesses
from newsletter.settings import Settings, read_settings
from tests.unit.settings.test_settings import LEAST

RSA = '[dkim]\nselector = "news1"\nkey_file = "dkim.pem"\n'
PLAIN = NoEncryption()
BOTH = RSA + 'ed25519_selector = "news2"\ned25519_key_file = "ed25519.pem"\n'


def write(path: Path, private, encryption=PLAIN) -> None:
    """Write a private key that its owner alone may read."""
    path.write_bytes(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption))
    path.chmod(0o600)


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A folder with a key of each kind."""
    write(tmp_path / "dkim.pem", rsa.generate_private_key(public_exponent=65537, key_size=2048))
    write(tmp_path / "ed25519.pem", Ed25519PrivateKey.generate())
    return tmp_path


def read(site: Path, dkim: str) -> Settings:
    """Read settings with this about DKIM."""
    (site / "newsletter.toml").write_text(LEAST + dkim, encoding="utf-8")
    return read_settings(site, {})


def test_without_a_section_the_relay_signs(site: Path) -> None:
    """Nobody needs a key who has a relay that signs."""
    assert signer_of(read(site, "")) is None
    assert list(weaknesses(read(site, ""), ())) == []


def test_keys_and_their_records(site: Path) -> None:
    """The domain is that of `from` unless named; DNS gets one record a key, cut as TXT records are."""
    settings = read(site, BOTH)
    signer = signer_of(settings)
    assert signer is not None
    assert signer.domain == "example.com"
    assert [key.selector for key in signer.keys] == ["news1", "news2"]
    first, second = (record_of(settings, key) for key in keys_of(settings))
    assert (first.name, first.type) == ("news1._domainkey.example.com", "TXT")
    assert [len(string) <= 255 for string in first.strings] == [True, True]
    assert "".join(first.strings) == first.value
    assert first.value.startswith("v=DKIM1; k=rsa; p=MII")
    assert second.value.startswith("v=DKIM1; k=ed25519; p=")
    assert second.strings == [second.value]
    assert DnsRecord("a", "TXT", "x" * 510).strings == ["x" * 255] * 2
    assert list(weaknesses(settings, keys_of(settings))) == []


@pytest.mark.parametrize(
    ("dkim", "expected"),
    [
        ('[dkim]\ndomain = "example.com"\n', ["has no selector", "let the relay sign"]),
        ('[dkim]\nselector = "news1"\n', ["has no key_file"]),
        ('[dkim]\nkey_file = "dkim.pem"\n', ["has no selector"]),
        (RSA.replace("dkim.pem", "gone.pem"), ["gone.pem is not there", "openssl genrsa -out dkim.pem 2048"]),
        (RSA.replace("dkim.pem", "."), ["cannot be read"]),
        (RSA.replace("dkim.pem", "newsletter.toml"), ["is no private key in PEM form", "openssl"]),
        (RSA.replace("dkim.pem", "public.pem"), ["is a public key"]),
        (RSA.replace("dkim.pem", "locked.pem"), ["passphrase"]),
        (RSA.replace("dkim.pem", "small.pem"), ["512 bits"]),
        (RSA.replace("dkim.pem", "curve.pem"), ["a kind that does not sign mail"]),
        (RSA.replace("dkim.pem", "ed25519.pem"), ["ed25519-sha256, not for rsa-sha256", "openssl genrsa"]),
        (BOTH.replace("ed25519.pem", "dkim.pem"), ["rsa-sha256, not for ed25519-sha256", "genpkey"]),
        (BOTH.replace("news2", "news1"), ["selector 'news1' for both"]),
        (RSA + 'ed25519_selector = "news2"\n', ["has no ed25519_key_file"]),
    ],
)  # fmt: skip
def test_what_is_missing_or_wrong(site: Path, dkim: str, expected: list[str]) -> None:
    """Each fault is named with its setting and a way out."""
    private = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    write(site / "locked.pem", private, BestAvailableEncryption(b"secret"))
    write(site / "curve.pem", ec.generate_private_key(ec.SECP256R1()))
    (site / "public.pem").write_bytes(
        private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    )
    subprocess.run(["openssl", "genrsa", "-out", site / "small.pem", "512"], check=True, capture_output=True)
    with pytest.raises(SettingsError) as caught:
        signer_of(read(site, dkim))
    for words in ("newsletter.toml: [dkim]", *expected):
        assert words in str(caught.value)


def test_weaknesses(site: Path) -> None:
    """A short key, one that others can read, and a domain that DMARC does not take for ours are warned of."""
    write(site / "dkim.pem", rsa.generate_private_key(public_exponent=65537, key_size=1024))
    (site / "dkim.pem").chmod(0o644)
    settings = read(site, RSA + 'domain = "mail.example.net"\n')
    shared, short, foreign = weaknesses(settings, keys_of(settings))
    assert "dkim.pem" in shared[0]
    assert shared[1].startswith("chmod 600 ")
    assert "1024 bits" in short[0]
    assert "mail.example.net signs, but the mail is from example.com" in foreign[0]


@pytest.mark.parametrize("domain", ["example.com", "news.example.com"])
def test_domains_that_dmarc_takes_for_ours(site: Path, domain: str) -> None:
    """Ours, and one below it."""
    settings = read(site, RSA + f'domain = "{domain}"\n')
    assert list(weaknesses(settings, keys_of(settings))) == []


def test_a_key_that_openssl_makes(site: Path) -> None:
    """The guide's own commands make keys that sign."""
    guide = Path("docs/guide.md").read_text(encoding="utf-8")
    for command in (
        "openssl genrsa -out dkim.pem 2048",
        "openssl genpkey -algorithm ed25519 -out ed25519.pem",
    ):
        assert command in guide
        subprocess.run(command.split(), cwd=site, check=True, capture_output=True)
    assert len(keys_of(read(site, BOTH))) == 2


def test_without_cryptography(site: Path) -> None:
    """Where the package is missing, a site without [dkim] works, and one with it is told what to install."""
    read(site, RSA)
    script = (
        "import sys; sys.modules['cryptography'] = None\n"
        "from pathlib import Path; from newsletter.errors import SettingsError\n"
        "from newsletter.outbox.messages.signing import signer_of; from newsletter.settings import read_settings\n"
        "site = Path(sys.argv[1]); settings = read_settings(site, {})\n"
        "try: signer_of(settings)\n"
        "except SettingsError as error: print(error)\n"
        f"(site / 'newsletter.toml').write_text({LEAST!r}); print(signer_of(read_settings(site, {{}})))\n"
    )
    ran = subprocess.run([sys.executable, "-c", script, site], check=True, capture_output=True, text=True)
    assert "pip install 'newsletter-publisher[dkim]'" in ran.stdout
    assert ran.stdout.endswith("\nNone\n")
