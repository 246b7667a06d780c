"""Who visits, as far as their internet address tells; :mod:`subscribers.networks` says what is kept of that."""

from collections.abc import Collection
from dataclasses import dataclass

from fastapi import Request

from subscribers import networks
from subscribers.networks import Keeping


@dataclass(frozen=True, slots=True)
class Visitor:
    """Whoever asks. The whole address leaves this value only where the settings say so."""

    _address: str

    @property
    def network(self) -> str:
        """The network by which visits are counted."""
        return networks.counted(self._address)

    def origin(self, keeping: Keeping) -> str:
        """Return what is filed of where they come from."""
        return networks.kept(self._address, keeping)


def visitor(request: Request, proxies: Collection[str]) -> Visitor:
    """Return who asks. What a proxy says of them counts only if the proxy is ours.

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
    return Visitor(address)
