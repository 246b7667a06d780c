"""The hub, with lines that are halves of pairs of sockets: what is said at the other half is the relay's answer."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack
from threading import Thread

import pytest

from newsletter.outbox.delivery.hub import Hub
from newsletter.transport.protocol import Outlook


class Line:
    """A line that takes `W` for well, and `A` for amiss; anything else is half an answer."""

    def __init__(self) -> None:
        self.here, self.there = socket.socketpair()
        self.here.setblocking(False)
        self.heard = b""
        self.rounds = 0
        self.is_alone = False
        self.goes_on = True
        self.prepared = 0
        self.moves_to: Line | None = None

    def fileno(self) -> int:
        """Return what to watch."""
        return self.here.fileno() if self.moves_to is None else self.moves_to.fileno()

    def outlook(self) -> Outlook:
        """Say how it stands."""
        self.heard += self.here.recv(99) if self.moves_to is None else self.moves_to.here.recv(99)
        if b"A" in self.heard:
            return Outlook.AMISS
        return Outlook.WELL if b"W" in self.heard else Outlook.WAITING

    def carry_on(self) -> bool:
        """Count a round."""
        self.heard = b""
        self.rounds += 1
        return self.goes_on

    def prepare(self) -> bool:
        """Have one thing to do ahead."""
        self.prepared += 1
        return self.prepared == 1

    def go_alone(self) -> None:
        """Note that it was left alone."""
        self.is_alone = True


@pytest.fixture
def hub() -> Iterator[Hub]:
    """A hub."""
    made = Hub()
    yield made
    made.close()


@pytest.fixture
def lines() -> Iterator[list[Line]]:
    """Three lines."""
    with ExitStack() as stack:
        made = [Line() for _ in range(3)]
        for line in made:
            stack.enter_context(line.here)
            stack.enter_context(line.there)
        yield made


def test_who_has_an_answer_goes_on(hub: Hub, lines: list[Line]) -> None:
    """Of several lines those that were answered go on, each as often as it was answered."""
    for line in lines:
        hub.offer(line)
    lines[0].there.send(b"W")
    lines[2].there.send(b"W")
    hub.attend(wait=True)
    lines[2].there.send(b"W")
    hub.attend(wait=True)
    assert [line.rounds for line in lines] == [1, 0, 2]
    assert not any(line.is_alone for line in lines)


def test_time_that_is_left(hub: Hub, lines: list[Line]) -> None:
    """While nobody is answered, lines prepare what comes next; an answer ends that, and so does the bell."""
    first, second, third = lines
    for line in lines:
        hub.offer(line)
    first.there.send(b"W")
    hub.attend(wait=False)
    assert [line.prepared for line in lines] == [0, 0, 0]

    def answered() -> bool:
        third.there.send(b"W")
        return True

    first.prepare = answered  # type: ignore[method-assign]
    hub.attend(wait=True)
    assert (third.rounds, second.prepared, third.prepared) == (1, 0, 0)
    first.prepare = lambda: False  # type: ignore[method-assign]
    hub.ring()
    hub.attend(wait=True)
    assert (second.prepared, third.prepared) == (1, 0)


def test_half_an_answer_is_waited_for(hub: Hub, lines: list[Line]) -> None:
    """An answer that comes in pieces is one answer."""
    hub.offer(lines[0])
    lines[0].there.send(b"25")
    hub.attend(wait=False)
    assert (lines[0].rounds, lines[0].is_alone) == (0, False)
    lines[0].there.send(b"W")
    hub.attend(wait=True)
    assert lines[0].rounds == 1


def test_trouble_is_for_a_thread_of_its_own(hub: Hub, lines: list[Line]) -> None:
    """A line on which something is amiss is left alone and not watched any more; the others go on."""
    for line in lines:
        hub.offer(line)
    lines[0].there.send(b"A")
    lines[1].there.send(b"W")
    hub.attend(wait=True)
    assert [line.is_alone for line in lines] == [True, False, False]
    lines[0].there.send(b"W")
    lines[1].there.send(b"W")
    hub.attend(wait=True)
    assert [line.rounds for line in lines] == [0, 2, 0]


def test_who_is_silent_too_long(hub: Hub, lines: list[Line]) -> None:
    """A relay that thinks for long is waited for elsewhere, and holds up nobody."""
    hub.offer(lines[0])
    while not lines[0].is_alone:
        hub.attend(wait=True)
    assert lines[0].rounds == 0


def test_who_has_done_all_is_forgotten(hub: Hub, lines: list[Line]) -> None:
    """A line that needs no more is not watched; its number may be another line's soon."""
    hub.offer(lines[0])
    lines[0].goes_on = False
    lines[0].there.send(b"WW")
    hub.attend(wait=True)
    hub.offer(lines[1])
    lines[0].there.send(b"W")
    lines[1].there.send(b"W")
    hub.attend(wait=True)
    assert [line.rounds for line in lines] == [1, 1, 0]


def test_a_line_on_another_connection(hub: Hub, lines: list[Line]) -> None:
    """A line that has opened a new connection is watched there."""
    line, other, _ = lines
    hub.offer(line)
    line.there.send(b"W")

    def move() -> bool:
        line.moves_to, line.rounds, line.heard = other, line.rounds + 1, b""
        line.carry_on = stay
        return True

    stay = line.carry_on
    line.carry_on = move
    hub.attend(wait=True)
    line.there.send(b"W")
    other.there.send(b"W")
    hub.attend(wait=True)
    assert line.rounds == 2


def test_the_bell(hub: Hub, lines: list[Line]) -> None:
    """Who waits is waked by whoever has something for it; a bell that rang before is heard too."""
    hub.ring()
    hub.attend(wait=True)
    waiting = Thread(target=hub.attend, kwargs={"wait": True})
    waiting.start()
    lines[0].there.send(b"W")
    hub.offer(lines[0])
    hub.ring()
    waiting.join()
    hub.attend(wait=False)
    assert lines[0].rounds == 1
    for _ in range(100_000):  # it never blocks, and never fails
        hub.ring()
    hub.attend(wait=True)
