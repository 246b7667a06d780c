"""The hub: connections on which all is well, looked after by one thread.

To wake a thread for every answer of the relay costs as much as to hand over a message. So a connection whose relay
has taken a message, and awaits the next, is carried on with by whoever sees the answer first. Whatever would have to
be waited for is left to the connection's own thread.
"""

import select
import socket
from collections import deque
from contextlib import suppress
from time import monotonic
from typing import Protocol

from newsletter.transport.protocol import Outlook

#: Seconds after which a relay that has not answered is left to be waited for by the connection's own thread.
_SOON = 0.25


class Line(Protocol):
    """A connection that has released a round."""

    def fileno(self) -> int:
        """Return what to watch for the relay's answer."""
        ...

    def outlook(self) -> Outlook:
        """Say how it stands, without waiting."""
        ...

    def carry_on(self) -> bool:
        """Take the answer and begin the next round; return whether this may be done again."""
        ...

    def prepare(self) -> bool:
        """Do some of what will have to be done; return whether there was anything to do."""
        ...

    def go_alone(self) -> None:
        """Do so in a thread of its own, waiting for what has to be waited for."""
        ...


class Hub:
    """Watches lines, for one thread that calls `attend`; any other may `offer` one, and then `ring`."""

    def __init__(self) -> None:
        self._watched = select.poll()
        #: By what is watched: each line, and the moment from which on its relay keeps us waiting.
        self._lines: dict[int, tuple[Line, float]] = {}
        self._offered: deque[Line] = deque()
        self._ear, self._bell = socket.socketpair()
        self._bell.setblocking(False)
        self._watched.register(self._ear, select.POLLIN)

    def offer(self, line: Line) -> None:
        """Have a line looked after."""
        self._offered.append(line)

    def ring(self) -> None:
        """Have `attend` return, or not begin to wait."""
        with suppress(BlockingIOError):  # it is ringing
            self._bell.send(b"!")

    def attend(self, *, wait: bool) -> None:
        """Carry on with all lines whose relay has answered; `wait` for one, or for the bell, if none has."""
        self._take_up()
        ready = self._await() if wait else self._look(0)[0]
        while ready:
            for number in ready:
                self._see_to(number)
            # who has just gone on is answered only when that is written down
            ready = self._look(0)[0] if len(ready) < len(self._lines) else []
        self._give_up(monotonic())

    def close(self) -> None:
        """Let go of what it watches with."""
        self._ear.close()
        self._bell.close()

    def _await(self) -> list[int]:
        """Return who is answered first; while nobody is, the lines use the time."""
        for line, _ in self._lines.values():
            if line.prepare():
                ready, rang = self._look(0)
                if ready or rang:
                    return ready
        return self._look(_SOON if self._lines else None)[0]

    def _look(self, seconds: float | None) -> tuple[list[int], bool]:
        """Return the lines that have something to say, and whether the bell rang."""
        found = self._watched.poll(None if seconds is None else seconds * 1000)
        ready = [number for number, _ in found]
        if rang := self._ear.fileno() in ready:
            ready.remove(self._ear.fileno())
            self._ear.recv(4096)
            self._take_up()
        return ready, rang

    def _see_to(self, number: int) -> None:
        line, _ = self._lines[number]
        outlook = line.outlook()
        if outlook is Outlook.WELL:
            goes_on = line.carry_on()
            if goes_on and line.fileno() == number:
                self._lines[number] = line, monotonic() + _SOON
                return
            self._forget(number)
            if goes_on:  # on another connection
                self.offer(line)
        elif outlook is Outlook.AMISS:
            self._forget(number)
            line.go_alone()

    def _take_up(self) -> None:
        while self._offered:
            line = self._offered.popleft()
            number = line.fileno()
            self._watched.register(number, select.POLLIN)
            self._lines[number] = line, monotonic() + _SOON

    def _give_up(self, now: float) -> None:
        overdue = [number for number, (_, until) in self._lines.items() if until < now]
        for number in overdue:
            line, _ = self._lines[number]
            self._forget(number)
            line.go_alone()

    def _forget(self, number: int) -> None:
        del self._lines[number]
        self._watched.unregister(number)
