"""A real Dovecot with a configuration of its own, in a temporary folder: it takes mail by LMTP and shows it by IMAP."""

import imaplib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.ports import free_port
from tests.requirements import require

#: Seconds that starting and delivering may take.
_PATIENCE = 30

#: The password of every mailbox.
PASSWORD = "secret"

_SETTINGS = """\
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
info_log_path = /dev/null
instance_name = newsletter-test
protocols = imap lmtp
ssl = no
disable_plaintext_auth = no
auth_username_format = %Ln
recipient_delimiter = +
first_valid_uid = 1
mail_location = maildir:{folder}/mail/%n
mail_plugins =
submission_host = 127.0.0.1:9
hostname = mailbox.example.org
postmaster_address = postmaster@example.org
passdb {{
  driver = passwd-file
  args = {folder}/users
}}
userdb {{
  driver = passwd-file
  args = {folder}/users
}}
namespace inbox {{
  inbox = yes
}}
service imap-login {{
  inet_listener imap {{
    address = 127.0.0.1
    port = {imap}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {lmtp}
  }}
}}
"""


@dataclass(frozen=True, slots=True)
class Dovecot:
    """A running Dovecot. Nobody but its users has a mailbox; others are refused with 550 5.1.1."""

    folder: Path
    lmtp: int
    imap: int

    def read(self, user: str, count: int, folder: str = "INBOX") -> list[bytes]:
        """Wait until so many messages are in a user's folder; return them."""
        deadline = time.monotonic() + _PATIENCE
        while len(found := self._messages(user, folder)) < count and time.monotonic() < deadline:
            time.sleep(0.1)
        assert len(found) == count, f"{len(found)} instead of {count}"
        return found

    def count(self, user: str, folder: str = "INBOX") -> int:
        """Return how many messages are in a user's folder now."""
        return len(self._messages(user, folder))

    def _messages(self, user: str, folder: str) -> list[bytes]:
        client = imaplib.IMAP4("127.0.0.1", self.imap, timeout=_PATIENCE)
        try:
            client.login(user, PASSWORD)
            if client.select(folder, readonly=True)[0] != "OK":
                return []
            uids = client.uid("SEARCH", "ALL")[1][0].split()
            answers = [client.uid("FETCH", uid.decode(), "(BODY.PEEK[])")[1] for uid in uids]
            return [bytes(answer[0][1]) for answer in answers if isinstance(answer[0], tuple)]
        finally:
            client.logout()


@contextmanager
def dovecot_running(users: Sequence[str]) -> Iterator[Dovecot]:
    """Start a Dovecot and stop it again; skip the test where there is none, or where we aren't root."""
    require("Dovecot", shutil.which("dovecot") and Path("/usr/lib/dovecot/lmtp").exists())
    require("root, without whom Dovecot does not start,", os.geteuid() == 0)
    folder = Path(tempfile.mkdtemp(prefix="newsletter-dovecot-"))
    try:
        dovecot = _configure(folder, users)
        process = subprocess.Popen(
            ["dovecot", "-F", "-c", str(folder / "dovecot.conf")], stderr=subprocess.PIPE, text=True
        )
        try:
            for port in (dovecot.lmtp, dovecot.imap):
                _await(port, process)
            yield dovecot
        finally:
            process.terminate()
            process.communicate(timeout=_PATIENCE)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _configure(folder: Path, users: Sequence[str]) -> Dovecot:
    folder.chmod(0o755)
    keeper = pwd.getpwnam("nobody")
    (folder / "mail").mkdir()
    os.chown(folder / "mail", keeper.pw_uid, keeper.pw_gid)
    lines = [
        f"{user}:{{PLAIN}}{PASSWORD}:{keeper.pw_uid}:{keeper.pw_gid}::{folder}/mail/{user}" for user in users
    ]
    (folder / "users").write_text("\n".join(lines) + "\n")
    dovecot = Dovecot(folder, free_port(), free_port())
    facts = {"folder": folder, "imap": dovecot.imap, "lmtp": dovecot.lmtp}
    (folder / "dovecot.conf").write_text(_SETTINGS.format(**facts))
    return dovecot


def _await(port: int, process: "subprocess.Popen[str]") -> None:
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert process.poll() is None, process.stderr and process.stderr.read()
            assert time.monotonic() < deadline, "Dovecot does not answer"
            time.sleep(0.05)
        else:
            return
