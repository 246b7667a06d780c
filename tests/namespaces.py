"""Hosts with a network of their own, in namespaces: their cables can be pulled. Needs Linux, iproute2 and root."""

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from uuid import uuid4

from tests.requirements import require

#: Where no host is: what is sent there is lost.
_NOWHERE = "02:00:00:00:00:01"


@dataclass
class Network:
    """Hosts on one switch, by name."""

    name: str
    hosts: dict[str, str] = field(default_factory=dict)  # their addresses

    def address(self, host: str) -> str:
        return self.hosts[host]

    def on(self, host: str) -> Sequence[str]:
        """Return what a command line begins with that is to run on a host, which has a name of its own."""
        named = ["unshare", "--uts", "sh", "-c", 'hostname "$0" && exec "$@"', host]
        return ["ip", "netns", "exec", f"{self.name}-{host}", *named]

    def unplug(self, host: str) -> None:
        """Pull a host's cable at the switch: it cannot see that, and hears nothing any more."""
        _ip("-n", f"{self.name}-switch", "link", "set", host, "nomaster")

    def plug_in(self, host: str) -> None:
        """Put a host's cable back."""
        _ip("-n", f"{self.name}-switch", "link", "set", host, "master", "switch")

    def part(self, one: str, other: str) -> None:
        """Let two hosts hear nothing of each other any more."""
        for here, there in ((one, other), (other, one)):
            neighbour = (self.address(there), "lladdr", _NOWHERE, "dev", "cable", "nud", "permanent")
            _ip("-n", f"{self.name}-{here}", "neigh", "replace", *neighbour)

    def join(self, one: str, other: str) -> None:
        """Let two hosts hear each other again."""
        for here, there in ((one, other), (other, one)):
            _ip("-n", f"{self.name}-{here}", "neigh", "del", self.address(there), "dev", "cable")

    def add(self, host: str) -> None:
        """Connect another host."""
        space, switch = f"{self.name}-{host}", f"{self.name}-switch"
        self.hosts[host] = f"10.77.0.{len(self.hosts) + 1}"
        _ip("netns", "add", space)
        _ip("link", "add", "cable", "netns", space, "type", "veth", "peer", "name", host, "netns", switch)
        _ip("-n", space, "address", "add", f"{self.hosts[host]}/24", "dev", "cable")
        for link in ("lo", "cable"):
            _ip("-n", space, "link", "set", link, "up")
        _ip("-n", switch, "link", "set", host, "up")
        self.plug_in(host)


@contextmanager
def network(*hosts: str) -> Iterator[Network]:
    """Build a network, and take it away again. Skip the test where that cannot be done."""
    require("ip (iproute2)", shutil.which("ip"))
    require("root, who may build networks,", os.geteuid() == 0)
    built = Network(f"letter-{uuid4().hex[:6]}")
    switch = f"{built.name}-switch"
    try:
        try:
            _ip("netns", "add", switch)
            _ip("-n", switch, "link", "add", "switch", "type", "bridge")
        except subprocess.CalledProcessError:
            require("a kernel that lets us build networks", None)
        _ip("-n", switch, "link", "set", "switch", "up")
        for host in hosts:
            built.add(host)
        yield built
    finally:
        for space in (switch, *(f"{built.name}-{host}" for host in built.hosts)):
            with suppress(subprocess.CalledProcessError):
                _ip("netns", "del", space)


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)
