"""The SMTP transport: one connection to the relay, used again for message after message (RFC 5321).

A message is begun by writing its envelope and its body; it is released by its final dot, without which no relay may
take it, and in the same packet goes the envelope of the message that follows (RFC 2920). So a message costs one wait
for the relay.
"""

from collections.abc import Sequence

from newsletter.transport.chunking import ChunkingTransport
from newsletter.transport.connection import Connection, SmtpSettings, connect, unavailable
from newsletter.transport.conversation import Conversation
from newsletter.transport.protocol import Message, Outlook, Reply, Transport, Verdict
from newsletter.transport.trouble import Broken, TakesNoMail

__all__ = ["SmtpSettings", "SmtpTransport", "open_transport"]


def open_transport(settings: SmtpSettings) -> Transport:
    """Open a connection, for several messages at a time where that is wanted and the relay can.

    Raises RelayUnavailable.
    """
    connection = connect(settings)
    if settings.pipeline > 1 and connection.offers.chunking and connection.offers.pipelining:
        return ChunkingTransport(settings, connection)
    return SmtpTransport(settings, connection)


class SmtpTransport:
    """A connection to the relay, open from the start, and one message at a time.

    It is opened again when the relay ends it between two messages. Raises RelayUnavailable when the relay
    cannot be reached, protects the connection less than was asked for, or does not let us in.
    """

    depth = 1

    def __init__(self, settings: SmtpSettings, connection: Connection | None = None) -> None:
        self.settings = settings
        self._conversation: Conversation | None = Conversation(connection or connect(settings))

    def begin(self, messages: Sequence[Message]) -> list[Reply | None]:
        """Write envelope and body. Raises RelayUnavailable.

        A connection that is lost on the way is opened once more. When it is lost again at the same message, by a
        relay that lets us in, the message is to blame: that is a temporary refusal of it.
        """
        (message,) = messages
        try:
            return [self._talking().begin(message)]
        except Broken:
            self._drop()
        conversation = self._talking()
        try:
            return [conversation.begin(message)]
        except Broken as lost:
            self._drop()
            if conversation.stage == "mail":
                raise unavailable(self.settings, TakesNoMail(str(lost))) from lost
            return [Reply(421, "4.4.2", f"the connection was lost: {lost}", conversation.stage)]

    def release(self, following: Sequence[Message] = ()) -> None:
        """Write the final dot, and the next envelope where the relay takes commands in groups."""
        conversation = self._conversation
        if conversation is not None and conversation.begun:
            conversation.release(following)

    def abandon(self) -> None:
        """Write no dot: the relay has to forget the message when the connection ends."""
        conversation = self._conversation
        if conversation is not None:
            conversation.abandon()

    def verdicts(self) -> list[Verdict]:
        """Await the verdict, and the answers to the next envelope."""
        conversation = self._conversation
        if conversation is None or not conversation.begun:
            return []
        verdict = conversation.verdict()
        if conversation.over:
            self._drop()
        return [verdict]

    @property
    def smooth(self) -> bool:
        """Whether only the dot and the relay's answer are missing."""
        return self._conversation is not None and self._conversation.smooth

    def fileno(self) -> int:
        """What to watch for the answer; -1 where there is no connection."""
        return -1 if self._conversation is None else self._conversation.fileno()

    def outlook(self) -> Outlook:
        """Read what the relay has said, without waiting, and say how it stands."""
        return Outlook.AMISS if self._conversation is None else self._conversation.outlook()

    def close(self) -> None:
        """Say QUIT and hang up; not a word when a message is begun, for then the relay may not take it."""
        if self._conversation is not None:
            self._conversation.close()
            self._conversation = None

    def _talking(self) -> Conversation:
        if self._conversation is None:
            self._conversation = Conversation(connect(self.settings))
        return self._conversation

    def _drop(self) -> None:
        if self._conversation is not None:
            self._conversation.hang_up()
            self._conversation = None
