"""Asking DNS: what it says, that it says nothing, or that nobody answered. No other module asks."""

from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

import dns.exception
import dns.resolver
import dns.reversename

#: Seconds that an answer may take.
_PATIENCE = 3.0

#: Names that are nobody's (RFC 2606, RFC 6761): a newsletter with one of them is only being tried out.
_NOBODYS = ("example", "test", "invalid", "localhost", "example.com", "example.net", "example.org")


class Unanswered(Exception):
    """No name server answered."""


@dataclass(frozen=True, slots=True)
class Names:
    """A way to ask DNS: the system's name servers, or the one named, as `address` or `address:port`."""

    server: str = ""

    def knows(self, domain: str) -> bool:
        """Say whether it makes sense to ask for a name: those kept for examples and tests are nobody's."""
        labels = domain.lower().rstrip(".").split(".")
        return bool(self.server) or not {labels[-1], ".".join(labels[-2:])} & set(_NOBODYS)

    def texts(self, name: str) -> list[str]:
        """Return the TXT records of a name, the strings of each joined. Raises Unanswered."""
        return [b"".join(record.strings).decode("utf-8", "replace") for record in self._ask(name, "TXT")]

    def addresses(self, name: str) -> list[str]:
        """Return the addresses of a host; one that is written as an address is its own. Raises Unanswered."""
        try:
            return [str(ip_address(name))]
        except ValueError:
            return [record.address for kind in ("A", "AAAA") for record in self._ask(name, kind)]

    def names_of(self, address: str) -> list[str]:
        """Return what an address is called (PTR), without the dot at the end. Raises Unanswered."""
        reverse = dns.reversename.from_address(address).to_text()
        return [record.target.to_text(omit_final_dot=True) for record in self._ask(reverse, "PTR")]

    def _ask(self, name: str, kind: str) -> list[Any]:
        resolver = dns.resolver.Resolver(configure=not self.server)
        if self.server:
            host, _, port = self.server.partition(":")
            resolver.nameservers, resolver.port = [host], int(port or 53)
        try:
            return list(resolver.resolve(name, kind, lifetime=_PATIENCE))
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return []
        except (dns.exception.DNSException, OSError, ValueError) as error:
            raise Unanswered(f"no name server answered for {name}") from error
