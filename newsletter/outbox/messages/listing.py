"""The headers of a mailing list's mail: what all its readers' messages say of it (RFC 2369, RFC 2919). Pure.

A notice says that no machine should answer it (Auto-Submitted, RFC 3834). It names no way to unsubscribe
where there is nothing to unsubscribe from: before the confirmation, and after the goodbye. Whoever answers the
question whether they want the newsletter writes to an address of their own, which confirms it.
"""

from collections.abc import Iterator
from urllib.parse import quote

from newsletter.issues import merge
from newsletter.outbox.messages import links
from newsletter.outbox.messages.headers import clean, mailbox, safe_address, unstructured, verbatim
from newsletter.outbox.messages.letterhead import Letterhead

#: Kinds of mail that go to readers who can unsubscribe.
_TO_SUBSCRIBERS = frozenset({"issue", "welcome", "leave"})

#: Kinds of mail that answer one (RFC 3834, section 5).
_ANSWERS = frozenset({"leave"})

#: The kind of mail that asks a reader to confirm.
_QUESTION = "confirm"


def top(letterhead: Letterhead, kind: str, subject: str | None) -> bytes:
    """Write the headers that stand above the reader's own; the subject, if any, is the same for all."""
    written = mailbox("From", letterhead.from_name, letterhead.from_address)
    if kind != _QUESTION:
        written += mailbox("Reply-To", "", letterhead.reply_to)
    return written if subject is None else written + unstructured("Subject", subject)


def own(letterhead: Letterhead, kind: str) -> tuple[str, tuple[str, ...]]:
    """Write the header that differs by a reader's token, cut where that stands; before it, the token's purpose.

    It is List-Unsubscribe, with the page's address and the mailbox's, or where the answer to a question goes; empty
    for other mail.
    """
    if kind in _TO_SUBSCRIBERS:
        page = links.lead(merge.UNSUBSCRIBE_URL, letterhead.url)
        header = verbatim("List-Unsubscribe", f"<{page}>", f"<{_unsubscribe(letterhead)}>")
        return links.UNSUBSCRIBE, tuple(header.decode().split(merge.UNSUBSCRIBE_URL))
    if kind == _QUESTION:
        answer = letterhead.inbox or letterhead.confirm(merge.CONFIRM_URL)
        header = verbatim("Reply-To", f"<{safe_address(answer)}>")
        return links.CONFIRM, tuple(header.decode().split(merge.CONFIRM_URL))
    return "", ()


def subject_of(letterhead: Letterhead, kind: str, subject: str) -> str:
    """Return a subject as it goes out: the token of a question stands in it where it can in no address."""
    return f"{subject} [{merge.CONFIRM_URL}]" if kind == _QUESTION and letterhead.inbox else subject


def below(letterhead: Letterhead, kind: str, number: int | None) -> Iterator[bytes]:
    """Write the headers that stand below the reader's own."""
    title = clean(letterhead.title)
    plain = title.isascii() and not set(title) & set('()<>[]:;@\\,."=')
    yield verbatim("List-Id", f"{title if plain else ''} <{letterhead.list_id}>".lstrip())
    # RFC 8058, section 4 knows one-click unsubscribing over HTTPS only
    if kind in _TO_SUBSCRIBERS and letterhead.url.startswith("https://"):
        yield verbatim("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")
    yield verbatim("List-Help", f"<{_command(letterhead, 'help')}>")
    yield verbatim("List-Owner", f"<{_mailto(letterhead.reply_to)}>")
    yield verbatim("List-Archive", f"<{letterhead.url}/archive>")
    if kind == "issue":
        yield verbatim("List-Post", "NO")  # RFC 2369, section 3.4: a list that only announces
        yield verbatim("Precedence", "bulk")
    else:
        yield verbatim("Auto-Submitted", "auto-replied" if kind in _ANSWERS else "auto-generated")
    campaign = f"issue-{number}" if number is not None else kind
    yield verbatim("Feedback-ID", f"{campaign}:{letterhead.domain}:{kind}:{letterhead.sender_id}")
    yield verbatim("MIME-Version", "1.0")


def _unsubscribe(letterhead: Letterhead) -> str:
    if letterhead.inbox:
        return f"{_mailto(letterhead.inbox)}?subject=unsubscribe%20{merge.UNSUBSCRIBE_URL}"
    return _mailto(letterhead.unsubscribe(merge.UNSUBSCRIBE_URL))


def _command(letterhead: Letterhead, word: str) -> str:
    if letterhead.inbox:
        return f"{_mailto(letterhead.inbox)}?subject={word}"
    return _mailto(letterhead.command(word))


def _mailto(address: str) -> str:
    return "mailto:" + quote(safe_address(address), safe="@+!$*/=_-.~")
