"""One connection on which messages are handed over by DATA: each envelope and body, and at last its final dot."""

from collections.abc import Sequence
from contextlib import suppress
from sys import maxsize
from time import monotonic
from typing import NamedTuple

from newsletter.transport import envelopes, replies
from newsletter.transport.body import for_data
from newsletter.transport.connection import Connection
from newsletter.transport.envelopes import STAGES
from newsletter.transport.final_dot import FinalDot
from newsletter.transport.protocol import Message, Outlook, Reply, Stage, Verdict
from newsletter.transport.trouble import Broken, Garbled, Goodbye

#: A body is written while the relay has nothing to say.
_ALL_THE_WHILE = maxsize

#: Octets of a body that may wait for its dot: what is longer is on its way for so long that it had better begin.
_MODEST = 65_536


class _Draft(NamedTuple):
    """A message as this relay is given it. `commands`: MAIL, RCPT and DATA, or the refusal that the relay is spared."""

    message: Message
    body: Sequence[bytes]
    size: int
    commands: bytes | Reply


class Conversation:
    """One connection's life: what was said decides what may be said next.

    `stage` is how far the last envelope came, `begun` whether a body waits for its final dot, and `over` whether the
    connection is of no more use.
    """

    def __init__(self, connection: Connection) -> None:
        self.stage: Stage = "mail"
        self.begun = False
        self.over = False
        self._connection = connection
        self._wire = connection.wire
        self._awaited: _Draft | None = None  # whose envelope was taken, and whose body the relay awaits
        self._refused: tuple[Message, Reply] | None = None  # what was announced in vain
        self._dot = FinalDot(connection.wire)
        self._announced: _Draft | None = None  # whose envelope goes along with the dot

    def begin(self, message: Message) -> Reply | None:
        """Give the envelope, unless it was announced, and see to the body; return its refusal. Raises Broken."""
        draft = self._awaited
        if self.begun or self.over:
            raise Broken("another message was begun")
        if draft is None:
            draft = self._drafted(message)
            refusal = self._refusal(draft)
            if refusal is not None:
                return refusal
        elif draft.message is not message:
            raise Broken("another message was announced")
        self.stage = "data"
        if self._goes_with_its_dot(draft):
            self._dot.hold_back(draft.body, draft.size)
        else:
            self._dot.hold_back()
            patience = self._connection.patience
            if not self._wire.write(draft.body, draft.size, patience.block, _ALL_THE_WHILE):
                self._wire.make_room(patience.block)  # so that the dot can be written without waiting
        self.begun = True
        return None

    def release(self, following: Sequence[Message]) -> None:
        """Write the final dot, with the next envelope behind it. Never waits, never raises; any thread may call it."""
        if self._dot.decided:
            return
        self._announced, commands = None, b""
        if following and self._connection.offers.pipelining:
            draft = self._drafted(following[0])
            if isinstance(draft.commands, bytes):
                self._announced, commands = draft, draft.commands
        self._dot.write(commands)

    def abandon(self) -> None:
        """Write no dot, and end the connection; any thread may call it."""
        self._dot.abandon()

    @property
    def smooth(self) -> bool:
        """Whether only the dot and the answer are missing, and the next envelope can go along."""
        return self.begun and not self.over and self._connection.offers.pipelining

    def fileno(self) -> int:
        """What to watch for the relay's answer."""
        return self._wire.fileno()

    def outlook(self) -> Outlook:
        """Say how it stands since the release, without waiting. Never raises."""
        announced = self._announced
        if not self._dot.gone or announced is None or not self._goes_at_once(announced):
            return Outlook.AMISS
        try:
            heard = self._wire.catch()
        except Broken:
            return Outlook.AMISS
        if replies.ALL_WELL.fullmatch(heard):
            return Outlook.WELL
        whole = heard and (heard.count(b"\n") > len(STAGES) or not heard.startswith(b"250 "))
        return Outlook.AMISS if whole else Outlook.WAITING

    def verdict(self) -> Verdict:
        """Wait for the release, and for what the relay says then."""
        self._awaited = None
        try:
            self._dot.wait(self._connection.patience.block)
            return self._verdict(self._announced)
        except Broken as broken:
            self.over = True
            return replies.lost(self._connection.place, str(broken), in_doubt=self._dot.taken)
        finally:
            self.begun = False

    def close(self) -> None:
        """Say QUIT and hang up; not a word where the relay awaits a dot, for then it may not take the message."""
        if not (self.over or self.begun) and self._awaited is None:
            with suppress(Broken):
                self._wire.ask(b"QUIT\r\n", self._connection.patience.farewell)
        self.hang_up()

    def hang_up(self) -> None:
        """End the connection."""
        self.over = True
        self._wire.close()

    def _goes_with_its_dot(self, draft: _Draft) -> bool:
        return self._connection.together and draft.size <= _MODEST

    def _goes_at_once(self, draft: _Draft) -> bool:
        """Whether the body of a message can be begun without waiting."""
        return self._goes_with_its_dot(draft) or self._wire.has_room(draft.size)

    def _drafted(self, message: Message) -> _Draft:
        body = for_data(message)
        size = sum(map(len, body))
        lines = self._connection.offers.transaction(message.envelope, body, size)
        return _Draft(message, body, size, lines + b"DATA\r\n" if isinstance(lines, bytes) else lines)

    def _refusal(self, draft: _Draft) -> Reply | None:
        """Give an envelope; return what refuses it, or None when the relay awaits the body. Raises Broken."""
        refused, self._refused = self._refused, None
        if refused is not None and refused[0] is draft.message:
            return refused[1]
        if isinstance(draft.commands, Reply):
            return draft.commands
        answers: list[Reply] = []
        try:
            envelopes.give(self._connection, draft.commands, answers)
            return self._settled(answers)
        except Broken as broken:
            self.stage = STAGES[min(len(answers), len(STAGES) - 1)]
            self.over = True
            refusal = envelopes.refusal(answers)
            if refusal is None or isinstance(broken, Garbled):
                raise
            return refusal  # it hung up after its refusal, which stands

    def _settled(self, answers: list[Reply]) -> Reply | None:
        refusal = envelopes.refusal(answers)
        if refusal is not None:
            envelopes.take_back(self._connection, answers)
        return refusal

    def _verdict(self, announced: _Draft | None) -> Verdict:
        """Wait for the verdict and for the answers to the next envelope. Raises Broken, the verdict being unknown."""
        seconds = self._connection.patience.dot
        deadline = monotonic() + seconds
        octets, self._wire.heard = self._wire.heard, b""
        octets = octets or self._wire.receive(seconds)
        if well := (replies.WELL if announced is None else replies.ALL_WELL).fullmatch(octets):
            self._awaited = announced
            return replies.taken(well[1])
        self._wire.heard = octets
        verdict = replies.verdict(*self._wire.reply(deadline - monotonic()))
        try:
            if verdict.code == 421:
                raise Goodbye(str(verdict))
            self._hear_of(announced)
        except Garbled:
            raise  # what is out of step now may have been so before
        except Broken:
            self.over = True  # it has ended the connection after its verdict, as many do after some messages
        return verdict

    def _hear_of(self, announced: _Draft | None) -> None:
        """Read the answers to the envelope that went along with a dot, and remember them. Raises Broken."""
        answers: list[Reply] = []
        if announced is not None:
            envelopes.hear(self._connection, answers)
        replies.refuse_more(self._wire.heard)
        refusal = self._settled(answers)
        if announced is None or refusal is None:
            self._awaited = announced
        else:
            self._refused = announced.message, refusal
