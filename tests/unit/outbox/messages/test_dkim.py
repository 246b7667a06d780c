"""DKIM: whatever is in a message, a verifier that is not ours takes its signature, and takes no other message."""

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from dkim.canonicalization import Relaxed
from hypothesis import example, given, settings
from hypothesis import strategies as st

from newsletter.content.post import InlineImage
from newsletter.outbox.messages.dkim import OVERSIGNED, Signer, relaxed_headers, relaxed_lines
from newsletter.outbox.messages.message import Reader, compose
from newsletter.outbox.messages.privatekeys import Ed25519Key, RsaKey, parse_key, verifies
from newsletter.outbox.messages.template import Template
from tests.issues import LETTERHEAD
from tests.unit.outbox.messages.test_message import ANA, NOW, TOKENS, Rendered, opened


@cache
def signer() -> Signer:
    """A signer with a key of each kind."""
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return Signer(
        "example.com", (RsaKey("news1", private), Ed25519Key("news2", Ed25519PrivateKey.generate()))
    )


def signed(rendered: Rendered | None = None, reader: Reader = ANA, *, kind: str = "issue") -> bytes:
    """Compose and sign one message."""
    template = Template.prepare(rendered or Rendered(), LETTERHEAD, kind=kind, number=12, signer=signer())
    return compose(template, reader, TOKENS, NOW).data


def verdicts(data: bytes) -> list[bool]:
    """Return what dkimpy thinks of each signature."""
    keys = {f"{key.selector}._domainkey.example.com.": key.published.encode() for key in signer().keys}

    def verify(place: int) -> bool:
        try:
            return dkim.DKIM(data).verify(idx=place, dnsfunc=lambda name, timeout=5: keys[name.decode()])
        except dkim.ValidationError:  # raised for a body, returned for headers
            return False

    return [verify(place) for place in range(data.count(b"DKIM-Signature: "))]


def tags(data: bytes) -> Iterator[dict[str, str]]:
    """Yield the tags of each signature, without any blanks in them."""
    head = data.partition(b"\r\n\r\n")[0].decode().replace("\r\n ", " ")
    for line in head.split("\r\n"):
        if line.startswith("DKIM-Signature: "):
            pairs = re.sub(r"\s", "", line.partition(": ")[2]).split(";")
            yield dict(pair.split("=", 1) for pair in pairs)


class TestSignatures:
    """On real messages, both kinds of signature."""

    TEXTS = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=300) | st.text(
        alphabet=". \t\r\n=-_FromAé\u2028\x00\x0b\x85", max_size=300
    )

    @settings(deadline=None)
    @given(text=TEXTS, html=TEXTS, name=TEXTS, subject=TEXTS)
    @example(text=" \t \r\n\r\n", html="  \t\n\n\n\n", name=" a  b\t", subject="a" * 500)
    @example(
        text="__READER_NAME__ \n\n__UNSUBSCRIBE_URL__", html="", name=".", subject="Ahoy, __READER_NAME__  !"
    )
    @example(text="__READER_NAME__" * 9, html="<p>__READER_NAME__\n\n\n", name="a b " * 90, subject="\t ")
    @example(text="", html="", name="", subject="")
    def test_any_message(self, text: str, html: str, name: str, subject: str) -> None:
        """Whatever is written, and whatever a reader is called, dkimpy verifies both."""
        rendered = Rendered(subject=subject, text=text, html=html)
        assert verdicts(signed(rendered, replace(ANA, name=name))) == [True, True]

    @pytest.mark.parametrize(
        ("kind", "email_address"),
        [("confirm", "ana@example.org"), ("welcome", "ana@bücher.example"), ("goodbye", "юзер@example.org")],
    )
    def test_notices_and_far_addresses(self, kind: str, email_address: str) -> None:
        """Mail of every kind is signed, also where a header is in UTF-8."""
        assert verdicts(signed(reader=replace(ANA, email=email_address), kind=kind)) == [True, True]

    def test_pictures_and_bodies_without_gaps(self) -> None:
        """What is in base64 is signed as it is; a rendering that names no reader is, too."""
        images = (InlineImage("a@x", "image/png", "a.png", bytes(range(256)) * 50),)
        assert verdicts(signed(Rendered(text="hello\n\n\n", html="<p>hello</p>", images=images))) == [
            True,
            True,
        ]

    def test_the_message_is_what_it_would_be_without(self) -> None:
        """A signature stands above the message and changes nothing in it; its lines are short, and all ASCII."""
        data = signed()
        opened(
            compose(Template.prepare(Rendered(), LETTERHEAD, number=12, signer=signer()), ANA, TOKENS, NOW)
        )
        unsigned = compose(Template.prepare(Rendered(), LETTERHEAD, number=12), ANA, TOKENS, NOW).data
        assert data.endswith(b"\r\n" + unsigned)
        above = data.removesuffix(unsigned).decode("ascii")
        assert all(len(line) <= 78 for line in above.split("\r\n"))
        assert above.count("DKIM-Signature: ") == 2

    def test_tags(self) -> None:
        """RSA stands first; relaxed/relaxed, our domain, a date, never a length; the list headers are signed."""
        both = list(tags(signed()))
        assert [(tag["a"], tag["s"]) for tag in both] == [
            ("rsa-sha256", "news1"),
            ("ed25519-sha256", "news2"),
        ]
        for tag in both:
            assert (tag["v"], tag["c"], tag["d"]) == ("1", "relaxed/relaxed", "example.com")
            assert tag["t"] == str(int(NOW.timestamp()))
            assert set(tag) == {"v", "a", "s", "c", "d", "t", "bh", "h", "b"}
            names = tag["h"].split(":")
            # RFC 8058, section 4, and Gmail's rule for Feedback-ID
            assert {
                "List-Unsubscribe",
                "List-Unsubscribe-Post",
                "List-Id",
                "Feedback-ID",
                "Message-ID",
            } <= set(names)
            assert {"MIME-Version", "Content-Type"} <= set(names)
            present = opened(compose(Template.prepare(Rendered(), LETTERHEAD), ANA, TOKENS, NOW)).keys()
            for name in OVERSIGNED:
                assert names.count(name) == present.count(name) + 1

    @pytest.mark.parametrize(
        "name", [*OVERSIGNED, "List-Unsubscribe", "List-Unsubscribe-Post", "Feedback-ID"]
    )
    def test_what_is_signed_cannot_change(self, name: str) -> None:
        """A header that is changed breaks the signatures, and so does one more of those that are signed twice."""
        data = signed()
        if name != "Cc":
            assert verdicts(data.replace(f"\r\n{name}: ".encode(), f"\r\n{name}: x".encode(), 1)) == [
                False,
                False,
            ]
            assert verdicts(data.replace(f"\r\n{name}: ".encode(), b"\r\nX-Gone: ", 1)) == [False, False]
        if name in OVERSIGNED:
            for more in (
                f"{name}: x@example.org\r\n".encode() + data,
                data.replace(b"\r\n\r\n", f"\r\n{name}: x\r\n\r\n".encode(), 1),
            ):
                assert verdicts(more) == [False, False]

    def test_a_body_cannot_change_or_grow(self) -> None:
        """One letter more or less, anywhere, breaks the signatures; lines that relays add on top do not."""
        data = signed()
        assert verdicts(data.replace(b"Dear", b"Deer")) == [False, False]
        assert verdicts(data + b"one more line\r\n") == [False, False]
        assert verdicts(data.replace(b"/unsubscribe/=\r\n1", b"/unsubscribe/=\r\n2")) == [False, False]
        assert verdicts(b"Received: from a by b; Mon, 2 Mar 2026 08:00:00 +0000\r\n" + data) == [True, True]
        assert verdicts(data.replace(b"\r\n ", b"\r\n\t  ")) == [True, True]  # relaxed


