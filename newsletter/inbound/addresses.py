"""Our own addresses: what a message is for by the address that it was sent to, or the command in its subject. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from newsletter.outbox.messages.letterhead import Letterhead

#: What can be asked for by mail.
SUBSCRIBE, CONFIRM, UNSUBSCRIBE, HELP = "subscribe", "confirm", "unsubscribe", "help"
COMMANDS = (SUBSCRIBE, CONFIRM, UNSUBSCRIBE, HELP)

#: The address that reports come back to, and the one that people write to.
RETURN_PATH, INBOX = "return path", "inbox"

#: Every domain has these mailboxes (RFC 5321, section 4.5.1; RFC 2142); a person reads them.
_ALWAYS = frozenset({"postmaster", "abuse"})

#: Short forms, where the long one would not fit before the @.
_SHORT = {"b": RETURN_PATH, "u": UNSUBSCRIBE, "c": CONFIRM}

#: The command in words of the languages that we speak; whoever wants to leave need not know ours.
_IN_WORDS = {
    SUBSCRIBE: "subscribe, anmelden, abonnieren, inscription, s'abonner, suscribir, suscribirme, iscrivimi, "
    "iscrizione, aanmelden, abonneren, inscrever, assinar, subskrybuj, zapisz, 購読, اشتراك",
    UNSUBSCRIBE: "unsubscribe, remove, stop, abmelden, abbestellen, désinscription, desinscription, se désabonner, "
    "désabonner, baja, darme de baja, cancelar suscripción, disiscrizione, cancellami, disiscrivimi, afmelden, "
    "uitschrijven, cancelar inscrição, cancelar subscrição, descadastrar, wypisz, rezygnuję, 購読解除, 配信停止, "
    "إلغاء الاشتراك",
    HELP: "help, hilfe, aide, ayuda, aiuto, hulp, ajuda, pomoc, ヘルプ, مساعدة",
    CONFIRM: "confirm",
}
_MEANT = {
    word.strip().casefold(): command for command, words in _IN_WORDS.items() for word in words.split(",")
}

_SIGNED = r"[0-9a-z]+(?:\.[0-9a-z]+){1,3}"
_ANSWERED = re.compile(
    r"(?:re|aw|sv|vs|antw|odp|rif|r|res|ynt|回复|返信|رد) ?(?:\[\d+\])? ?[:：]", re.IGNORECASE
)
_WITH_TOKEN = re.compile(rf"(\S+)[ :]+<?({_SIGNED})>?", re.IGNORECASE)
_IN_SQUARES = re.compile(rf"\[({_SIGNED})\]\s*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Destination:
    """What was written to: a command, the return path or the inbox, with a token or without."""

    purpose: str
    token: str = ""


def destination(addresses: Iterable[str], letterhead: Letterhead) -> Destination | None:
    """Return what a message is for that was sent to these addresses; None: none of them is ours.

    Of several, one that says more wins: a person may write to the newsletter and copy in a command.
    """
    found = [ours for address in addresses if (ours := _read(address, letterhead))]
    return min(found, key=lambda ours: (ours.purpose == INBOX, not ours.token), default=None)


def command_in(subject: str) -> Destination | None:
    """Return the command that a subject is, or the confirmation that the answer to a question is; else None.

    Nothing but the command may stand there: the answer to an issue called "Stop" is no wish to leave.
    """
    words = subject.strip(" .!\"'«»„“”")
    if _ANSWERED.match(words) and (token := _IN_SQUARES.search(words)):
        return Destination(CONFIRM, token[1].lower())
    if match := _WITH_TOKEN.fullmatch(words):
        command = _MEANT.get(match[1].casefold())
        return Destination(command, match[2].lower()) if command in (CONFIRM, UNSUBSCRIBE) else None
    command = _MEANT.get(words.casefold())
    return Destination(command) if command else None


def is_answer(subject: str) -> bool:
    """Whether a subject begins as that of an answer does."""
    return _ANSWERED.match(subject.strip()) is not None


def are_ours(address: str, letterhead: Letterhead) -> bool:
    """Whether this newsletter itself has an address."""
    return _read(address, letterhead) is not None


def _read(address: str, letterhead: Letterhead) -> Destination | None:
    local, _, domain = address.strip().strip("<>").lower().rpartition("@")
    if f"{local}@{domain}" == letterhead.inbox.lower():
        return Destination(INBOX)
    if domain not in (letterhead.domain.lower(), letterhead.return_domain.lower()):
        return None
    mailbox = letterhead.mailbox.lower()
    if local == mailbox or local in _ALWAYS:
        return Destination(INBOX)
    if local.startswith(f"{mailbox}+"):
        word, _, token = local.removeprefix(f"{mailbox}+").partition("-")
        if word in COMMANDS:
            return Destination(word, token)
    short, _, token = local.partition("+")
    return Destination(_SHORT[short], token) if token and short in _SHORT else None
