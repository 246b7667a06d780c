"""What becomes of a delivery by what its relay said of it, and what of that ends a whole run. Pure."""

from newsletter.errors import NewsletterError
from newsletter.outbox.delivery import retry
from newsletter.outbox.delivery.claims import Claimed, Settlement
from newsletter.transport.protocol import Lost, Reply, Verdict


class MailRefused(NewsletterError):
    """The relay refuses our mail for a reason that is about us; nothing was held against the readers.

    `issue_number`: of which issue the message was, or None for a notice.
    """

    def __init__(self, reply: Reply, issue_number: int | None) -> None:
        super().__init__(
            f"The relay refuses our mail: {reply}.",
            remedy="This is about us, not about the reader. Mend it with whoever runs the relay, and send again.",
        )
        self.reply = reply
        self.issue_number = issue_number


class RelaySilent(NewsletterError):
    """The relay took messages, or not, and did not say which; `words` are the last that is known."""

    def __init__(self, words: str) -> None:
        super().__init__(
            f"The relay did not say whether it took the message: {words.rstrip('.')}.",
            remedy="Ask whoever runs the relay; the next send goes on.",
        )


def settlement(claimed: Claimed, verdict: Verdict, *, resend: bool) -> Settlement:
    """Return what to write down; `resend`: a message that may have arrived is sent again."""
    if isinstance(verdict, Reply):
        outcome = retry.decide(verdict, claimed.attempts)
        return Settlement(claimed.id, outcome, verdict, domain=claimed.domain if outcome.hold else "")
    return Settlement(claimed.id, _lost(verdict, claimed.attempts, resend=resend), note=verdict.words)


def _lost(lost: Lost, attempts: int, *, resend: bool) -> retry.Outcome:
    if lost.in_doubt:
        return retry.in_doubt(attempts, resend=resend)
    return retry.decide(Reply(421, "4.4.2", lost.words), attempts)
