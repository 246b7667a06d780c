"""Sites for tests: a directory with settings and posts, made in a few words."""

import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from newsletter.application.opening import opened
from newsletter.issues.templating import Templates
from newsletter.settings import read_settings
from newsletter.site import Site
from subscribers.database import writing
from tests.commands import Ran, done, run
from tests.issues import add_readers
from tests.processes import Process

SETTINGS = """\
[newsletter]
title = "Tide Notes"
from = "Tide Notes <news@example.com>"
url = "https://news.example.com"
postal_address = "1 Harbour Street, Bristol BS1 4AA, UK"
timezone = "Europe/London"

[content]
folder = "posts"
url = "https://example.com"

[check]
silence = ["preheader-length"] # posts of tests are short

[schedule]
weekly = "Mon 08:00"
daily = "07:00"
default = "weekly"

[smtp]
host = "127.0.0.1"
port = {port}
connections = 2
timeout = 20

[database]
url = "{database}"
"""


@dataclass(frozen=True, slots=True)
class TestSite:
    """A site in a directory."""

    __test__ = False  # for pytest: this is no test

    directory: Path

    def run(self, *words: object) -> Ran:
        """Run a command on this site, whatever comes of it."""
        return run(*words, "--site", self.directory)

    def done(self, *words: object) -> Ran:
        """Run a command on this site that must succeed."""
        return done(*words, "--site", self.directory)

    def data(self, *words: object) -> Any:
        """Run a command that must succeed with --json and return what it printed."""
        return self.done(*words, "--json").data

    def send(self, *words: object) -> Any:
        """Send, and return what the command printed as JSON."""
        return self.data("send", "--yes", *words)

    def write(self, name: str, body: str = "", **front: str) -> Path:
        """Write a post; `front` is its front matter: title and date are there unless said otherwise."""
        slug = Path(name).stem
        fields = {"title": slug.replace("-", " ").title(), "date": "2026-01-05", **front}
        lines = "".join(f"{key}: {value}\n" for key, value in fields.items() if value)
        path = self.directory / "posts" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"---\n{lines}---\n\n{body or f'The text of {slug}.'}\n", encoding="utf-8")
        return path

    def reader(self, email: str, *words: object) -> None:
        """Add a confirmed reader."""
        self.done("subscribers", "add", email, "--confirmed", "--why", "a test", *words)

    def readers(self, count: int) -> None:
        """Add so many confirmed readers, all at once: reader1@example.org, …"""
        with opened(self.directory) as site, writing(site.engine) as connection:
            add_readers(connection, count, datetime.now(UTC))

    def start(self, *words: object) -> Process:
        """Start a command on this site in a process of its own, which must be ended."""
        command = [sys.executable, "-m", "newsletter", *map(str, words), "--site", str(self.directory)]
        pipes: Any = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        return subprocess.Popen(command, cwd=Path(__file__).parents[1], **pipes)

    def set(self, before: str, after: str) -> None:
        """Change a line of the settings."""
        file = self.directory / "newsletter.toml"
        text = file.read_text(encoding="utf-8")
        assert before in text
        file.write_text(text.replace(before, after), encoding="utf-8")


def make_site(directory: Path, *, port: int = 9, database: str = "sqlite:///newsletter.db") -> TestSite:
    """Make a site with an empty posts folder; its database comes into being with the first command."""
    (directory / "posts").mkdir(parents=True)
    (directory / "newsletter.toml").write_text(
        SETTINGS.format(port=port, database=database), encoding="utf-8"
    )
    return TestSite(directory)


def site_on(engine: Engine, directory: Path) -> Site:
    """Return a site whose database is that of an engine, migrated and with keys already."""
    made = make_site(directory)
    return Site(read_settings(made.directory), engine, Templates(None))
