"""What is said on one connection to hand over messages by DATA, in groups of commands where the relay allows it."""

from collections.abc import Sequence
from contextlib import suppress
from sys import maxsize
from threading import Lock
from time import monotonic

from newsletter.transport import replies
from newsletter.transport.body import for_data
from newsletter.transport.connection import Connection
from newsletter.transport.protocol import Envelope, Lost, Message, Reply, Stage, Verdict
from newsletter.transport.trouble import Broken, Garbled, Goodbye

_DOT = b".\r\n"

#: Seconds between two looks whether a message was released, where nothing else says so.
_GLANCE = 0.1

#: Seconds after which a message that nobody releases is given up. Relays lose patience sooner (RFC 5321, 4.5.3.2).
_UNDECIDED = 600.0

#: A body is written while the relay has nothing to say.
_ALL_THE_WHILE = maxsize

_STAGES: tuple[Stage, ...] = ("mail", "rcpt", "data")


class Conversation:
    """One connection's life: what was said decides what may be said next.

    `stage` is how far the last envelope came, `begun` whether a body waits for its final dot, and `over` whether the
    connection is of no more use.
    """

    def __init__(self, connection: Connection) -> None:
        self.stage: Stage = "mail"
        self.begun = False
        self.over = False
        self._place = connection.place
        self._wire = connection.wire
        self._offers = connection.offers
        self._patience = connection.patience
        self._awaited: Envelope | None = None  # whose body the relay awaits
        self._refused: tuple[Envelope, Reply] | None = None  # what was announced in vain
        self._lock = Lock()  # for the moment of the release
        self._released = False
        self._broken: Broken | None = None  # why nothing can be released any more
        self._announced: Envelope | None = None  # what went along with the dot
        self._unwritten, self._written = b"", 0  # of the dot and what goes along

    def expects(self, message: Message) -> bool:
        """Whether this message may be begun on this connection."""
        return not (self.over or self.begun) and self._awaited in (None, message.envelope)

    def begin(self, message: Message) -> Reply | None:
        """Give the envelope, unless it was announced, and write the body; return its refusal. Raises Broken."""
        if self._awaited is None:
            refusal = self._refusal(message)
            if refusal is not None:
                return refusal
        self.stage = "data"
        self._released, self._announced, self._unwritten, self._written = False, None, b"", 0
        if not self._wire.write(for_data(message), self._patience.block, _ALL_THE_WHILE):
            self._wire.make_room(self._patience.block)  # so that the dot can be written without waiting
        self.begun = True
        return None

    def release(self, following: Sequence[Message]) -> None:
        """Write the final dot, with the next envelope behind it. Never waits, never raises; any thread may call it."""
        envelope, commands = self._announcement(following)
        octets = _DOT + commands
        with self._lock:
            if self._released or self._broken is not None:
                return
            try:
                if heard := self._wire.overheard():
                    raise Broken(f"it spoke in the middle of a message: {replies.shown(heard)}")
                self._unwritten = self._wire.write_now(octets)
            except Broken as broken:
                self._written = broken.taken
                self._give_up(broken)
                return
            self._written = len(octets) - len(self._unwritten)
            self._announced = envelope
            self._released = True

    def abandon(self) -> None:
        """Write no dot, and end the connection; any thread may call it."""
        with self._lock:
            if not self._released:
                self._give_up(Broken("the message was given up"))

    def verdict(self) -> Verdict:
        """Wait for the release, and for what the relay says then."""
        self._awaited = None
        try:
            if not self._released:
                self._await_release()
            if self._unwritten:
                self._write_rest()
            return self._verdict(self._announced)
        except Broken as broken:
            return self._lost(broken, in_doubt=self._written >= len(_DOT))
        finally:
            self.begun = False

    def _give_up(self, broken: Broken) -> None:
        """See that no dot is written any more; the lock is ours. Whoever waits for the relay hears of it."""
        self._broken = self._broken or broken
        self._wire.silence()

    def _await_release(self) -> None:
        """Wait for the release. What the relay says before it has the dot is no answer to it. Raises Broken."""
        deadline = monotonic() + _UNDECIDED
        while not self._released:
            speaks = self._wire.listen(_GLANCE)
            if not (speaks or self._broken is not None or monotonic() > deadline):
                continue
            with self._lock:
                if self._released:
                    return
                if self._broken is None:
                    self._broken = self._why_not(deadline)
                if self._broken is not None:
                    raise self._broken

    def _why_not(self, deadline: float) -> Broken | None:
        """Return why a message that is not released yet may not be released any more, if that is so."""
        try:
            heard = self._wire.overheard()
        except Broken as broken:
            return broken
        if heard:
            return Broken(f"it spoke in the middle of a message: {replies.shown(heard)}")
        return Broken("it was not released in time") if monotonic() > deadline else None

    def _write_rest(self) -> None:
        """Write what the kernel did not take at the release. Raises Broken for a dot that cannot be written."""
        try:
            self._wire.write((self._unwritten,), self._patience.block, len(_DOT) - self._written)
            self._written += len(self._unwritten)
        except Broken as broken:
            self._written += broken.taken
            if self._written < len(_DOT):
                raise
            # a verdict may have come all the same

    def close(self) -> None:
        """Say QUIT and hang up; not a word where the relay awaits a dot, for then it may not take the message."""
        if not (self.over or self.begun) and self._awaited is None:
            with suppress(Broken):
                self._wire.ask(b"QUIT\r\n", self._patience.farewell)
        self.hang_up()

    def hang_up(self) -> None:
        """End the connection."""
        self.over = True
        self._wire.close()

    def _lost(self, broken: Broken, *, in_doubt: bool) -> Lost:
        self.over = True
        return replies.lost(self._place, str(broken), in_doubt=in_doubt)

    def _announcement(self, following: Sequence[Message]) -> tuple[Envelope | None, bytes]:
        """Return the envelope that may go along with a dot, and its commands."""
        if not (following and self._offers.pipelining):
            return None, b""
        (message,) = following
        commands = self._offers.transaction(message.envelope, for_data(message))
        if isinstance(commands, Reply):
            return None, b""
        return message.envelope, commands + b"DATA\r\n"

    def _verdict(self, envelope: Envelope | None) -> Verdict:
        """Wait for the verdict and for the answers to the next envelope. Raises Broken, the verdict being unknown."""
        deadline = monotonic() + self._patience.dot
        octets = self._wire.receive(self._patience.dot)
        if well := (replies.WELL if envelope is None else replies.ALL_WELL).fullmatch(octets):
            self._awaited = envelope
            return replies.taken(well[1])
        self._wire.put_back(octets)
        verdict = replies.verdict(*self._wire.reply(deadline - monotonic()))
        try:
            if verdict.code == 421:
                raise Goodbye(str(verdict))
            answers = [self._answer(stage) for stage in _STAGES] if envelope else []
            replies.refuse_more(self._wire.heard)
            if envelope is not None:
                self._take_up(envelope, self._settled(answers))
        except Garbled:
            raise  # what is out of step now may have been so before
        except Broken:
            self.over = True  # it has ended the connection after its verdict, as many do after some messages
        return verdict

    def _take_up(self, envelope: Envelope, refusal: Reply | None) -> None:
        """Remember how an announced envelope was answered."""
        if refusal is None:
            self._awaited = envelope
        else:
            self._refused = envelope, refusal

    def _refusal(self, message: Message) -> Reply | None:
        """Give the envelope; return what refuses it, or None when the relay awaits the body. Raises Broken."""
        refused, self._refused = self._refused, None
        if refused is not None and refused[0] is message.envelope:
            return refused[1]
        self.stage = "mail"
        commands = self._offers.transaction(message.envelope, for_data(message))
        if isinstance(commands, Reply):
            return commands
        if heard := self._wire.overheard():
            raise Broken(f"it spoke without being asked: {replies.shown(heard)}")
        answers: list[Reply] = []
        try:
            (self._at_once if self._offers.pipelining else self._in_turn)(commands + b"DATA\r\n", answers)
            replies.refuse_more(self._wire.heard)
            return self._settled(answers)
        except Garbled:
            raise
        except Broken:
            self.over = True
            refusal = _first_refusal(answers)
            if refusal is None:
                raise
            return refusal  # it hung up after its refusal, which stands

    def _at_once(self, commands: bytes, answers: list[Reply]) -> None:
        self._wire.write((commands,), self._patience.command)
        for stage in _STAGES:
            answers.append(self._answer(stage))  # noqa: PERF401 - what was answered before a failure counts

    def _in_turn(self, commands: bytes, answers: list[Reply]) -> None:
        """Give one command after the other, until one is refused."""
        for stage, command in zip(_STAGES, commands.splitlines(keepends=True), strict=True):
            replies.refuse_more(self._wire.heard)
            self._wire.write((command,), self._patience.command)
            answers.append(self._answer(stage))
            if answers[-1].code >= 400:
                return

    def _answer(self, stage: Stage) -> Reply:
        self.stage = stage
        seconds = self._patience.data if stage == "data" else self._patience.command
        return replies.judged(*self._wire.reply(seconds), stage)

    def _settled(self, answers: list[Reply]) -> Reply | None:
        """Return the first refusal among the answers, with the relay ready for the next envelope. Raises Broken."""
        refusal = _first_refusal(answers)
        if refusal is None:
            return None
        if answers[-1].code != 354:
            code, text = self._wire.ask(b"RSET\r\n", self._patience.command)
            replies.cleared(code, text)
        elif answers[1].code >= 400:
            # it awaits a body though there is nobody to give it to: RFC 2920, section 3.1, has us send a lone dot
            replies.verdict(*self._wire.ask(_DOT, self._patience.dot))
        else:
            raise Garbled("it awaits a body although it refused the envelope")
        return refusal


def _first_refusal(answers: list[Reply]) -> Reply | None:
    return next((answer for answer in answers if answer.code >= 400), None)
