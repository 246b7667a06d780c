"""What a message is: command, bounce, complaint, auto-reply or reply; and what it wants. Pure; nothing is raised.

A message that a machine wrote never asks for anything, with one exception: whoever writes to the address that ends a
subscription has its token from our mail, and some mail programs say there that they wrote it by themselves.
"""

from dataclasses import dataclass
from typing import Literal

from newsletter.inbound import addresses, guards
from newsletter.inbound.addresses import INBOX, RETURN_PATH, UNSUBSCRIBE, Destination
from newsletter.inbound.bounds import excess
from newsletter.inbound.incoming import Incoming
from newsletter.inbound.reports import Report, read_report
from newsletter.outbox.messages.letterhead import Letterhead

Kind = Literal["command", "bounce", "complaint", "auto-reply", "reply"]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a message is not taken: an enhanced code (RFC 3463) and words for its sender."""

    status: str
    words: str


@dataclass(frozen=True, slots=True)
class Route:
    """What a message is. `command` is what it asks for, `report` what it tells; `token` is that of its return path."""

    kind: Kind
    reason: str
    command: Destination | None = None
    report: Report | None = None
    token: str = ""
    refusal: Refusal | None = None


def route(incoming: Incoming, letterhead: Letterhead, *, largest: int) -> Route:
    """Say what a message is."""
    if reason := excess(incoming.raw, largest=largest):
        return Route("reply", reason, refusal=Refusal("5.3.4", f"This message is not taken: {reason}."))
    found = addresses.destination(incoming.was_for, letterhead)
    if found is None and incoming.recipient is not None:
        return Route(
            "reply", "nobody here has this address", refusal=Refusal("5.1.1", "No such address here.")
        )
    destination = found or Destination(INBOX)
    token = destination.token if destination.purpose == RETURN_PATH else ""
    report = read_report(incoming.raw)
    if report is not None and report.kind != "auto-reply":
        return Route(report.kind, report.reason, report=report, token=token)
    command = _command(destination, incoming)
    if command is not None and command.purpose == UNSUBSCRIBE and command.token:
        return Route("command", "it asks to unsubscribe, with a token", command)
    if reason := guards.written_by_machine(incoming, letterhead):
        return Route("auto-reply", reason, report=report, token=token)
    if report is not None and not _is_answer(incoming):
        return Route("auto-reply", report.reason, report=report, token=token)
    if command is not None:
        return Route("command", f"it asks to {_WORDS[command.purpose]}", command)
    return Route("reply", "a person wrote it")


_WORDS = {
    addresses.SUBSCRIBE: "subscribe",
    addresses.CONFIRM: "confirm a subscription",
    addresses.UNSUBSCRIBE: "unsubscribe",
    addresses.HELP: "be told what can be asked",
}


def _command(destination: Destination, incoming: Incoming) -> Destination | None:
    if destination.purpose == INBOX:
        return addresses.command_in(incoming.subject)
    return None if destination.purpose == RETURN_PATH else destination


def _is_answer(incoming: Incoming) -> bool:
    """Whether a message answers another one as people do; its subject may speak of absence for any reason."""
    return bool(incoming.answers) and addresses.is_answer(incoming.subject)
