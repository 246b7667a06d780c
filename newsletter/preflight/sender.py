"""Whether DNS says of the sender what receivers want to read there: SPF, DKIM, DMARC, and the relay's own name.

Each examination yields problems, or nothing where all is well, and raises Unanswered where nobody could be asked.
"""

import re
from collections.abc import Iterator
from ipaddress import ip_address
from typing import Protocol

from newsletter.content.post import Problem
from newsletter.preflight.rules import SENDERS, Place

_KEY = re.compile(r"(?:^|;)\s*p\s*=\s*([A-Za-z0-9+/=\s]*)")


class Directory(Protocol):
    """What is asked; :class:`newsletter.preflight.names.Names` asks DNS."""

    def texts(self, name: str) -> list[str]: ...

    def addresses(self, name: str) -> list[str]: ...

    def names_of(self, address: str) -> list[str]: ...


def spf(names: Directory, domain: str) -> Iterator[Problem]:
    """The domain of the return path names who sends for it, once (RFC 7208, sections 3.2 and 4.5)."""
    records = [text for text in names.texts(domain) if text.lower().startswith(("v=spf1 ", "v=spf1"))]
    if not records:
        yield SENDERS["spf"].problem(f"{domain} has no SPF record.", Place("DNS"))
    elif len(records) > 1:
        yield SENDERS["spf"].problem(f"{domain} has {len(records)} SPF records, and so none.", Place("DNS"))
    elif re.search(r"\+all\b", records[0].lower()):
        yield SENDERS["spf"].problem(
            f"The SPF record of {domain} lets everybody send for it: +all.", Place("DNS")
        )


def dkim(names: Directory, name: str, value: str) -> Iterator[Problem]:
    """The key that signs is published as it is (RFC 6376, section 3.6.1)."""
    records = names.texts(name)
    if not records:
        yield SENDERS["dkim-dns"].problem(
            f"{name} has no TXT record: the key is not published.", Place("DNS")
        )
    elif _key_in(value) not in map(_key_in, records):
        yield SENDERS["dkim-dns"].problem(f"{name} holds another key than the one that signs.", Place("DNS"))


def dmarc(names: Directory, domain: str) -> Iterator[Problem]:
    """The domain of From, or the one above it, has a policy (RFC 7489, section 6.6.3)."""
    labels = domain.split(".")
    for start in range(max(1, len(labels) - 1)):
        place = ".".join(["_dmarc", *labels[start:]])
        if any(text.lower().replace(" ", "").startswith("v=dmarc1") for text in names.texts(place)):
            return
    yield SENDERS["dmarc"].problem(f"{domain} has no DMARC record.", Place("DNS"))


def ptr(names: Directory, host: str) -> Iterator[Problem]:
    """A public relay of one's own has a name that leads back to it (RFC 1912, section 2.1)."""
    for address in names.addresses(host):
        if ip_address(address).is_global:
            called = names.names_of(address)
            if not called:
                yield SENDERS["ptr"].problem(f"{address}, where {host} is, has no name.", Place("DNS"))
            elif not any(address in names.addresses(name) for name in called):
                yield SENDERS["ptr"].problem(
                    f"{address} is called {called[0]}, which does not lead back to it.", Place("DNS")
                )


def _key_in(record: str) -> str:
    found = _KEY.search(record)
    return "".join(found[1].split()) if found else ""
