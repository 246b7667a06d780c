"""What DNS and the web server are asked, and what is made of their answers."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset
import pytest

from newsletter.content.post import Problem
from newsletter.preflight.names import Names, Unanswered
from newsletter.preflight.pages import pages
from newsletter.preflight.sender import dkim, dmarc, ptr, spf

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
KEY = "v=DKIM1; k=rsa; p=MIIBIjANBgkq"


@dataclass(frozen=True)
class Zone:
    """DNS as a table: what each name has."""

    text: dict[str, list[str]] = field(default_factory=dict)
    address: dict[str, list[str]] = field(default_factory=dict)
    pointer: dict[str, list[str]] = field(default_factory=dict)

    def texts(self, name: str) -> list[str]:
        return self.text.get(name, [])

    def addresses(self, name: str) -> list[str]:
        return self.address.get(name, [])

    def names_of(self, address: str) -> list[str]:
        return self.pointer.get(address, [])


GOOD = Zone(
    text={
        "bounce.tides.org": ["something else", "v=spf1 mx -all"],
        "_dmarc.tides.org": ["v=DMARC1; p=none"],
        "news1._domainkey.tides.org": ["k=rsa; t=s; p=MIIBIjAN Bgkq"],
    },
    address={"mail.tides.org": ["9.9.9.9"], "inside.tides.org": ["10.0.0.7"]},
    pointer={"9.9.9.9": ["mail.tides.org"]},
)


def test_a_sound_sender_hears_nothing() -> None:
    """Proves that published records are found, also DMARC's above the domain, and a key that is written otherwise."""
    assert [
        *spf(GOOD, "bounce.tides.org"),
        *dmarc(GOOD, "news.tides.org"),
        *ptr(GOOD, "mail.tides.org"),
    ] == []
    assert list(dkim(GOOD, "news1._domainkey.tides.org", KEY)) == []
    assert list(ptr(GOOD, "inside.tides.org")) == []  # a relay inside needs no name outside


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (spf(Zone(), "tides.org"), "no SPF record"),
        (spf(Zone({"tides.org": ["v=spf1 mx", "v=spf1 a"]}), "tides.org"), "has 2 SPF records"),
        (spf(Zone({"tides.org": ["v=spf1 +all"]}), "tides.org"), "lets everybody send"),
        (dmarc(Zone(), "tides.org"), "no DMARC record"),
        (dkim(Zone(), "a._domainkey.tides.org", KEY), "not published"),
        (dkim(Zone({"a._domainkey.tides.org": ["v=DKIM1; p=MIIother"]}), "a._domainkey.tides.org", KEY), "another key"),
        (dkim(Zone({"a._domainkey.tides.org": ["v=DKIM1; p="]}), "a._domainkey.tides.org", KEY), "another key"),
        (ptr(Zone(address={"m": ["9.9.9.9"]}), "m"), "has no name"),
        (ptr(Zone(address={"m": ["9.9.9.9"]}, pointer={"9.9.9.9": ["x.isp.net"]}), "m"), "does not lead back"),
    ],
)  # fmt: skip
def test_what_is_missing_is_said(found: Iterator[Problem], words: str) -> None:
    """Proves that each fault of the sender's records is told, with a remedy."""
    (problem,) = found
    assert words in problem.message
    assert problem.remedy


def test_nobodys_names_are_not_asked_for() -> None:
    """Proves that names for examples and tests never leave the machine, unless a name server is set."""
    assert not any(Names().knows(name) for name in ("example.com", "news.example.org", "a.test", "localhost"))
    assert Names().knows("tides.org")
    assert Names("127.0.0.1:53").knows("example.com")


class _Server(socketserver.BaseRequestHandler):
    """A name server that knows one zone."""

    def handle(self) -> None:
        data, sock = self.request
        query = dns.message.from_wire(data)
        name, kind = query.question[0].name, query.question[0].rdtype
        answer = dns.message.make_response(query)
        records = {
            ("tides.org.", dns.rdatatype.TXT): '"v=spf1 " "mx -all"',
            ("mail.tides.org.", dns.rdatatype.A): "9.9.9.9",
            ("9.9.9.9.in-addr.arpa.", dns.rdatatype.PTR): "mail.tides.org.",
        }
        if text := records.get((name.to_text(), kind)):
            answer.answer.append(dns.rrset.from_text(name, 60, "IN", dns.rdatatype.to_text(kind), text))
        sock.sendto(answer.to_wire(), self.client_address)


@contextmanager
def serving(server: socketserver.BaseServer) -> Iterator[str]:
    """Run a server in a thread, and return its address and port."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    host, port = server.server_address[:2]
    try:
        yield f"{host!s}:{port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_a_name_server_is_asked() -> None:
    """Proves that records come as they are from a real name server, and that a name without any has none."""
    with serving(socketserver.UDPServer(("127.0.0.1", 0), _Server)) as where:
        names = Names(where)
        assert names.texts("tides.org") == ["v=spf1 mx -all"]
        assert names.texts("nothing.tides.org") == []
        assert list(ptr(names, "mail.tides.org")) == []


class _Failing(socketserver.BaseRequestHandler):
    """A name server that cannot reach the ones above it."""

    def handle(self) -> None:
        data, sock = self.request
        answer = dns.message.make_response(dns.message.from_wire(data))
        answer.set_rcode(dns.rcode.SERVFAIL)
        sock.sendto(answer.to_wire(), self.client_address)


def test_nobody_answers() -> None:
    """Proves that a name server which fails is told from one that knows nothing."""
    with serving(socketserver.UDPServer(("127.0.0.1", 0), _Failing)) as where, pytest.raises(Unanswered):
        Names(where).texts("tides.org")


@contextmanager
def web(status: int, date: str, lost: str = "-") -> Iterator[str]:
    """A web server that answers everything in one way, but what is `lost`."""

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.send_response_only(404 if self.path.startswith(lost) else status)
            self.send_header("Date", date)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with serving(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as where:
        yield f"http://{where}"


@pytest.mark.parametrize(
    ("status", "date", "kinds"),
    [
        (200, "Mon, 23 Nov 2026 08:01:00 GMT", []),
        (502, "Mon, 23 Nov 2026 08:01:00 GMT", ["pages"]),
        (200, "Mon, 23 Nov 2026 09:01:00 GMT", ["clock"]),
        (200, "yesterday", []),
    ],
)
def test_the_pages_are_asked_for(status: int, date: str, kinds: list[str]) -> None:
    """Proves that pages which fail are told, and a clock that is wrong by more than minutes."""
    with web(status, date) as url:
        assert [problem.kind for problem in pages(url, NOW)] == kinds


def test_the_ways_out_are_asked_for() -> None:
    """Proves that links which a proxy in front of our pages does not know are told, and no reader's token with them."""
    links = ["/unsubscribe/a.secret", "/preferences/b.secret"]
    with web(200, "Mon, 23 Nov 2026 08:01:00 GMT", lost="/preferences/") as url:
        (problem,) = pages(url, NOW, [f"{url}{link}" for link in links])
    assert problem.message == f"{url}/preferences/… answers 404 Not Found."


def test_no_web_server() -> None:
    """Proves that pages which are not there are told."""
    (problem,) = pages("http://127.0.0.1:1", NOW)
    assert "does not answer" in problem.message
