"""A certificate for tests of TLS, made with the openssl command."""

import shutil
import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.requirements import require


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate that signs itself, and its key."""

    path: Path
    key: Path

    def server(self) -> ssl.SSLContext:
        """Return the context of a server that shows it."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.path, self.key)
        return context

    def client(self) -> ssl.SSLContext:
        """Return the context of a client that trusts it alone."""
        return ssl.create_default_context(cafile=str(self.path))


def self_signed(folder: Path, host: str = "127.0.0.1") -> Certificate:
    """Make a certificate for an IP address; skip the test where there is no openssl."""
    require("openssl", shutil.which("openssl"))
    made = Certificate(folder / "certificate.pem", folder / "key.pem")
    command = (
        f"openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN={host}"
    )
    files = ["-addext", f"subjectAltName=IP:{host}", "-keyout", str(made.key), "-out", str(made.path)]
    subprocess.run([*command.split(), *files], check=True, capture_output=True)
    return made
