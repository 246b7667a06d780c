"""What a relay's answer means for a delivery: one table of rules, the first that fits decides. Pure.

Whom is a refusal about? The address (it is wrong: bounced), this message to this reader (failed), the moment
(queued again), or us: our login, our reputation, our sender. What is about us is never held against a reader:
it stops the run, and the delivery goes back as it was.
"""

import re
from dataclasses import dataclass
from datetime import timedelta
from fnmatch import fnmatchcase
from typing import Literal

from newsletter.transport.protocol import Reply, Stage

#: Pauses after the first, second, … attempt. The last attempt is a day after the first.
PAUSES = tuple(timedelta(minutes=minutes) for minutes in (5, 10, 20, 40, 80, 160, 240, 240, 240, 240, 165))

#: How often a message may end in doubt before it is held for the author instead of being sent again.
DOUBTS = 3

Meaning = Literal["later", "address", "refused", "us"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What becomes of a delivery. `delay`: from now until it is due again, where it is queued."""

    status: Literal["queued", "sent", "bounced", "failed", "unknown"]
    delay: timedelta = timedelta()
    counts: bool = True  # as an attempt
    stops: bool = False  # the run: no other message would fare better
    hold: timedelta = timedelta()  # for how long the reader's domain wants no more of our mail


#: The relay took the message.
SENT = Outcome("sent")


@dataclass(frozen=True, slots=True)
class Rule:
    """One row: shell patterns for the reply's code and enhanced code, where "" fits a reply without one."""

    meaning: Meaning
    code: str
    enhanced: str = "*"
    stage: Stage | None = None
    words: re.Pattern[str] | None = None
    pause: timedelta = timedelta()  # at the least, and for all of the domain's mail

    def fits(self, reply: Reply) -> bool:
        """Whether the rule speaks of this reply."""
        return (
            fnmatchcase(str(reply.code), self.code)
            and fnmatchcase(reply.enhanced or "", self.enhanced)
            and self.stage in (None, reply.stage)
            and (self.words is None or self.words.search(reply.text) is not None)
        )


# What servers without enhanced codes say of an address that does not exist. On a corpus of bounces such words
# had a precision of 0.73, so they count only where code and stage point to the address already.
_NO_SUCH_USER = re.compile(
    r"no such (user|mailbox|recipient|address)|(user|recipient|mailbox|address|account)( is)? "
    r"(unknown|not found|does not exist|doesn't exist)|unknown (user|recipient|mailbox|address|account)",
    re.IGNORECASE,
)

# What providers say when they want less of everything that we send.
_TOO_MUCH = re.compile(r"rate.?limit|too many|too fast|temporarily deferred|\bTSS\d\d|throttl", re.IGNORECASE)

#: RFC 3463 with the IANA registry of enhanced codes; Gmail's own as in its sender guidelines of 2026.
RULES = (
    Rule("us", "4??", stage="mail"),  # it takes nothing from us now: full disk, too many messages
    Rule("later", "4??", "4.7.28", pause=timedelta(minutes=10)),  # Gmail: too fast; stop ten minutes
    Rule("later", "4??", "4.7.650", pause=timedelta(minutes=10)),  # Outlook.com: too fast for its address
    Rule(
        "later", "4??", "4.7.0", words=_TOO_MUCH, pause=timedelta(minutes=10)
    ),  # Yahoo's TSS codes, and others
    Rule("later", "4??", "4.5.3", words=_TOO_MUCH, pause=timedelta(minutes=10)),
    Rule("later", "4??"),
    Rule("address", "5??", "5.1.[1236]"),  # bad mailbox, bad system, bad syntax, moved without forwarding
    Rule("address", "5??", "5.1.10"),  # the domain takes no mail (RFC 7505)
    Rule("us", "5??", "5.1.[78]"),  # our sender address
    Rule("refused", "5??", "5.7.1[78]"),  # the mailbox or domain has a new owner (RFC 7293)
    Rule("us", "5??", "5.7.*"),  # security and policy: authentication, reputation, relaying
    Rule("us", "53[0458]"),  # authentication (RFC 4954)
    Rule("us", "5??", stage="mail"),
    Rule("address", "55[013]", "", stage="rcpt", words=_NO_SUCH_USER),
    Rule("refused", "5??"),
)


def decide(reply: Reply, attempts: int) -> Outcome:
    """Say what a reply means for a delivery that was attempted `attempts` times before this one."""
    if reply.accepted:  # as nearly all are
        return SENT
    rule = next((rule for rule in RULES if rule.fits(reply)), Rule("later", "*"))
    match rule.meaning:
        case "address":
            return Outcome("bounced")
        case "refused":
            return Outcome("failed")
        case "us":
            return unmarked(stops=True)
        case "later":
            if attempts >= len(PAUSES):
                return Outcome("failed")
            return Outcome("queued", delay=max(PAUSES[attempts], rule.pause), hold=rule.pause)


def in_doubt(attempts: int, *, resend: bool) -> Outcome:
    """Say what becomes of a message that the relay may or may not have taken."""
    if resend and attempts + 1 < DOUBTS:
        return Outcome("queued", delay=PAUSES[0])
    return Outcome("unknown")


def unmarked(*, stops: bool = False) -> Outcome:
    """Put a delivery back: nothing was handed over, and that was not for its own sake."""
    return Outcome("queued", counts=False, stops=stops)
