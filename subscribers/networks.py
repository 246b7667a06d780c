"""Internet addresses of those who ask us for something: kept whole, as a network, or not at all. Pure."""

import re
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Literal

#: How much of an address is kept: its network, all of it, nothing.
Keeping = Literal["truncated", "whole", "none"]

#: What stands where there is no address, or none that may be kept.
UNKNOWN = "unknown"

#: Bits that are kept of an address: a provider's customers of one place, never one household. By version.
_KEPT = {4: 24, 6: 48}

#: Bits by which visitors are counted: a household has a /64, and may use any address in it.
_COUNTED = {4: 24, 6: 64}

#: What may be an address within a text: each has a digit, which tells it from the names of programs, as in `a::b`.
_WITHIN = re.compile(
    r"(?<![\w.:])(?:\d{1,3}(?:\.\d{1,3}){3}|(?=[\w:]*\d)[0-9a-fA-F]{0,4}(?::[0-9a-fA-F]{0,4}){2,7})(?![\w:])"
)


def counted(address: str) -> str:
    """Return the network under which an address is counted: its /24 (IPv4) or /64 (IPv6)."""
    return _network(address, _COUNTED)


def kept(address: str, keeping: Keeping) -> str:
    """Return what is kept of an address; empty where nothing is, for an address as for none."""
    if keeping == "none" or not address:
        return ""
    if keeping == "whole":
        parsed = _parsed(address)
        return UNKNOWN if parsed is None else str(parsed)
    return _network(address, _KEPT)


def truncated(text: str) -> str:
    """Return a text in which every address has become its network."""
    return _WITHIN.sub(lambda found: _shortened(found[0]), text)


def _shortened(word: str) -> str:
    return word if _parsed(word) is None else _network(word, _KEPT)


def _network(address: str, bits: dict[int, int]) -> str:
    parsed = _parsed(address)
    return UNKNOWN if parsed is None else str(ip_network((parsed, bits[parsed.version]), strict=False))


def _parsed(address: str) -> IPv4Address | IPv6Address | None:
    try:
        parsed = ip_address(address.strip())
    except ValueError:
        return None
    return parsed.ipv4_mapped or parsed if isinstance(parsed, IPv6Address) else parsed
