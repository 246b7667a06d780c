"""Databases that cannot be used: each is refused with place and remedy, and nothing is half written."""

import socket
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from sqlalchemy import make_url, select, text

from subscribers import outages
from subscribers.database import open_engine, reading, writing
from subscribers.errors import DatabaseUnavailable
from tests.postgres import Cluster
from tests.requirements import require

_ROOT = Path(__file__).parents[2]

#: Writes ten rows of 10,000 octets a transaction until that is refused.
_FILL = """
import os, sys
from sqlalchemy import text
from subscribers.database import open_engine, reading, writing
from subscribers.errors import DatabaseUnavailable

if "limit" in sys.argv:
    import resource
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, resource.RLIM_INFINITY))
engine = open_engine(f"sqlite:///{sys.argv[1]}/newsletter.db")

def fill():
    with writing(engine) as connection:
        connection.execute(text("CREATE TABLE IF NOT EXISTS trial (content TEXT)"))
        for _ in range(10):
            connection.execute(text("INSERT INTO trial VALUES (:content)"), {"content": "x" * 10_000})

try:
    for _ in range(1000):
        fill()
except DatabaseUnavailable as error:
    print(error)
if "limit" in sys.argv:
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
else:
    os.remove(f"{sys.argv[1]}/ballast")
with reading(engine) as connection:
    before = connection.scalar(text("SELECT count(*) FROM trial"))
fill()
with reading(engine) as connection:
    after = connection.scalar(text("SELECT count(*) FROM trial"))
    print(before > 0, before % 10, after - before, connection.scalar(text("PRAGMA integrity_check")))
engine.dispose()
"""

#: Writes to a database, without root's rights, which no permissions bind.
_WITHOUT_RIGHTS = """
import os, sys
from sqlalchemy import text
from subscribers.database import open_engine, writing
from subscribers.errors import DatabaseUnavailable

engine = open_engine(f"sqlite:///{sys.argv[1]}")
if os.geteuid() == 0:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
try:
    with writing(engine) as connection:
        connection.execute(text("CREATE TABLE trial (content TEXT)"))
except DatabaseUnavailable as error:
    print(error)
"""


def _refusal(url: str) -> str:
    """Open a database, write to it, and return what the author is told."""
    engine = open_engine(url)
    try:
        with pytest.raises(DatabaseUnavailable) as refused, writing(engine) as connection:
            connection.execute(text("CREATE TABLE trial (content TEXT)"))
    finally:
        engine.dispose()
    return str(refused.value)


def _as_nobody(path: Path) -> str:
    """Write to a database as a user with no rights at all, and return what the author is told."""
    command = [sys.executable, "-c", _WITHOUT_RIGHTS, str(path)]
    return subprocess.run(command, cwd=_ROOT, check=True, capture_output=True, text=True).stdout


