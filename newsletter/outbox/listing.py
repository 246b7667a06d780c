"""The headers of a mailing list's mail: what all its readers' messages say of it (RFC 2369, RFC 2919). Pure.

A notice says that no machine should answer it (Auto-Submitted, RFC 3834). It names no way to unsubscribe
where there is nothing to unsubscribe from: before the confirmation, and after the goodbye.
"""

from collections.abc import Iterator
from urllib.parse import quote

from newsletter.issues import merge
from newsletter.outbox import links
from newsletter.outbox.headers import clean, mailbox, safe_address, unstructured, verbatim
from newsletter.outbox.letterhead import Letterhead

#: Kinds of mail that go to readers who can unsubscribe.
_TO_SUBSCRIBERS = frozenset({"issue", "welcome"})


def top(letterhead: Letterhead, subject: str | None) -> bytes:
    """Write the headers that stand above the reader's own; the subject, if any, is the same for all."""
    written = mailbox("From", letterhead.from_name, letterhead.from_address)
    written += mailbox("Reply-To", "", letterhead.reply_to)
    return written if subject is None else written + unstructured("Subject", subject)


def unsubscribing(letterhead: Letterhead, kind: str) -> tuple[str, ...]:
    """Write List-Unsubscribe, cut where its token stands: in the page's address, and in the mailbox's.

    It is empty for mail that nobody can unsubscribe from.
    """
    if kind not in _TO_SUBSCRIBERS:
        return ()
    page = links.lead(merge.UNSUBSCRIBE_URL, letterhead.url)
    mailto = _mailto(letterhead.unsubscribe(merge.UNSUBSCRIBE_URL))
    header = verbatim("List-Unsubscribe", f"<{page}>", f"<{mailto}>")
    return tuple(header.decode().split(merge.UNSUBSCRIBE_URL))


def below(letterhead: Letterhead, kind: str, number: int | None) -> Iterator[bytes]:
    """Write the headers that stand below the reader's own."""
    title = clean(letterhead.title)
    plain = title.isascii() and not set(title) & set('()<>[]:;@\\,."=')
    yield verbatim("List-Id", f"{title if plain else ''} <{letterhead.list_id}>".lstrip())
    # RFC 8058, section 4 knows one-click unsubscribing over HTTPS only
    if kind in _TO_SUBSCRIBERS and letterhead.url.startswith("https://"):
        yield verbatim("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")
    yield verbatim("List-Help", f"<{_mailto(letterhead.command('help'))}>")
    yield verbatim("List-Owner", f"<{_mailto(letterhead.reply_to)}>")
    yield verbatim("List-Archive", f"<{letterhead.url}/archive>")
    if kind == "issue":
        yield verbatim("List-Post", "NO")  # RFC 2369, section 3.4: a list that only announces
        yield verbatim("Precedence", "bulk")
    else:
        yield verbatim("Auto-Submitted", "auto-generated")
    campaign = f"issue-{number}" if number is not None else kind
    yield verbatim("Feedback-ID", f"{campaign}:{letterhead.domain}:{kind}:{letterhead.sender_id}")
    yield verbatim("MIME-Version", "1.0")


def _mailto(address: str) -> str:
    return "mailto:" + quote(safe_address(address), safe="@+!$*/=_-.~")
