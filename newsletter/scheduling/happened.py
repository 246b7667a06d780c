"""What a tick did, or what kept it from doing something, in the words of the log."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Happened:
    """One event; `trouble` says whether a person should look at it."""

    event: str  # "issue frozen", "skipped", "missed", "blocked", "posts unreadable"
    facts: dict[str, Any] = field(default_factory=dict)
    trouble: bool = False


#: Who hears what happened.
Tell = Callable[[Happened], None]


def nobody(_happened: Happened) -> None:
    """Hear nothing."""
