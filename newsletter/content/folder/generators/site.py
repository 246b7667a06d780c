"""The site that a content folder belongs to."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Site:
    """What a generator's settings tell of the site; a plain folder is one, too."""

    generator: str
    root: Path  # where the generator's settings are
    content: Path  # the folder from which addresses and identities are counted
    url: str | None  # where `content` is published, without a slash at the end
    timezone: ZoneInfo
    language: str
    settings: Mapping[str, object]
