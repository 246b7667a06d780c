"""Who writes: what the headers of every message of a site have in common."""

import re
from dataclasses import dataclass

from newsletter.errors import SettingsError
from newsletter.settings import Settings
from subscribers.tokens import LONGEST, LONGEST_OF_ONE

#: Octets of a local part (RFC 5321, section 4.5.3.1.1).
LOCAL_PART = 64

_NOT_ATEXT = re.compile(r"[^A-Za-z0-9.-]+")


@dataclass(frozen=True, slots=True)
class Letterhead:
    """The site as its mails name it. Addresses are in ASCII; `url` has no slash at its end.

    `return_domain` is where return paths and mail commands lead; `sender_id` is the constant part of
    Feedback-ID, 5 to 15 characters. `inbox` is where everything comes back to, if addresses with a + do not arrive:
    then a command stands in the subject.
    """

    title: str
    url: str
    from_name: str
    from_address: str
    reply_to: str
    return_domain: str
    sender_id: str
    inbox: str = ""

    @property
    def domain(self) -> str:
        """The domain of From, which Message-IDs carry."""
        return self.from_address.rpartition("@")[2]

    @property
    def mailbox(self) -> str:
        """The local part of From, to which mail commands are appended: news+help@…"""
        return self.from_address.rpartition("@")[0]

    @property
    def list_id(self) -> str:
        """The list's stable name within our domain (RFC 2919): `news.example.com` for news@example.com."""
        label = _NOT_ATEXT.sub("-", self.mailbox).strip(".-") or "newsletter"
        return f"{label}.{self.domain}".lower()

    def command(self, word: str) -> str:
        """Return the address of a mail command, such as news+help@example.com."""
        return f"{self.mailbox}+{word}@{self.return_domain}"

    def unsubscribe(self, token: str) -> str:
        """Return the address that ends one subscription, whoever writes to it.

        The token stands in the address, since many programs drop a subject or a body that a mailto gives. All
        readers' addresses have one form: the one in which the longest token fits.
        """
        if len(f"{self.mailbox}+unsubscribe-") + LONGEST_OF_ONE <= LOCAL_PART:
            return self.command(f"unsubscribe-{token}")
        return f"u+{token}@{self.return_domain}"

    def confirm(self, token: str) -> str:
        """Return the address that confirms one subscription: where the answer to the question goes."""
        if len(f"{self.mailbox}+confirm-") + LONGEST <= LOCAL_PART:
            return self.command(f"confirm-{token}")
        return f"c+{token}@{self.return_domain}"

    def return_path(self, token: str) -> str:
        """Return the envelope sender of one delivery (VERP): a report to it names the delivery by itself."""
        return self.inbox or f"b+{token}@{self.return_domain}"


def letterhead_of(settings: Settings) -> Letterhead:
    """Make the letterhead of a site. Raises SettingsError when `from` cannot stand in every mail."""
    own = settings.newsletter
    sender = own.sender.address
    if sender.ascii_email is None:
        raise SettingsError(
            f"newsletter.toml: [newsletter] from = {sender.email!r} has letters beyond ASCII before the @.",
            remedy="Many relays take no such sender; use an address in plain letters.",
        )
    author, inbox = settings.author_address, settings.inbound.inbox
    return Letterhead(
        title=own.title,
        url=own.url,
        from_name=own.sender.name or own.title,
        from_address=sender.ascii_email,
        reply_to=author.ascii_email or sender.ascii_email,
        return_domain=settings.return_domain,
        sender_id=sender_id(sender.ascii_email),
        inbox=(inbox.ascii_email or "") if inbox else "",
    )


def sender_id(address: str) -> str:
    """Return the constant part of Feedback-ID for an address: 5 to 15 letters and digits (Gmail's rule)."""
    local, _, domain = address.lower().rpartition("@")
    letters = re.sub(r"[^a-z0-9]", "", domain + local)
    return f"{letters}newsletter"[:15] if len(letters) < 5 else letters[:15]
