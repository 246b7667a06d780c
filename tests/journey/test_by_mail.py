"""By e-mail alone: a reader who never sees a page, through a real Postfix and a real Dovecot, by each of the doors."""

import email
import email.policy
import grp
import os
import pwd
import shutil
import smtplib
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from newsletter.application.opening import opened
from newsletter.inbound.tables import received
from newsletter.outbox.tables import letters
from subscribers import suppression
from subscribers.address import parse
from subscribers.database import reading
from tests.dovecot import PASSWORD, Dovecot, dovecot_running
from tests.ports import free_port
from tests.postfix import Postfix, postfix_running
from tests.processes import wait_until
from tests.sites import TestSite, make_site

ROOT = Path(__file__).parents[2]

#: Readers and the author, all at example.org; the newsletter's own mailbox is used only where we empty it.
USERS = ("ana", "author", "news")

#: What the guide tells to write into Postfix's files, for each way in; example.org stands for everybody else.
MAIN = """
virtual_mailbox_domains =
relay_domains = example.com, example.org
recipient_delimiter = +
transport_maps = inline:{{ {{ example.com = {way} }}, {{ example.org = lmtp:inet:127.0.0.1:{lmtp} }} }}
smtpd_recipient_restrictions = permit_mynetworks, reject
newsletter_destination_recipient_limit = 1
queue_run_delay = 1s
minimal_backoff_time = 1s
maximal_backoff_time = 1s
"""

MASTER = """
lmtp unix - - n - - lmtp
newsletter unix - n n - - pipe
  flags=R user={user} argv=/usr/bin/env {environment} {python} -m newsletter
  receive --site {site} --sender ${{sender}} --recipient ${{recipient}}
"""


@dataclass(frozen=True, slots=True)
class World:
    """A site that is being served, the mail server between it and the reader, and everybody's mailboxes."""

    site: TestSite
    postfix: Postfix
    dovecot: Dovecot

    def write(self, recipient: str, subject: str, sender: str = "ana@example.org", **headers: str) -> None:
        """Send a mail as a person does."""
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = f"Ana Brito <{sender}>", recipient, subject
        message["Message-ID"] = f"<{os.urandom(8).hex()}@example.org>"
        for name, value in headers.items():
            message[name.replace("_", "-")] = value
        message.set_content("Yes, please.\n")
        with smtplib.SMTP("127.0.0.1", self.postfix.port) as client:
            client.send_message(message, sender, [recipient])

    def letters(self, count: int, user: str = "ana") -> list[EmailMessage]:
        """Wait until so many mails are in somebody's mailbox; return them."""
        return [
            email.message_from_bytes(raw, policy=email.policy.default)
            for raw in self.dovecot.read(user, count)
        ]

    def status(self, address: str) -> str:
        """Return how a subscription stands."""
        found = {reader["email"]: reader["status"] for reader in self.site.data("subscribers", "list")}
        return str(found.get(address, "unknown"))

    def handled(self) -> int:
        """Return how many messages were handled."""
        with opened(self.site.directory) as site, reading(site.engine) as connection:
            return connection.scalar(select(func.count()).select_from(received)) or 0

    def to_others(self) -> list[Any]:
        """Return what was written down to be sent to the author, or as an answer."""
        with opened(self.site.directory) as site, reading(site.engine) as connection:
            return list(connection.execute(select(letters.c.kind, letters.c.recipient)))

    def becomes(self, address: str, status: str) -> None:
        """Wait until a subscription stands so."""
        wait_until(lambda: self.status(address) == status)


@contextmanager
def world(door: str) -> Iterator[World]:
    """Begin a site whose mail comes back by this door, and serve it."""
    folder = Path(tempfile.mkdtemp(prefix="newsletter-by-mail-"))
    folder.chmod(0o755)
    inbound = free_port()
    try:
        with dovecot_running(USERS) as dovecot:
            way = {
                "lmtp": f"lmtp:inet:127.0.0.1:{inbound}",
                "pipe": "newsletter:",
                "imap": f"lmtp:inet:127.0.0.1:{dovecot.lmtp}",
            }[door]
            main = MAIN.format(way=way, lmtp=dovecot.lmtp)
            with _for_anybody(folder) as (python, environment), ExitStack() as running:
                master = MASTER.format(
                    user="nobody", python=python, environment=environment, site=folder / "site"
                )
                postfix = running.enter_context(postfix_running(main=main, master=master))
                site = make_site(folder / "site", port=postfix.port)
                settings = f'listen = "127.0.0.1:{inbound}"\n'
                if door == "imap":
                    settings = 'listen = "none"\nimap_host = "127.0.0.1"\nimap_security = "none"\n'
                    settings += (
                        f'imap_port = {dovecot.imap}\nimap_username = "news"\nimap_password = "{PASSWORD}"\n'
                    )
                site.set(
                    "[database]",
                    f'[author]\nemail = "author@example.org"\n\n[inbound]\n{settings}\n[database]',
                )
                site.write("first.md")
                site.done("database", "upgrade")
                _give_to(folder / "site", "nobody")
                with _served(site), _explained(postfix, dovecot):
                    yield World(site, postfix, dovecot)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _for_anybody(folder: Path) -> Iterator[tuple[Path, str]]:
    """Show the interpreter and the code also to users who may not look into the folders where both are kept.

    Yields the interpreter and the variables that it needs there. Postfix runs no pipe as root, and
    both may lie in root's home.
    """
    kept = {"python": sys.base_prefix, "packages": sysconfig.get_path("purelib"), "code": str(ROOT)}
    with ExitStack() as mounted:
        for name, source in kept.items():
            place = folder / name
            place.mkdir()
            subprocess.run(["mount", "--bind", source, place], check=True, timeout=20)
            mounted.callback(subprocess.run, ["umount", "--lazy", place], check=True, timeout=20)
        python = folder / "python"
        paths = f"PYTHONPATH={folder / 'packages'}:{folder / 'code'} LD_LIBRARY_PATH={python / 'lib'}"
        yield python / "bin" / "python3", paths


