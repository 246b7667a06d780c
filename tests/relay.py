"""A relay to be killed: `python -m tests.relay LOG` takes mail on a port that it prints, and forgets nothing.

Every message stands in the log before it is answered: one line with the time, the connection, the recipient and the
Message-ID. It can be told to be as relays are at their worst.
"""

import argparse
import os
import re
import socketserver
import struct
import time
from email.utils import unquote
from itertools import count
from socket import SO_LINGER, SOL_SOCKET
from typing import Any

_OFFERS = (
    "relay.example.org",
    "PIPELINING",
    "8BITMIME",
    "SIZE",
    "SMTPUTF8",
    "ENHANCEDSTATUSCODES",
    "CHUNKING",
)

_MESSAGE_ID = re.compile(rb"^message-id:\s*(\S+)", re.IGNORECASE | re.MULTILINE)


class Server(socketserver.ThreadingTCPServer):
    """One thread a connection, and one log for all of them."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 100

    def __init__(self, options: argparse.Namespace) -> None:
        super().__init__((options.host, options.port), Session)
        self.options = options
        self.log = os.open(options.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        self.numbers = count(1)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A sender that is killed is no fault of ours."""


class Session(socketserver.StreamRequestHandler):
    """One connection. A command is answered when it is read, also one that came in a group (RFC 2920)."""

    server: Server
    disable_nagle_algorithm = True
    recipient = ""
    chunks = b""
    taken = 0

    def handle(self) -> None:
        # ports are given again
        self.name = ":".join(map(str, (*self.client_address, time.monotonic_ns())))
        self._say("220 relay.example.org ESMTP")
        for line in iter(self.rfile.readline, b""):
            if not self._obey(line.strip()):
                return

    def _obey(self, line: bytes) -> bool:
        """Answer one command; return whether the connection goes on."""
        command = line[:4].upper()
        match command:
            case b"EHLO":
                self._say(*(f"250{'-' if offer != _OFFERS[-1] else ' '}{offer}" for offer in _OFFERS))
            case b"MAIL" if self._is_enough() and self.server.options.goodbye:
                self._say("421 4.4.2 that is enough for one connection")
                return False
            case b"MAIL" | b"RSET":
                self.recipient, self.chunks = "", b""
                self._say("250 2.0.0 well")
            case b"RCPT":
                self.recipient = unquote(line.partition(b":")[2].decode().split()[0])
                self._say("250 2.1.5 well")
            case b"DATA":
                self._say("354 go on")
                return self._take(self._body())
            case b"BDAT":
                size, *last = line.split()[1:]
                self.chunks += self.rfile.read(int(size))
                return self._take(self.chunks) if last else self._say("250 2.0.0 well")
            case b"QUIT":
                self._say("221 2.0.0 farewell")
                return False
            case _:
                self._say("502 5.5.1 unknown")
        return True

    def _body(self) -> bytes:
        lines = []
        for line in iter(self.rfile.readline, b".\r\n"):
            if not line:
                raise ConnectionError("hung up in the middle of a message")
            lines.append(line)
        return b"".join(lines)

    def _take(self, message: bytes) -> bool:
        """Write a message down and answer, as far as we are told to; return whether the connection goes on."""
        options, number = self.server.options, next(self.server.numbers)
        time.sleep(options.delay)
        found = _MESSAGE_ID.search(message)
        facts = (f"{time.time():.6f}", self.name, self.recipient, found[1].decode() if found else "none")
        os.write(self.server.log, ("\t".join(facts) + "\n").encode())
        self.taken += 1
        if options.silent_every and number % options.silent_every == 0:
            self.request.setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))  # it is reset
            return False
        self._say("250 2.0.0 queued")
        return not self._is_enough() or options.goodbye

    def _is_enough(self) -> bool:
        most = self.server.options.close_after
        return bool(most) and self.taken >= most

    def _say(self, *lines: str) -> bool:
        self.wfile.write("".join(f"{line}\r\n" for line in lines).encode())
        return True


def main() -> None:
    """Serve until killed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("log")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--delay", type=float, default=0, help="seconds that taking one message lasts")
    parser.add_argument("--close-after", type=int, default=0, help="messages that a connection may bring")
    parser.add_argument("--goodbye", action="store_true", help="say 421 then")
    parser.add_argument(
        "--silent-every", type=int, default=0, help="take this message, and hang up for an answer"
    )
    with Server(parser.parse_args()) as server:
        print(server.server_address[1], flush=True)  # noqa: T201 - whoever started us reads it
        server.serve_forever()


if __name__ == "__main__":
    main()
