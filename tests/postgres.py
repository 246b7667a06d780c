"""A PostgreSQL cluster of our own for one test session: a temporary folder, a unix socket, no fsync."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from sqlalchemy import URL, create_engine, text
from sqlalchemy.exc import OperationalError

#: Who runs the server where we are root.
USER = "postgres"

_SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "60",
    "shared_buffers": "32MB",
    "timezone": "Asia/Kathmandu",  # no moment may depend on the server's zone
}


def find_binaries() -> Path | None:
    """Return the folder of the newest installed `postgres`, or None."""
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=_version)
    if installed:
        return installed[-1].parent
    found = shutil.which("postgres")
    return Path(found).resolve().parent if found and shutil.which("initdb") else None


def _version(binary: Path) -> float:
    try:
        return float(binary.parent.parent.name)
    except ValueError:
        return 0


@dataclass
class Cluster:
    """A running server; databases in it are made from templates and dropped again."""

    socket: Path
    command: Sequence[str | Path] = field(repr=False)
    user: str | None = field(default=None, repr=False)
    server: "subprocess.Popen[bytes] | None" = field(default=None, repr=False)

    def url(self, database: str, **query: str) -> str:
        """Return a database's URL; `query` may name another way to it than the socket."""
        where = URL.create(
            "postgresql+psycopg",
            username="postgres",
            database=database,
            query={"host": str(self.socket), **query},
        )
        return where.render_as_string(hide_password=False)

    def execute(self, statement: str) -> None:
        """Run one statement outside any transaction."""
        engine = create_engine(self.url("postgres"), isolation_level="AUTOCOMMIT")
        try:
            with engine.connect() as connection:
                connection.execute(text(statement))
        finally:
            engine.dispose()

    def create(self, database: str, *, template: str = "template0") -> str:
        """Make a database and return its URL."""
        self.execute(f'CREATE DATABASE "{database}" TEMPLATE "{template}"')
        return self.url(database)

    def drop(self, database: str) -> None:
        self.execute(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')

    def start(self) -> None:
        """Start the server, and wait until it lets us in."""
        log = self.socket / "log"
        with log.open("ab") as output:
            self.server = subprocess.Popen(
                self.command,
                user=self.user,
                cwd=self.socket,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        deadline = time.monotonic() + 30
        while True:
            try:
                self.execute("SELECT 1")
            except OperationalError:
                if self.server.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"PostgreSQL did not start:\n{log.read_text()}") from None
                time.sleep(0.05)
            else:
                return

    def crash(self) -> None:
        """End the server at once: no connection is told, and nothing is tidied up ("immediate" shutdown)."""
        if self.server is not None:
            self.server.send_signal(signal.SIGQUIT)
            self.server.wait()


@contextmanager
def running(
    binaries: Path, settings: Mapping[str, str] = MappingProxyType({}), *, before: Sequence[str] = ()
) -> Iterator[Cluster]:
    """Start a cluster, and take all of it away afterwards; `settings` go before ours, which trust no disk.

    `before` is what the server's command line begins with; that has to see to it then who runs it.
    """
    # PostgreSQL refuses to run as root, and a socket's path has 107 octets at most.
    user = USER if os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="newsletter-pg-"))
    try:
        if user is not None:
            shutil.chown(folder, user)
        data = folder / "data"
        command = [binaries / "initdb", "--no-sync", "--auth=trust", "--username=postgres", "--encoding=UTF8"]
        subprocess.run(
            [*command, "--locale=C.UTF-8", "-D", data], user=user, cwd=folder, check=True, capture_output=True
        )
        options = [
            word for name, value in {**_SETTINGS, **settings}.items() for word in ("-c", f"{name}={value}")
        ]
        with (data / "pg_hba.conf").open("a") as access:
            access.write("host all all samenet trust\n")  # matters only where it listens
        command = [*before, binaries / "postgres", "-D", data, "-k", folder, *options]
        cluster = Cluster(folder, command, None if before else user)
        try:
            cluster.start()
            yield cluster
        finally:
            cluster.crash()  # nothing in it is worth keeping
    finally:
        shutil.rmtree(folder, ignore_errors=True)
