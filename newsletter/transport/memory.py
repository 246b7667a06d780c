"""A transport that keeps what it gets: for tests and dry runs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from newsletter.transport.gate import Gate
from newsletter.transport.protocol import Lost, Message, Reply, Verdict


@dataclass(slots=True)
class MemoryTransport:
    """Keeps accepted messages in `sent`, in order. `answer`, where given, decides on each message.

    `answer` may return a verdict, or raise RelayUnavailable. A refusal that is not of the stage "data" comes with
    the first step, as it does from a relay. Several transports may share one list.
    """

    answer: Callable[[Message], Verdict] | None = None
    sent: list[Message] = field(default_factory=list)
    depth: int = 1
    _begun: list[tuple[Message, Verdict]] = field(default_factory=list)
    _gate: Gate = field(default_factory=Gate)

    def begin(self, messages: Sequence[Message]) -> list[Reply | None]:
        """Ask for the verdicts, and hold back what only the relay may tell that has the message."""
        refusals: list[Reply | None] = []
        self._begun = []
        self._gate.shut()
        for message in messages:
            verdict = Reply(250, "2.0.0", "kept") if self.answer is None else self.answer(message)
            if isinstance(verdict, Reply) and verdict.stage != "data":
                refusals.append(verdict)
            else:
                refusals.append(None)
                self._begun.append((message, verdict))
        return refusals

    def release(self, following: Sequence[Message] = ()) -> None:  # noqa: ARG002 - the protocol's signature
        """Let `verdicts` keep the messages."""
        self._gate.open()

    def abandon(self) -> None:
        """Have them forgotten."""
        self._gate.abandon()

    def verdicts(self) -> list[Verdict]:
        """Keep the messages."""
        begun, self._begun = self._begun, []
        if not self._gate.passed():
            return [Lost("abandoned", in_doubt=False) for _ in begun]
        self.sent += [
            message for message, verdict in begun if isinstance(verdict, Reply) and verdict.accepted
        ]
        return [verdict for _, verdict in begun]

    def close(self) -> None:
        """Forget what was begun."""
        self._begun = []
