"""The keys that sign our mail: named in [dkim], read from the site's directory, published by the author in DNS."""

import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from newsletter.errors import SettingsError
from newsletter.outbox.messages.dkim import Signer
from newsletter.settings import FILE_NAME, Settings

try:
    from newsletter.outbox.messages import privatekeys
except ImportError:  # installed without newsletter-publisher[dkim]
    privatekeys = None  # type: ignore[assignment]

_SAMPLE = b"from:news@example.com"

#: For the settings of each key: how one is made, and what it signs with.
_KINDS = {
    "": ("Make one with: openssl genrsa -out dkim.pem 2048", "rsa-sha256"),
    "ed25519_": ("Make one with: openssl genpkey -algorithm ed25519 -out ed25519.pem", "ed25519-sha256"),
}


@dataclass(frozen=True, slots=True)
class DnsRecord:
    """What the author publishes for one key."""

    name: str
    type: str
    value: str

    @property
    def strings(self) -> list[str]:
        """The value in strings of at most 255 octets, as a TXT record holds it (RFC 6376, section 3.6.2.2)."""
        return [self.value[start : start + 255] for start in range(0, len(self.value), 255)]


def signer_of(settings: Settings) -> Signer | None:
    """Return what signs the mail of a site, or None where the relay does.

    Raises SettingsError for a setting or a key that is missing or wrong.
    """
    keys = keys_of(settings)
    return Signer(settings.dkim_domain, keys) if keys else None


def keys_of(settings: Settings) -> "tuple[privatekeys.PrivateKey, ...]":
    """Read the site's keys, the RSA one first. Raises SettingsError as `signer_of` does."""
    dkim = settings.dkim
    if not dkim.is_used:
        return ()
    if privatekeys is None:
        raise SettingsError(
            f"{FILE_NAME}: [dkim] needs the package cryptography, which is not installed.",
            remedy="Install it with: pip install 'newsletter-publisher[dkim]'",
        )
    keys = [_read(settings, "", dkim.selector, dkim.key_file)]
    if dkim.ed25519_selector or dkim.ed25519_key_file:
        keys.append(_read(settings, "ed25519_", dkim.ed25519_selector, dkim.ed25519_key_file))
        if keys[0].selector == keys[1].selector:
            raise SettingsError(
                f"{FILE_NAME}: [dkim] has the selector {dkim.selector!r} for both keys.",
                remedy="Give each its own: DNS holds one key under one name.",
            )
    return tuple(keys)


def record_of(settings: Settings, key: "privatekeys.PrivateKey") -> DnsRecord:
    """Return what DNS has to say of a key."""
    return DnsRecord(f"{key.selector}._domainkey.{settings.dkim_domain}", "TXT", key.published)


def is_matched(record: DnsRecord, key: "privatekeys.PrivateKey") -> bool:
    """Sign something with a key, and say whether what is to be published verifies it."""
    return privatekeys.verifies(record.value, _SAMPLE, key.sign(_SAMPLE))


def weaknesses(settings: Settings, keys: "Sequence[privatekeys.PrivateKey]") -> Iterator[tuple[str, str]]:
    """Yield what is not as good as it could be with the keys, each with its remedy."""
    for name in filter(None, (settings.dkim.key_file, settings.dkim.ed25519_key_file)):
        path = _path(settings, name)
        if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            yield (
                f"Others on this machine can read {path}, and so sign mail in your name.",
                f"chmod 600 {path}",
            )
    for key in keys:
        if isinstance(key, privatekeys.RsaKey) and key.bits < privatekeys.GOOD_BITS:
            what = f"The key {key.selector} has {key.bits} bits; receivers ask for {privatekeys.GOOD_BITS}."
            yield what, _KINDS[""][0]
    domain, sender = settings.dkim_domain, settings.newsletter.sender.address.key.rpartition("@")[2]
    # DMARC goes by the organisation's domain (RFC 7489, section 3.1.1); where both are in one, this is seen
    if keys and not (f".{sender}".endswith(f".{domain}") or domain.endswith(f".{sender}")):
        what = f"{domain} signs, but the mail is from {sender}: for DMARC the signature will not count."
        yield what, f"Set [dkim] domain to {sender}, or to the domain above it."


def _path(settings: Settings, name: str) -> Path:
    return settings.directory / Path(name).expanduser()


def _read(settings: Settings, prefix: str, selector: str, name: str) -> "privatekeys.PrivateKey":
    """Read one key; `prefix` is that of its settings, and says of which kind it has to be."""
    make, algorithm = _KINDS[prefix]
    if not selector or not name:
        missing = f"{prefix}key_file" if selector else f"{prefix}selector"
        raise SettingsError(
            f"{FILE_NAME}: [dkim] has no {missing}, so nothing can be signed.",
            remedy="Give both, or take [dkim] out and let the relay sign.",
        )
    setting, path = f"{FILE_NAME}: [dkim] {prefix}key_file = {name!r}", _path(settings, name)
    try:
        key = privatekeys.parse_key(path.read_bytes(), selector)
    except FileNotFoundError:
        raise SettingsError(f"{setting}: {path} is not there.", remedy=make) from None
    except OSError as error:
        raise SettingsError(f"{setting} cannot be read: {error}.") from None
    except ValueError as error:
        raise SettingsError(f"{setting} {error}.", remedy=make) from None
    if key.algorithm != algorithm:
        raise SettingsError(f"{setting} is a key for {key.algorithm}, not for {algorithm}.", remedy=make)
    return key
