"""Overhearing: a transport that says in the log what the relay refuses, for whoever looks for a fault."""

from collections.abc import Sequence

from newsletter.application import logs
from newsletter.transport.protocol import Message, Reply, Transport, Verdict


class Overheard:
    """Another transport, of which every refusal is noted, by the reader's domain."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._begun: list[Message] = []
        self.depth = transport.depth

    def begin(self, messages: Sequence[Message]) -> list[Reply | None]:
        """Take the first step, and note who is refused at once."""
        refusals = self._transport.begin(messages)
        self._begun = []
        for message, refusal in zip(messages, refusals, strict=True):
            if refusal is None:
                self._begun.append(message)
            else:
                _note(message, refusal)
        return refusals

    def release(self, following: Sequence[Message] = ()) -> None:
        """Let the relay take what was begun."""
        self._transport.release(following)

    def abandon(self) -> None:
        """Make sure that it takes nothing."""
        self._transport.abandon()

    def verdicts(self) -> list[Verdict]:
        """Wait for the verdicts, and note the refusals among them."""
        verdicts = self._transport.verdicts()
        for message, verdict in zip(self._begun, verdicts, strict=False):
            if not isinstance(verdict, Reply) or not verdict.accepted:
                _note(message, verdict)
        return verdicts

    def close(self) -> None:
        """End the connection."""
        self._transport.close()


def _note(message: Message, verdict: Verdict) -> None:
    words = str(verdict) if isinstance(verdict, Reply) else verdict.words
    logs.trouble("message refused", domain=message.envelope.recipient.rpartition("@")[2], reply=words)
