"""OpenDKIM as a verifier: one message, and keys from a file instead of DNS."""

import shutil
import subprocess
from pathlib import Path

from tests.requirements import require


def verdict(message: bytes, records: dict[str, str], folder: Path) -> str:
    """Return what OpenDKIM says of a message, with these TXT records by their names."""
    found = shutil.which("opendkim", path="/usr/sbin:/usr/bin:/usr/local/sbin")
    require("opendkim", found)
    assert found is not None
    keys, settings, mail = (folder / name for name in ("opendkim.keys", "opendkim.conf", "opendkim.eml"))
    keys.write_text("".join(f"{name} {value}\n" for name, value in records.items()))
    settings.write_text(f"Mode v\nSyslog no\nTestPublicKeys {keys}\n")
    mail.write_bytes(message)
    ran = subprocess.run([found, "-x", settings, "-t", mail], check=True, capture_output=True, text=True)
    return ran.stdout + ran.stderr
