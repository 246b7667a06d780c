"""A real Postfix with a configuration of its own, in a temporary folder: nothing of the machine's is touched."""

import mailbox
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.ports import free_port
from tests.requirements import require

_DAEMONS = Path("/usr/lib/postfix/sbin")

#: Seconds that starting and delivering may take.
_PATIENCE = 30

_MAIN = """\
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
command_directory = /usr/sbin
daemon_directory = {daemons}
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
mail_owner = postfix
setgid_group = postdrop
myhostname = relay.example.org
mydestination =
inet_protocols = ipv4
# there is no flush service here: who defers a mail would ask for it in vain, and hold the mail meanwhile
fast_flush_domains =
mynetworks = 127.0.0.0/8
# everything for example.org goes into one maildir, and nothing leaves
virtual_mailbox_domains = example.org
virtual_mailbox_base = {folder}/mail
virtual_mailbox_maps = static:inbox/
virtual_minimum_uid = 1
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
default_transport = error:no mail leaves this machine
smtpd_recipient_restrictions =
    check_recipient_access inline:{{ {{ gone@example.org = 550 5.1.1 User unknown }} }},
    permit_mynetworks, reject
"""

_MASTER = """\
127.0.0.1:{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
# wakened each second: a mail that is found locked is put back to where qmgr only looks when it is wakened
qmgr unix n - n 1 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"""


@dataclass(frozen=True, slots=True)
class Postfix:
    """A running Postfix: it takes mail for example.org on a port of 127.0.0.1."""

    folder: Path
    port: int

    def arrived(self, count: int) -> list[bytes]:
        """Wait for so many messages and return them as the maildir has them."""
        deadline = time.monotonic() + _PATIENCE
        while len(found := self._files()) < count and time.monotonic() < deadline:
            time.sleep(0.05)
        assert len(found) == count, (self.folder / "log").read_text()
        return [path.read_bytes() for path in found]

    def empty(self) -> None:
        """Take away what has arrived."""
        for path in self._files():
            path.unlink()

    def _files(self) -> list[Path]:
        return sorted((self.folder / "mail" / "inbox" / "new").glob("*"))


@contextmanager
def postfix_running(*, main: str = "", master: str = "") -> Iterator[Postfix]:
    """Start a Postfix and stop it again; skip the test where there is none, or where we aren't root.

    `main` and `master` are lines for its files: settings that win over ours, and more services.
    """
    require("Postfix", shutil.which("postfix") and (_DAEMONS / "master").exists())
    require("root, without whom Postfix does not start,", os.geteuid() == 0)
    folder = Path(tempfile.mkdtemp(prefix="newsletter-postfix-"))
    command = ["postfix", "-c", str(folder / "etc")]
    try:
        port = _configure(folder, main, master)
        subprocess.run([*command, "start"], check=True, capture_output=True, timeout=_PATIENCE)
        try:
            _await(port)
            yield Postfix(folder, port)
        finally:
            subprocess.run([*command, "stop"], check=True, capture_output=True, timeout=_PATIENCE)
    finally:
        shutil.rmtree(folder)


def _configure(folder: Path, main: str, master: str) -> int:
    owner, keeper = pwd.getpwnam("postfix"), pwd.getpwnam("nobody")
    folder.chmod(0o755)
    for name in ("etc", "queue", "data", "mail"):
        (folder / name).mkdir()
    os.chown(folder / "data", owner.pw_uid, owner.pw_gid)
    os.chown(folder / "mail", keeper.pw_uid, keeper.pw_gid)
    mailbox.Maildir(folder / "mail" / "inbox")
    for path in (folder / "mail" / "inbox", *(folder / "mail" / "inbox").iterdir()):
        os.chown(path, keeper.pw_uid, keeper.pw_gid)
    port = free_port()
    facts = {"folder": folder, "daemons": _DAEMONS, "uid": keeper.pw_uid, "gid": keeper.pw_gid, "port": port}
    (folder / "etc" / "main.cf").write_text(_MAIN.format(**facts) + main)
    (folder / "etc" / "master.cf").write_text(_MASTER.format(**facts) + master)
    return port


def _await(port: int) -> None:
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert time.monotonic() < deadline, "Postfix does not answer"
            time.sleep(0.05)
        else:
            return