def _give_to(folder: Path, user: str) -> None:
    """Let another user work with a site, as the one under whom a mail server runs its pipes."""
    keeper = pwd.getpwnam(user)
    for path in (folder, *folder.rglob("*")):
        os.chown(path, keeper.pw_uid, grp.getgrgid(keeper.pw_gid).gr_gid)


@contextmanager
def _explained(postfix: Postfix, dovecot: Dovecot) -> Iterator[None]:
    try:
        yield
    except AssertionError as error:
        for peer in (postfix, dovecot):
            error.add_note((peer.folder / "log").read_text())
        raise


@contextmanager
def _served(site: TestSite) -> Iterator[None]:
    process = site.start("serve", "--only", "inbound,deliver")
    try:
        yield
    finally:
        process.terminate()
        _, said = process.communicate(timeout=20)
    assert process.returncode == 0, said


@pytest.mark.parametrize("door", ["lmtp", "pipe", "imap"])
def test_in_and_out(door: str) -> None:
    """A mail to +subscribe, the answer to the question, an issue; then a mail to +unsubscribe, and silence."""
    with world(door) as there:
        there.write("news+subscribe@example.com", "")
        (question,) = there.letters(1)
        assert question["Auto-Submitted"].startswith("auto-")
        assert there.status("ana@example.org") == "pending"

        there.write(question["Reply-To"].addresses[0].addr_spec, f"Re: {question['Subject']}")
        _, welcome = there.letters(2)
        assert "Tide Notes" in welcome["Subject"]
        assert there.status("ana@example.org") == "confirmed"

        there.write("news+unsubscribe@example.com", "")
        *_, link = there.letters(3)
        assert link["Subject"] == "Do you want to leave Tide Notes?"
        assert there.status("ana@example.org") == "confirmed"

        mailto = link["List-Unsubscribe"].rpartition("<mailto:")[2].rstrip(">")
        there.write(mailto, "unsubscribe", Auto_Submitted="auto-generated")
        there.becomes("ana@example.org", "unsubscribed")
        if door == "imap":
            wait_until(lambda: there.dovecot.count("news") == 0)
            assert there.dovecot.count("news", "Newsletter") == 4


def test_answers_reports_and_absence() -> None:
    """What a person answers goes on to the author; a bounce by Postfix ends a subscription; absence does nothing."""
    with world("lmtp") as there:
        there.site.reader("ana@example.org")
        there.site.reader("gone@example.org")
        there.site.write("second.md", "Low tide.")
        there.site.done("send", "--yes")
        (issue,) = there.letters(1)

        there.becomes("gone@example.org", "unsubscribed")
        with opened(there.site.directory) as site, reading(site.engine) as connection:
            assert suppression.is_suppressed(connection, parse("gone@example.org"))

        return_path = issue["Return-Path"].strip("<>")
        there.write(return_path, "Out of office", Auto_Submitted="auto-replied (vacation)")
        there.write("news@example.com", "Absent until Monday", Auto_Submitted="auto-replied")
        there.write("news@example.com", f"Re: {issue['Subject']}", In_Reply_To=issue["Message-ID"])
        (answer,) = there.letters(1, "author")
        assert answer["X-Newsletter-Issue"] == f"1 ({issue['Subject']})"
        assert (answer["From"], answer["Subject"]) == (
            "Ana Brito <ana@example.org>",
            f"Re: {issue['Subject']}",
        )
        assert there.status("ana@example.org") == "confirmed"


def test_help_once_a_day_and_never_to_machines() -> None:
    """Who writes to +help is told what can be asked, once; machines, lists and ourselves are told nothing."""
    with world("lmtp") as there:
        for machine in (
            {"Auto_Submitted": "auto-replied"}, {"Precedence": "bulk"}, {"List_Id": "<a.example.org>"},
            {"sender": "mailer-daemon@example.org"}, {"sender": "news@example.com"},
        ):  # fmt: skip
            there.write("news+help@example.com", "machine", **machine)
        there.write("news+help@example.com", "hello")
        there.write("news+help@example.com", "hello again")
        (answer,) = there.letters(1)
        assert answer["Auto-Submitted"] == "auto-replied"
        assert answer["Return-Path"] == "<>"
        assert answer["In-Reply-To"]
        wait_until(lambda: there.handled() == 7)
        assert [letter.kind for letter in there.to_others()] == ["answer"]
