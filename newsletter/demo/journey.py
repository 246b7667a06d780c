"""The demonstration, step by step: a site that was made up, its readers, and one send."""

import csv
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

from newsletter.application import opening, people
from newsletter.settings import FILE_NAME
from newsletter.site import Site

_MADE_UP = Path(__file__).with_name("site")

#: Why the readers of the demo count as confirmed.
VOUCHED = "made up for the demonstration"

SETTINGS = """\
# A newsletter that was made up, to show how this works. Nothing in it reaches the outside.

[newsletter]
title = "Tide Notes"
from = "Tide Notes <news@tidenotes.example>"
url = "https://news.tidenotes.example"
postal_address = "1 Harbour Street, Bristol BS1 4AA, UK"
language = "en"
timezone = "Europe/London"

[content]
folder = "posts"

[schedule]
weekly = "Mon 08:00"
monthly = "1 08:00"
default = "weekly"
"""


@dataclass(frozen=True, slots=True)
class Stage:
    """Where the demonstration plays."""

    directory: Path
    fresh: bool

    @property
    def mail(self) -> Path:
        """The folder in which the loopback server files what it gets."""
        return self.directory / "mail"


def set_stage(directory: Path) -> Stage:
    """Make the demo's site with its posts and readers, or find the one that an earlier run made."""
    directory = directory.resolve()
    if (directory / FILE_NAME).exists():
        return Stage(directory, fresh=False)
    directory.mkdir(parents=True, exist_ok=True)
    shutil.copytree(_MADE_UP / "posts", directory / "posts", dirs_exist_ok=True)
    opening.begin_site(directory, include_existing=True, settings=SETTINGS)
    with opening.opened(directory) as site:
        for reader in made_up_readers():
            people.add_subscriber(
                site,
                reader["email"],
                name=reader["name"],
                cadence=reader["cadence"] or None,
                topics=tuple(reader["topics"].split()),
                timezone=None,
                language=None,
                why=VOUCHED,
            )
    return Stage(directory, fresh=True)


def made_up_readers() -> list[dict[str, str]]:
    """Return the demo's 25 readers."""
    with (_MADE_UP / "readers.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def through(site: Site, port: int, host: str = "127.0.0.1") -> Site:
    """Return the site with another relay: the demo's own."""
    relay = replace(site.settings.smtp, host=host, port=port, security="none", connections=4)
    return replace(site, settings=replace(site.settings, smtp=relay))
