"""Ports for servers that have to be told theirs."""

import random
import socket

#: Below those that the kernel gives to whoever asks for any (ip(7)): none of these is taken before it is used.
_PORTS = range(20_000, 32_000)


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on, and hardly anybody else will choose meanwhile."""
    while True:
        port = random.SystemRandom().choice(_PORTS)
        with socket.socket() as free:
            try:
                free.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
