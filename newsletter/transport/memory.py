"""A transport that keeps what it gets: for tests and dry runs."""

from collections.abc import Callable
from dataclasses import dataclass, field

from newsletter.transport.protocol import Envelope, Reply


@dataclass(frozen=True, slots=True)
class MemoryTransport:
    """Keeps accepted messages in `sent`, in order. `answer`, where given, decides on each message.

    `answer` may return a Reply, or raise what a transport may raise. Several transports may share one list.
    """

    answer: Callable[[Envelope, bytes], Reply] | None = None
    sent: list[tuple[Envelope, bytes]] = field(default_factory=list)

    def send(self, envelope: Envelope, message: bytes) -> Reply:
        """Keep the message."""
        reply = Reply(250, "2.0.0", "kept") if self.answer is None else self.answer(envelope, message)
        if reply.accepted:
            self.sent.append((envelope, message))
        return reply

    def close(self) -> None:
        """Nothing to do."""
