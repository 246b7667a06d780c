"""What is said on one connection to hand over messages by DATA, in groups of commands where the relay allows it."""

from collections.abc import Sequence
from contextlib import suppress
from sys import maxsize
from time import monotonic

from newsletter.transport import replies
from newsletter.transport.body import for_data
from newsletter.transport.connection import Connection
from newsletter.transport.protocol import Envelope, Lost, Message, Reply, Stage, Verdict
from newsletter.transport.trouble import Broken, Garbled, Goodbye

_DOT = b".\r\n"

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
        self._wire.write(for_data(message), self._patience.block, _ALL_THE_WHILE)
        self.begun = True
        return None

    def end(self, following: Sequence[Message]) -> Verdict:
        """Write the final dot, with the next envelope behind it, and return the verdict."""
        self.begun, self._awaited = False, None
        envelope, commands = self._announcement(following)
        try:
            if heard := self._wire.overheard():
                raise Broken(f"it spoke in the middle of a message: {replies.shown(heard)}")
            self._wire.write((_DOT + commands,), self._patience.block, len(_DOT))
        except Broken as broken:
            if broken.taken < len(_DOT):
                return self._lost(broken, in_doubt=False)
        try:
            return self._verdict(envelope)
        except Broken as broken:
            return self._lost(broken, in_doubt=True)

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
