"""A site with an issue frozen for many readers: made once by the real application, copied for every run."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from hmac import new as hmac
from itertools import count
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, insert

from newsletter.application import forthcoming, sending
from newsletter.application.opening import opened
from subscribers import keys
from subscribers.database import writing
from subscribers.tables import subscribers
from tests.postgres import Cluster
from tests.sites import TestSite, make_site

#: Readers written in one statement.
_FEW = 10_000

#: Of how many readers one is at the big provider; the others are spread over so many domains.
_BIG, _DOMAINS = 2, 1_000

_SENTENCE = (
    "The **tide** came in at the hour that the [table](https://example.com/t) gave, and the boats turned. "
)
_BODY = (
    f"{_SENTENCE * 4}\n\n## What happened\n\n{_SENTENCE * 4}\n\n- one\n- two\n\n> {_SENTENCE * 2}\n\n"
    f"{_SENTENCE * 4}\n\n| hour | height |\n|---|---|\n| 06:10 | 3.1 |\n| 12:20 | 0.4 |\n\n{_SENTENCE * 4}\n"
)

#: Posts of an issue, so that a message has some 30 kB.
_POSTS = 3

_names = count(1)


@dataclass(frozen=True, slots=True)
class Mailing:
    """A site whose issue 1 waits for its readers; without a cluster its database is SQLite."""

    site: TestSite
    readers: int
    example: bytes  # a message as a reader gets it
    cluster: Cluster | None = None
    database: str = ""

    @contextmanager
    def copied(self) -> Iterator[TestSite]:
        """Yield a copy that may be used up."""
        with tempfile.TemporaryDirectory(prefix="newsletter-bench-") as folder:
            copy = TestSite(Path(folder) / "site")
            shutil.copytree(self.site.directory, copy.directory)
            if self.cluster is None:
                os.sync()  # else the copy would be written back while the copy's user waits for its own
                yield copy
                return
            name = f"{self.database}_{next(_names)}"
            copy.set(self.database, name)
            self.cluster.create(name, template=self.database)
            self.cluster.execute("CHECKPOINT")
            try:
                yield copy
            finally:
                self.cluster.drop(name)


@contextmanager
def frozen(readers: int, *, cluster: Cluster | None = None, small: bool = False) -> Iterator[Mailing]:
    """Make a site with so many readers and freeze an issue of some 30 kB for them; `small`: of some 3 kB."""
    with unfrozen(readers, cluster=cluster, small=small) as mailing:
        with opened(mailing.site.directory) as site:
            sending.make_issue(site, sending.Wish())
        yield mailing


@contextmanager
def unfrozen(readers: int, *, cluster: Cluster | None = None, small: bool = False) -> Iterator[Mailing]:
    """Make a site with so many confirmed readers, and posts that nobody has had."""
    with tempfile.TemporaryDirectory(prefix="newsletter-bench-") as folder:
        name = "" if cluster is None else f"bench_{next(_names)}"
        url = "sqlite:///newsletter.db" if cluster is None else cluster.create(name)
        site = make_site(Path(folder) / "site", database=url)
        site.set('folder = "posts"', 'folder = "posts"\nbody = "full"')
        with opened(site.directory) as opened_site, writing(opened_site.engine) as connection:
            _write_readers(connection, readers)
        for number in range(1 if small else _POSTS):
            site.write(f"tide-{number}.md", "The tide is in." if small else _BODY)
        yield Mailing(site, readers, _example(site), cluster, name)


def _example(site: TestSite) -> bytes:
    folder = site.directory.parent / "preview"
    with opened(site.directory) as opened_site:
        forthcoming.preview(opened_site, cadence=None, folder=folder)
    return (folder / "issue.eml").read_bytes()


def _write_readers(connection: Connection, readers: int) -> None:
    key, now = keys.suppression_key(connection), datetime.now(UTC)
    for first in range(1, readers + 1, _FEW):
        last = min(first + _FEW, readers + 1)
        connection.execute(insert(subscribers), [_reader(number, key, now) for number in range(first, last)])


def _reader(number: int, key: bytes, now: datetime) -> dict[str, Any]:
    domain = "mail.example.org" if number % _BIG == 0 else f"d{number % _DOMAINS}.example.net"
    email = f"reader{number}@{domain}"
    return {
        "email": email,
        "email_key": email,
        "address_hash": hmac(key, email.encode(), sha256).hexdigest(),
        "name": f"Reader {number}",
        "status": "confirmed",
        "cadence": "weekly",
        "topics": (),
        "timezone": "UTC",
        "language": "en",
        "served": 0,
        "created_at": now,
        "confirmed_at": now,
    }
