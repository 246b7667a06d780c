"""The point of no return of a round, for transports whose own thread does everything that comes after it."""

from threading import Event


class Gate:
    """Closed from the beginning of a round until somebody releases or abandons it."""

    def __init__(self) -> None:
        self._decided = Event()
        self._open = False

    def shut(self) -> None:
        """Begin a round."""
        self._open = False
        self._decided.clear()

    def open(self) -> None:
        """Release the round, unless it was abandoned."""
        self._decide(True)

    def abandon(self) -> None:
        """Never release the round, unless it was released."""
        self._decide(False)

    def _decide(self, released: bool) -> None:
        if not self._decided.is_set():
            self._open = released
            self._decided.set()

    def passed(self) -> bool:
        """Wait for the decision; return whether the round was released."""
        self._decided.wait()
        return self._open
