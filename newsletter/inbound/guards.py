"""Machines must not talk to machines: who wrote a message, and whether we may answer it (RFC 3834, section 2). Pure."""

import re

from newsletter.inbound.addresses import are_ours
from newsletter.inbound.incoming import Incoming
from newsletter.outbox.messages.letterhead import Letterhead

#: Our mark on what we send on to the author: if it comes here again, it goes in a circle.
SENT_ON = "X-Newsletter-Sent-On"

_BY_MACHINES = (
    "X-Autoreply", "X-Autorespond", "X-Autoresponder", "X-AutoReply-From", "X-Mail-Autoreply", "X-FC-MachineGenerated",
)  # fmt: skip
_BULK = frozenset({"bulk", "junk", "auto_reply"})
_LIST = ("List-Id", "List-Post", "List-Unsubscribe", "Mailing-List", "X-Mailing-List")
_MACHINES = re.compile(
    r"(?:mailer-?daemon|postmaster|owner-.*|.*-(?:request|owner|bounces?)|bounces?|(?:no|do-?not)-?_?reply)(?:[+=].*)?",
    re.IGNORECASE,
)


def written_by_machine(incoming: Incoming, letterhead: Letterhead) -> str:
    """Say why a message is nothing that a person wrote to us; nothing: a person may have."""
    if incoming.has(SENT_ON):
        return "it was sent on from here already"
    if letterhead.list_id in incoming.first("List-Id").lower():
        return "it is our own mail, come back"
    automatic = incoming.first("Auto-Submitted").partition(";")[0].strip().lower()
    if automatic not in ("", "no"):
        return f"it says that a machine wrote it (Auto-Submitted: {automatic[:40]})"
    precedence = incoming.first("Precedence").strip().lower()
    if precedence in _BULK:
        return f"it says that it is for many (Precedence: {precedence})"
    if incoming.has(*_BY_MACHINES):
        return "it says that a machine wrote it"
    if incoming.is_from_nobody:
        return "its sender takes no answer (Return-Path: <>)"
    return ""


def may_not_be_answered(incoming: Incoming, letterhead: Letterhead) -> str:
    """Say why no machine may answer a message; nothing: one may."""
    if reason := written_by_machine(incoming, letterhead):
        return reason
    author = incoming.author
    if author is None:
        return "it is not from one address"
    if are_ours(author.key, letterhead):
        return "it is from our own address"
    if _MACHINES.fullmatch(author.key.partition("@")[0]):
        return "it is from the address of a machine"
    if incoming.has(*_LIST) or incoming.first("Precedence").strip().lower() == "list":
        return "it came by a mailing list"
    if {"all", "autoreply"} & set(re.split(r"[\s,]+", incoming.first("X-Auto-Response-Suppress").lower())):
        return "its sender wants no automatic answer"
    return ""
