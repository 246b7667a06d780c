"""The SMTP transport for relays that are far away: rounds of whole messages without a wait between them (RFC 3030).

BDAT says how long a message is, so it needs no go-ahead: RSET, MAIL, RCPT and BDAT of many messages go in one stream,
and their replies come back in one. The price is that all of them are in doubt when the connection breaks.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from newsletter.transport import replies
from newsletter.transport.answers import Answers
from newsletter.transport.body import for_bdat
from newsletter.transport.connection import Connection, Patience, SmtpSettings, connect, unavailable
from newsletter.transport.gate import Gate
from newsletter.transport.protocol import Message, Reply, Verdict
from newsletter.transport.trouble import Broken, Garbled, Goodbye, NotOffered, TakesNoMail, Trouble
from newsletter.transport.wire import Wire

#: Messages in one round at the most. Their replies must find room while we are still writing.
_DEPTH = 100

#: Seconds to look for replies when a round could not be written to its end.
_GLANCE = 0.1


@dataclass(slots=True)
class _Round:
    """What is written for the messages of one round, and where in it each of them ends."""

    pieces: list[bytes] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)

    def add(self, lines: bytes, body: Sequence[bytes], size: int) -> None:
        """Add one message: four commands, of which the last one is followed by its octets."""
        head = b"RSET\r\n%bBDAT %d LAST\r\n" % (lines, size)
        self.pieces += (head, *body)
        self.ends.append((self.ends[-1] if self.ends else 0) + len(head) + size)


class ChunkingTransport:
    """A connection to a relay that offers CHUNKING and PIPELINING, open from the start.

    The relay must keep to one reply a command, in order, also for a BDAT after a refused recipient, whose octets it
    has to read away (RFC 3030, section 2). Where a reply is missing, too many or impossible, every message of the
    round is in doubt, those that were already answered too: it may have been the answer to another.

    Raises RelayUnavailable as SmtpTransport does, and when a whole round on a new connection brought no answer.
    """

    def __init__(self, settings: SmtpSettings, connection: Connection | None = None) -> None:
        self.settings = settings
        self.depth = max(1, min(settings.pipeline, _DEPTH))
        self._connection: Connection | None = connection or connect(settings)
        self._round = _Round()
        self._gate = Gate()
        self._proven = False  # on this connection the relay has answered for a message
        self._trouble: Trouble | None = None

    def begin(self, messages: Sequence[Message]) -> list[Reply | None]:
        """See that the relay is there, and refuse what it would not take; nothing is written yet."""
        offers = self._reachable().offers
        self._round = _Round()
        self._gate.shut()
        refusals: list[Reply | None] = []
        for message in messages:
            body = for_bdat(message)
            size = sum(map(len, body))
            lines = offers.transaction(message.envelope, body, size)
            if isinstance(lines, Reply):
                refusals.append(lines)
            else:
                refusals.append(None)
                self._round.add(lines, body, size)
        return refusals

    def release(self, following: Sequence[Message] = ()) -> None:  # noqa: ARG002 - the protocol's signature
        """Let `verdicts` write the round."""
        self._gate.open()

    def abandon(self) -> None:
        """Have the round forgotten, of which the relay has heard nothing."""
        self._gate.abandon()

    def verdicts(self) -> list[Verdict]:
        """Write the round, and read four replies for each of its messages."""
        chunks, self._round = self._round, _Round()
        if not chunks.ends:
            return []
        if not self._gate.passed() or self._connection is None:
            return [replies.lost(self.settings.place, "given up", in_doubt=False) for _ in chunks.ends]
        wire, patience = self._connection.wire, self._connection.patience
        try:
            if heard := wire.overheard():
                raise Garbled(f"it spoke without being asked: {replies.shown(heard)}")
            wire.write(chunks.pieces, chunks.ends[-1], patience.block)
        except Broken as broken:
            if not broken.taken:
                return self._given_up(chunks, [], str(broken), 0)
            # what it has answered by now counts, and nothing more is waited for
            return self._verdicts(wire, chunks, broken.taken, Patience.up_to(_GLANCE))
        return self._verdicts(wire, chunks, chunks.ends[-1], patience)

    def close(self) -> None:
        """Say QUIT and hang up; of a round that is only begun the relay has heard nothing."""
        self._round = _Round()
        if self._connection is not None:
            with suppress(Broken):
                self._connection.wire.ask(b"QUIT\r\n", self._connection.patience.farewell)
        self._hang_up()

    def _reachable(self) -> Connection:
        """Return the connection, opened again where the relay has ended it. Raises RelayUnavailable."""
        trouble, self._trouble = self._trouble, None
        if trouble is not None:
            raise unavailable(self.settings, trouble)
        if self._connection is not None:
            with suppress(Broken):
                if not self._connection.wire.overheard():
                    return self._connection
            self._hang_up()
        connection = self._connection = connect(self.settings)
        self._proven = False
        if not (connection.offers.chunking and connection.offers.pipelining):
            self.close()
            raise unavailable(self.settings, NotOffered("it offered CHUNKING before, and does not now"))
        return connection

    def _verdicts(self, wire: Wire, chunks: _Round, taken: int, patience: Patience) -> list[Verdict]:
        """Read the replies, as far as they come; `taken` octets of the round may have reached the relay."""
        answers = Answers(wire, patience)
        try:
            answers.hear(len(chunks.ends))
            self._proven = True
            replies.refuse_more(wire.heard)
        except Garbled as garbled:
            return self._given_up(chunks, [], str(garbled), taken)
        except Goodbye:
            self._hang_up()
        except Broken as broken:
            words = answers.farewell or str(broken)
            return self._given_up(chunks, answers.verdicts, words, 0 if answers.ends(broken) else taken)
        if answers.farewell:
            self._hang_up()
        return answers.verdicts

    def _given_up(self, chunks: _Round, verdicts: list[Verdict], words: str, taken: int) -> list[Verdict]:
        """Hang up; return the verdicts with what must be said of the other messages."""
        if not (verdicts or self._proven):
            self._trouble = TakesNoMail(words)
        self._hang_up()
        place = self.settings.place
        unanswered = chunks.ends[len(verdicts) :]
        return verdicts + [replies.lost(place, words, in_doubt=end <= taken) for end in unanswered]

    def _hang_up(self) -> None:
        if self._connection is not None:
            self._connection.wire.close()
            self._connection = None
