"""Whom we are held against: Postfix's load generator, what most scripts do, and nodemailer's pool."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from newsletter.application.opening import opened
from newsletter.issues import freezing
from subscribers.database import reading
from tests.benchmark.mailing import Mailing
from tests.benchmark.processes import Cost, python, run
from tests.benchmark.sinks import Sink

_NODEMAILER = Path(__file__).with_name("nodemailer.cjs")

#: Seconds that npm may take.
_PATIENCE = 120


def smtp_source(sink: Sink, connections: int, messages: int, size: int) -> Cost:
    """Send with Postfix's smtp-source, in C: one command and one answer at a time; it composes nothing."""
    options = ["-d", "-s", str(connections), "-l", str(size), "-m", str(messages)]
    return run(["smtp-source", *options, f"127.0.0.1:{sink.port}"])


@dataclass(frozen=True, slots=True)
class Peers:
    """The others, ready to send the issue of a mailing.

    `folder` holds it as issue.txt, issue.html and issue.eml, with UNSUBSCRIBE where a reader's own link goes.
    """

    folder: Path
    without_nodemailer: str  # why it is left out, if it is

    def smtplib(self, sink: Sink, messages: int) -> Cost:
        """A loop over smtplib with an EmailMessage a reader, on one connection."""
        return run(python("plain", sink.port, messages, self.folder))

    def nodemailer(self, sink: Sink, connections: int, messages: int, *, kind: str = "composed") -> Cost:
        """nodemailer's pool, with a message composed for every reader, or with one finished ("raw") for all."""
        words = [self.folder / "node_modules" / "nodemailer", sink.port, connections, messages, self.folder]
        return run(["node", str(_NODEMAILER), *map(str, words), kind])


@contextmanager
def prepared(mailing: Mailing) -> Iterator[Peers]:
    """Lay out the mailing's issue for the peers."""
    with tempfile.TemporaryDirectory(prefix="newsletter-peers-") as name:
        folder = Path(name)
        with opened(mailing.site.directory) as site, reading(site.engine) as connection:
            rendering = freezing.read_rendering(connection, 1)
        for kind, text in (("txt", rendering.text), ("html", rendering.html)):
            (folder / f"issue.{kind}").write_text(
                text.replace("__UNSUBSCRIBE_URL__", "UNSUBSCRIBE"), encoding="utf-8"
            )
        (folder / "issue.eml").write_bytes(mailing.example)
        yield Peers(folder, _install_nodemailer(folder))


def _install_nodemailer(folder: Path) -> str:
    if shutil.which("npm") is None or shutil.which("node") is None:
        return "npm and node are not on this machine"
    command = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(folder), "nodemailer"]
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=_PATIENCE, cwd=folder)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        return f"npm could not install it ({type(error).__name__})"
    return ""
