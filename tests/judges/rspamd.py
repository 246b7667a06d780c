"""rspamd: a filter that many receivers run. It gets a name server of its own, and no other network.

What it cannot do here is ask others: the lists of bad and good senders and addresses (they answer “not listed”), its
own maps, fuzzy hashes, and all that learns (Bayes, reputation, neural) and so needs a Redis.
"""

import json
import os
import pwd
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.error import URLError
from urllib.request import Request, urlopen

from tests.judges.name_server import Records, name_server
from tests.judges.spamassassin import Verdict
from tests.requirements import require

#: Seconds until it has read its rules.
_PATIENCE = 60

_SETTINGS = """
.include "$CONFDIR/common.conf"
options {{
    pidfile = "$RUNDIR/rspamd.pid";
    .include "$CONFDIR/options.inc"
    .include(priority=1; duplicate=merge) "{folder}/options.inc"
}}
logging {{ type = "console"; level = "error"; }}
worker "normal" {{ bind_socket = "127.0.0.1:{port}"; count = 1; }}
"""

_OPTIONS = """
dns {{ nameserver = ["127.0.0.1:{names}"]; timeout = 2s; retransmits = 2; }}
filters = "chartable,dkim,regexp";
disable_hyperscan = true;
url_tld = "{folder}/suffixes.txt";
"""

#: Its list of public suffixes has thousands, which take it ten seconds to compile anew; these our mails name.
_SUFFIXES = (
    "com",
    "org",
    "net",
    "edu",
    "gov",
    "io",
    "dev",
    "rs",
    "info",
    "co.uk",
    "de",
    "fr",
    "ai",
    "me",
    "app",
    "example",
)


@dataclass(frozen=True, slots=True)
class Rspamd:
    """One that is running, and where mails are said to come from."""

    port: int
    address: str
    host: str

    def verdict(self, mail: bytes, *, sender: str, recipient: str) -> Verdict:
        """Judge a mail as if it came in over SMTP just now."""
        told = {
            "IP": self.address,
            "Helo": self.host,
            "Hostname": self.host,
            "From": sender,
            "Rcpt": recipient,
        }
        request = Request(f"http://127.0.0.1:{self.port}/checkv2", data=mail, headers=told)
        with urlopen(request, timeout=30) as answer:
            said = json.load(answer)
        rules = {name: symbol["score"] for name, symbol in said["symbols"].items()}
        return Verdict(said["score"], rules)


@contextmanager
def rspamd(records: Records, *, address: str, host: str) -> Iterator[Rspamd]:
    """Run one whose name server knows `records`; mails are said to come from a relay with this address and name."""
    program = shutil.which("rspamd", path="/usr/bin:/usr/sbin:/usr/local/bin")
    require("rspamd", program)
    with TemporaryDirectory(prefix="rspamd-") as name, name_server(records) as names:
        folder, port = Path(name), _free_port()
        (folder / "rspamd.conf").write_text(_SETTINGS.format(folder=folder, port=port), encoding="utf-8")
        (folder / "options.inc").write_text(_OPTIONS.format(folder=folder, names=names), encoding="utf-8")
        (folder / "suffixes.txt").write_text("\n".join(_SUFFIXES), encoding="utf-8")
        command = [str(program), "-f", "-c", str(folder / "rspamd.conf"), *_owner(folder)]
        command += [f"--var={place}={folder}" for place in ("DBDIR", "RUNDIR", "LOGDIR", "LOCAL_CONFDIR")]
        quiet = subprocess.DEVNULL
        with subprocess.Popen(command, stdout=quiet, stderr=quiet) as process:
            try:
                _await(port)
                yield Rspamd(port, address, host)
            finally:
                process.terminate()  # it ends its workers itself


def _owner(folder: Path) -> list[str]:
    """Return as whom it runs where we are root: as its own user, to whom the folder is given."""
    if os.geteuid() != 0:
        return []
    user = pwd.getpwnam("_rspamd")
    os.chown(folder, user.pw_uid, user.pw_gid)
    return ["-u", user.pw_name, "-g", user.pw_name]


def _free_port() -> int:
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        port: int = opened.getsockname()[1]
        return port


def _await(port: int) -> None:
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        with suppress(URLError, OSError), urlopen(f"http://127.0.0.1:{port}/ping", timeout=1):
            return
        time.sleep(0.1)
    raise AssertionError("rspamd does not answer")
