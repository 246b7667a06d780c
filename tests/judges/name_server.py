"""A name server on this machine that knows a few records, and of every other name that there is none."""

import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import Thread

import dns.exception
import dns.flags
import dns.message
import dns.rcode
import dns.rrset

#: What is known: by name and kind, such as ("example.com.", "TXT").
Records = Mapping[tuple[str, str], str]


@contextmanager
def name_server(records: Records) -> Iterator[int]:
    """Answer over UDP; yield the port."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as opened:
        opened.bind(("127.0.0.1", 0))
        thread = Thread(target=_serve, args=(opened, records), daemon=True)
        thread.start()
        try:
            yield opened.getsockname()[1]
        finally:
            opened.sendto(b"", opened.getsockname())
            thread.join(5)


def _serve(opened: socket.socket, records: Records) -> None:
    while True:
        asked, asker = opened.recvfrom(4096)
        if not asked:
            return
        try:
            opened.sendto(_answer(dns.message.from_wire(asked), records).to_wire(), asker)
        except dns.exception.DNSException:
            continue


def _answer(query: dns.message.Message, records: Records) -> dns.message.Message:
    answer = dns.message.make_response(query)
    answer.flags |= dns.flags.RA
    question = query.question[0]
    name, kind = str(question.name).lower(), dns.rdatatype.to_text(question.rdtype)
    if (name, kind) in records:
        answer.answer.append(dns.rrset.from_text(question.name, 300, "IN", kind, records[name, kind]))
    elif not any(known == name for known, _ in records):
        answer.set_rcode(dns.rcode.NXDOMAIN)
    return answer