class TestCanonicalForms:
    """Ours against dkimpy's."""

    LINES = st.lists(st.binary(max_size=40).map(lambda line: re.sub(rb"[\r\n]", b" ", line)), max_size=9)

    @given(lines=LINES | st.lists(st.text(alphabet=" \tab=", max_size=20).map(str.encode), max_size=9))
    @example([b" ", b"\t", b"a \t", b"", b"  a  b  "])
    def test_bodies(self, lines: list[bytes]) -> None:
        """Piece by piece is the same as all at once, for any whole lines with something in the last one."""
        text = b"".join(line + b"\r\n" for line in [*lines, b"--end--"])
        middle = text.index(b"\r\n") + 2
        assert relaxed_lines(text[:middle]) + relaxed_lines(text[middle:]) == Relaxed.canonicalize_body(text)

    @given(
        value=st.text(
            alphabet=st.characters(exclude_categories=["Cs", "Cc"], include_characters="\t"), max_size=60
        )
    )
    @example("  a \t b  ")
    def test_headers(self, value: str) -> None:
        """Blanks, folds and the name's letters come out alike; control characters no header of ours has."""
        folded = f" {value}\r\n\t{value}\r\n b\r\n".encode()
        ((name, theirs),) = Relaxed.canonicalize_headers([(b"Subject", folded)])
        ours = relaxed_headers(b"Subject:" + folded)
        assert ours == {"Subject": name + b":" + theirs}

    def test_a_header_that_is_there_twice(self) -> None:
        """Which of two is signed would have to be said; our messages have each header once."""
        with pytest.raises(ValueError, match="Subject is there twice"):
            relaxed_headers(b"Subject: a\r\nTo: b\r\nSubject: c\r\n")


class TestPublishedKeys:
    """What DNS is to say of a key verifies what the key signs, and nothing else."""

    def test_each_verifies_its_own(self) -> None:
        """Both kinds of key, and neither for the other's record."""
        for key in signer().keys:
            for other in signer().keys:
                if key is other:
                    assert verifies(other.published, b"data", key.sign(b"data"))
                    assert not verifies(other.published, b"other data", key.sign(b"data"))
                else:
                    assert not verifies(other.published, b"data", key.sign(b"data"))

    def test_no_key(self) -> None:
        """What is in the file is said, where it is no key that signs."""
        with pytest.raises(ValueError, match="is no private key in PEM form"):
            parse_key(b"hello", "news1")
        with pytest.raises(ValueError, match="is a public key"):
            parse_key(b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "news1")
