"""Who visits, as far as we want to know: the network they come from, never the whole address."""

from collections.abc import Collection
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from fastapi import Request

_UNKNOWN = "unknown"


def network_of(request: Request, proxies: Collection[str]) -> str:
    """Return the network of whoever asks: /24 or /64. What a proxy says of them counts only if the proxy is ours.

    A connection through a Unix socket comes from a proxy on this machine.
    """
    peer = request.client.host if request.client else ""
    forwarded = [
        part.strip() for part in request.headers.get("x-forwarded-for", "").split(",") if part.strip()
    ]
    trusted = {*proxies, ""}
    address = peer
    while address in trusted and forwarded:  # the nearest proxy wrote the last one
        address = forwarded.pop()
    return network(address)


def network(address: str) -> str:
    """Return the network of an address: its /24 (IPv4) or /64 (IPv6)."""
    try:
        parsed: IPv4Address | IPv6Address = ip_address(address)
    except ValueError:
        return _UNKNOWN
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped:
        parsed = parsed.ipv4_mapped
    return str(ip_network((parsed, 24 if parsed.version == 4 else 64), strict=False))
