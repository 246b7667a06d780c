"""Patience: how long to wait after trouble, each time twice as long, up to a limit."""

from collections.abc import Callable

from newsletter.application import logs

#: Seconds to wait after trouble: at first, and at the most.
_FIRST, _LONGEST = 1.0, 300.0


class Pauses:
    """Growing pauses, in seconds."""

    def __init__(self, first: float = _FIRST, *, longest: float = _LONGEST) -> None:
        self._first = self._next = first
        self._longest = longest

    def lengthen(self) -> float:
        """Return for how long to wait now."""
        pause, self._next = self._next, min(2 * self._next, self._longest)
        return pause

    def begin_anew(self) -> None:
        """Forget the trouble."""
        self._next = self._first


class Patience:
    """Pauses while something is not there; it is told when trouble begins, when it changes and when it is over.

    `told` hears what is waited for, and nothing when that is over.
    """

    def __init__(self, told: Callable[[str], None]) -> None:
        self._told = told
        self._trouble = ""
        self._pauses = Pauses()

    def lose(self, trouble: str, reason: str) -> float:
        """Return for how many seconds to wait now."""
        if trouble != self._trouble:
            logs.trouble(trouble, reason=reason)
        self._trouble = trouble
        self._told(reason)
        return self._pauses.lengthen()

    def regain(self, trouble: str = "") -> None:
        """Note that all is well, or that this trouble is over."""
        if trouble not in ("", self._trouble):
            return
        if self._trouble:
            logs.event("back", after=self._trouble)
            self._told("")
        self._trouble = ""
        self._pauses.begin_anew()
