"""Reading the replies to a round of messages by BDAT: four for each, and all in order."""

from newsletter.transport import replies
from newsletter.transport.connection import Patience
from newsletter.transport.protocol import Reply, Stage, Verdict, parse_reply
from newsletter.transport.trouble import Broken, Garbled, HungUp
from newsletter.transport.wire import Wire

_ENVELOPE: tuple[Stage, ...] = ("mail", "rcpt")

_CLOSING = 421


class Answers:
    """What a relay answers to a round, as far as it came.

    `farewell` is what it said last, if that was that it ends the connection (421). Some say so and go on.
    """

    def __init__(self, wire: Wire, patience: Patience) -> None:
        self.verdicts: list[Verdict] = []
        self.farewell = ""
        self._wire = wire
        self._patience = patience

    def hear(self, count: int) -> None:
        """Read the replies to so many messages. Raises Broken and Garbled."""
        while len(self.verdicts) < count:
            self._hear_of_one()

    def ends(self, broken: Broken) -> bool:
        """Whether the relay has ended the connection after saying so: then it has done nothing since."""
        return bool(self.farewell) and isinstance(broken, HungUp) and not self._wire.heard

    def _hear_of_one(self) -> None:
        wire = self._wire
        if not wire.heard:
            wire.hurry()
            wire.heard = wire.receive(self._patience.dot)
        if well := replies.CHUNK_WELL.match(wire.heard):
            self.farewell = ""
            wire.heard = wire.heard[well.end() :]
            self.verdicts.append(replies.taken(well[1]))
        else:
            self._hear_in_turn()

    def _hear_in_turn(self) -> None:
        """Read reply by reply. A refusal stands even when the relay hangs up after it, unless that was all it said."""
        code, text = self._reply(self._patience.command)
        if code != _CLOSING:
            replies.cleared(code, text)
        refusal: Reply | None = None
        try:
            for stage in _ENVELOPE:
                answer = self._answer(stage)
                if answer.code >= 400 and refusal is None:
                    refusal = answer
            verdict = replies.verdict(*self._reply(self._patience.dot))
        except Garbled:
            raise
        except Broken:
            if refusal is not None and refusal.code != _CLOSING:
                self.verdicts.append(refusal)
            raise
        if refusal is not None and verdict.accepted:
            raise Garbled(f"a message without an envelope was answered with {verdict}")
        self.verdicts.append(refusal or verdict)

    def _answer(self, stage: Stage) -> Reply:
        code, text = self._reply(self._patience.command)
        return parse_reply(code, text, stage) if code == _CLOSING else replies.judged(code, text, stage)

    def _reply(self, seconds: float) -> tuple[int, str]:
        code, text = self._wire.reply(seconds)
        self.farewell = str(parse_reply(code, text)) if code == _CLOSING else ""
        return code, text