def test_a_file_that_may_not_grow(tmp_path: Path) -> None:
    """A limit on file sizes ends in a clear message; whole transactions stay, and writing goes on after."""
    told = subprocess.run(
        [sys.executable, "-c", _FILL, tmp_path, "limit"],
        cwd=_ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    trouble, remedy, afterwards = told.splitlines()
    assert f"{tmp_path}/newsletter.db: the disk refuses" in trouble
    assert "nothing is half written" in remedy
    assert afterwards == "True 0 10 ok"


def test_a_full_disk(tmp_path: Path) -> None:
    """The same on a real file system of one megabyte, until room is made."""
    mount = f"mount -t tmpfs -o size=1m,mode=777 tmpfs {tmp_path}"
    able = subprocess.run(["unshare", "-m", "sh", "-c", mount], capture_output=True, check=False)
    require("the right to mount a file system", able.returncode == 0)
    fill = f'{mount} && head -c 400000 /dev/zero > {tmp_path}/ballast && exec "$0" -c "$1" {tmp_path}'
    told = subprocess.run(
        ["unshare", "-m", "sh", "-c", fill, sys.executable, _FILL],
        cwd=_ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    trouble, remedy, afterwards = told.splitlines()
    assert f"{tmp_path}/newsletter.db: the disk is full" in trouble
    assert "Make room" in remedy
    assert afterwards == "True 0 10 ok"


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    """A settings file named by mistake is refused, and left as it is."""
    path = tmp_path / "newsletter.toml"
    content = "[newsletter]\n" * 500
    path.write_text(content)
    told = _refusal(f"sqlite:///{path}")
    assert f"{path}: the file is not a database" in told
    assert "Restore a backup" in told
    assert path.read_text() == content


def test_a_damaged_file(sqlite_template: Path, tmp_path: Path) -> None:
    """A file that was cut short is called damaged."""
    path = tmp_path / "newsletter.db"
    path.write_bytes(sqlite_template.read_bytes()[:9000])
    engine = open_engine(f"sqlite:///{path}")
    with pytest.raises(DatabaseUnavailable, match="the file is damaged"), reading(engine) as connection:
        connection.execute(text("SELECT * FROM deliveries")).all()
    engine.dispose()


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    """The place is named, and no folder is made in passing."""
    told = _refusal(f"sqlite:///{tmp_path}/missing/newsletter.db")
    assert f"{tmp_path}/missing/newsletter.db: it cannot be opened or made" in told
    assert "Check that the folder exists" in told
    assert not (tmp_path / "missing").exists()


def test_a_folder_that_may_not_be_written(tmp_path: Path) -> None:
    """Another user's folder: the message names the file and what to check."""
    folder = _reachable(tmp_path)
    folder.chmod(0o555)
    told = _as_nobody(folder / "newsletter.db")
    assert f"{folder}/newsletter.db: it cannot be opened or made" in told
    assert "this user may write" in told


def test_a_file_that_may_only_be_read(sqlite_template: Path, tmp_path: Path) -> None:
    """Another user's file in a shared folder: the same, and the file is unchanged."""
    folder = _reachable(tmp_path)
    folder.chmod(0o777)
    path = folder / "newsletter.db"
    path.write_bytes(sqlite_template.read_bytes())
    path.chmod(0o444)
    told = _as_nobody(path)
    assert f"{path}: it may not be written" in told
    assert "this user may write" in told
    assert path.read_bytes() == sqlite_template.read_bytes()


def _reachable(tmp_path: Path) -> Path:
    """Return a folder that every user can get to, although pytest's own folders are private."""
    shared = Path(tempfile.gettempdir())
    for parent in (tmp_path, *tmp_path.parents):
        if parent == shared or not parent.is_relative_to(shared):
            break
        parent.chmod(0o755)
    folder = tmp_path / "site"
    folder.mkdir()
    return folder


def test_tables_that_are_missing(empty_postgres_url: str, tmp_path: Path) -> None:
    """An empty database is not a traceback: the author learns how to compare it with this version."""
    for url in (f"sqlite:///{tmp_path}/empty.db", empty_postgres_url):
        engine = open_engine(url)
        with pytest.raises(DatabaseUnavailable, match="is missing") as refused, reading(engine) as connection:
            connection.execute(select(text("*")).select_from(text("subscribers")))
        engine.dispose()
        assert "newsletter database check" in refused.value.remedy


def test_a_postgresql_that_does_not_run() -> None:
    """Place and remedy, and not the password."""
    told = _refusal("postgresql+psycopg://writer:s3cret@127.0.0.1:1/news")
    assert "The database news at 127.0.0.1: the server cannot be reached" in told
    assert "Check that it runs" in told
    assert "s3cret" not in told


def test_a_postgresql_that_does_not_answer() -> None:
    """A host that takes connections and says nothing is given up after a while, and not with a traceback."""
    with socket.create_server(("127.0.0.1", 0)) as mute:
        told = _refusal(f"postgresql://writer@127.0.0.1:{mute.getsockname()[1]}/news?connect_timeout=1")
    assert "the server cannot be reached" in told
    assert "timeout expired" in told


def test_a_postgresql_that_does_not_let_us_in(postgres_cluster: Cluster) -> None:
    """A user and a database that are not there; no password is repeated, wherever in the URL it stood."""
    for user, database in (("nobody", "postgres"), ("postgres", "elsewhere")):
        url = make_url(postgres_cluster.url(database)).set(username=user, password="s3cret")
        told = _refusal(url.render_as_string(hide_password=False))
        assert f"{database} at {postgres_cluster.socket}" in told
        assert "does not exist" in told
        assert "s3cret" not in told


def test_a_postgresql_server_that_goes_away(postgres_cluster: Cluster, empty_postgres_url: str) -> None:
    """A connection cut in the middle of a transaction is an outage, and the next transaction works again."""
    engine = open_engine(empty_postgres_url)

    def be_cut_off() -> None:
        with writing(engine) as connection:
            own = connection.scalar(text("SELECT pg_backend_pid()"))
            postgres_cluster.execute(f"SELECT pg_terminate_backend({own})")
            connection.execute(text("SELECT 1"))

    with pytest.raises(DatabaseUnavailable, match="nothing is half written"):
        be_cut_off()
    with reading(engine) as connection:
        assert connection.scalar(text("SELECT 1")) == 1
    engine.dispose()


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("", "does not parse"),
        ("newsletter.db", "does not parse"),
        ("postgresql://writer:s3cret@host:port/news", "does not parse"),
        ("mysql://writer:s3cret@host/news", "'mysql', which is not supported"),
        ("sqlite+pysqlcipher://:s3cret@/news.db", "not supported"),
        ("sqlite://", "names no file"),
        ("sqlite:///:memory:", "names no file"),
    ],
)
def test_a_url_that_is_no_database(url: str, words: str) -> None:
    """The author sees what forms there are, and never the password."""
    with pytest.raises(DatabaseUnavailable, match=words) as refused:
        open_engine(url)
    assert "s3cret" not in str(refused.value)
    assert "sqlite:///newsletter.db" in refused.value.remedy
    assert refused.value.__cause__ is None


def test_spellings_of_postgresql() -> None:
    """Hosters hand out postgres:// URLs; they are taken as they come, with limits on waiting."""
    for scheme in ("postgres", "postgresql", "postgresql+psycopg"):
        engine = open_engine(f"{scheme}://writer@host/news")
        assert engine.url.drivername == "postgresql+psycopg"
        assert engine.url.query["connect_timeout"] == "10"
        assert engine.url.query["tcp_user_timeout"] == "30000"
    assert open_engine("postgresql://writer@host/news?connect_timeout=3").url.query["connect_timeout"] == "3"


def test_a_password_in_a_driver_message_is_taken_out() -> None:
    """Whatever a driver chooses to repeat."""
    url = make_url("postgresql+psycopg://writer:s3cret@host/news?sslpassword=al5o")
    error = type("OperationalError", (Exception,), {})("bad s3cret\nand al5o")
    outage = outages.explain(url, error)
    assert outage is not None
    assert "(bad *** and ***)" in str(outage)


def test_an_unknown_fault_is_not_explained_away() -> None:
    """Only what the author can do something about becomes an outage."""
    error = sqlite3.OperationalError("near SELEKT: syntax error")
    assert outages.explain(make_url("sqlite:///newsletter.db"), error) is None
