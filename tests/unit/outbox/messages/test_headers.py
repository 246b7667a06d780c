"""Header fields: what is written is read back, whatever it is, and nothing can add a header of its own."""

import email
import email.policy
from email.header import decode_header, make_header
from email.message import EmailMessage

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from newsletter.outbox.messages.headers import clean, mailbox, safe_address, unstructured, verbatim

TEXTS = st.text(max_size=300) | st.text(alphabet='\r\n\0\u2028\x85 :;,"\\<>@()=?_éñ中😀aB', max_size=200)


def read(header: bytes) -> EmailMessage:
    """Read one header back."""
    return email.message_from_bytes(header + b"\r\nbody\r\n", policy=email.policy.default)


def check(header: bytes) -> None:
    """Check what must hold for any header: one field, folded at white space, short lines where possible."""
    assert header.endswith(b"\r\n")
    assert header.count(b"\r") == header.count(b"\n") == header.count(b"\r\n")
    first, *others = header.removesuffix(b"\r\n").split(b"\r\n")
    for line in others:
        assert line.startswith(b" ")
        assert line.strip()
    for line in (first, *others):
        assert len(line) <= 998
        assert all(len(word) <= 75 for word in line.split() if word.startswith(b"=?"))
        if b"=?" in line and b"<" not in line:
            assert len(line) <= 76


@given(text=TEXTS)
@example("=?utf-8?q?not_encoded?=")
@example("x" * 2000)
@example("Bcc: everybody@example.org\r\nBcc: all@example.org")
@example("Ж" * 500)
@example("word " * 100)
def test_a_subject(text: str) -> None:
    """Any subject is read back as it is shown on one line."""
    header = unstructured("Subject", text)
    check(header)
    message = read(header)
    assert message.keys() == ["Subject"]
    assert message["Subject"] == clean(text)
    assert not message["Subject"].defects


@given(name=TEXTS)
@example('Anna "the tide" O\'Hara, Jr. <x@example.org>')
@example("\\")
@example("Дмитрий " * 30)
@example("a" * 400)
@example("( not a comment )")
def test_a_mailbox(name: str) -> None:
    """Any name stands beside its address and cannot add another one."""
    header = mailbox("To", name, "ana@example.org")
    check(header)
    message = read(header)
    assert message.keys() == ["To"]
    (address,) = message["To"].addresses
    assert address.addr_spec == "ana@example.org"
    assert not message["To"].defects
    if b"=?" in header:
        # Python's parser keeps the space between two encoded-words of a name, against RFC 2047, section 6.2
        written = header.decode().removeprefix("To: ").rpartition("<")[0]
        assert str(make_header(decode_header(written.replace("\r\n", "").strip()))) == clean(name)
    else:
        assert address.display_name == clean(name)


def test_a_mailbox_beyond_ascii() -> None:
    """A local part beyond ASCII is written as UTF-8, never as an encoded-word (RFC 6532)."""
    header = mailbox("To", "Юзер", "юзер@example.org")
    assert "<юзер@example.org>" in header.decode()


@given(text=st.text(max_size=60))
@example("a\u2028b\u2029c\x85d\x0be\x0cf\x00g\r\nh")
def test_clean_text(text: str) -> None:
    """What is left fits on one line, for every program's idea of a line."""
    cleaned = clean(text)
    assert len(cleaned.splitlines()) <= 1
    assert cleaned == clean(cleaned)
    cleaned.encode()


@pytest.mark.parametrize(
    "address",
    [
        "a@example.org\r\nBcc: x@example.org", "a@example.org\n", "a\0@example.org", "a@example.org, b@example.org",
        "<a@example.org>", "a b@example.org", "a@exam\u2028ple.org", "@example.org", "a", "", '"a b"@example.org',
        "a@b>c", "a@b\x85c",
    ],
)  # fmt: skip
def test_addresses_that_break_out(address: str) -> None:
    """No address with anything that ends it early gets into a message."""
    with pytest.raises(ValueError, match="is no address"):
        safe_address(address)


def test_long_addresses_of_pages_stay_whole() -> None:
    """A header that programs read is folded after its commas and never encoded, however long it is."""
    page, mail = f"<https://news.example.com/{'x' * 200}>", f"<mailto:{'y' * 90}@example.com>"
    header = verbatim("List-Unsubscribe", page, mail)
    assert header == f"List-Unsubscribe: {page},\r\n {mail}\r\n".encode()
    with pytest.raises(ValueError, match="cannot hold"):
        verbatim("List-Archive", "<https://ex.com/é>")
    with pytest.raises(ValueError, match="cannot hold"):
        verbatim("List-Archive", "<https://ex.com/>\r\nBcc: x")
