"""Quoted-printable in pieces: whatever the pieces, the text comes out as it went in."""

import quopri

from hypothesis import example, given
from hypothesis import strategies as st

from newsletter.outbox.messages.quoting import encode, encode_value

#: Text that is hard on an encoding: dots, blanks, line ends of all kinds, far letters.
TEXTS = st.text(max_size=400) | st.text(alphabet=". \t\r\n=FromA\u2028é\x00\x0b\x85😀", max_size=400)
VALUES = st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\r\n"), max_size=200)


def normal(text: str) -> str:
    """Return text as MIME keeps it: a line break is CRLF."""
    return text.replace("\r\n", "\n").replace("\n", "\r\n")


@given(text=TEXTS)
@example("." * 200)
@example("From the sea\n.\n..\n \n\t\nFrom")
@example("é" * 300)
@example("a\rb\r\nc\nd\r")
def test_one_piece(text: str) -> None:
    """Any text survives; lines keep to 76 octets, end in CRLF, and begin with neither a dot nor "From "."""
    encoded = encode(text)
    assert quopri.decodestring(encoded).decode() == normal(text)
    check(encoded)


@given(first=TEXTS, value=VALUES, last=TEXTS)
@example(first="Dear ", value="", last="\nhello")
@example(first="", value=".", last=".")
@example(first="x", value="a ", last="\n")
@example(first="From", value=" the sea", last="")
@example(first="", value="https://news.example.com/unsubscribe/247h.rddqkghriuynwhi6qofh", last="")
def test_a_value_between_two_pieces(first: str, value: str, last: str) -> None:
    """A value that is encoded on its own and put in between decodes to the whole text."""
    encoded = encode(first, continued=True) + encode_value(value) + encode(last)
    assert quopri.decodestring(encoded).decode() == normal(first) + value + normal(last)
    check(encoded)


def check(encoded: bytes) -> None:
    """Check what must hold for any body that goes over SMTP."""
    assert encoded.isascii()
    assert b"\0" not in encoded
    assert encoded.count(b"\r\n") == encoded.count(b"\r") == encoded.count(b"\n")
    for line in encoded.split(b"\r\n"):
        assert len(line) <= 76
        assert not line.startswith((b".", b"From "))
        assert not line.endswith((b" ", b"\t"))
