"""What a relay offers, and the two lines of an envelope that follow from it."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.transport.offers import Offers
from newsletter.transport.protocol import Envelope, Reply

BODY = (b"Subject: x\r\n\r\n", b"hello\r\n")
EIGHT = (*BODY, "hellö\r\n".encode())
ENVELOPE = Envelope("b+1@example.com", "ana+news@example.org", id="i3.d7")
FAR = Envelope("b@example.com", "юзер+a=b@example.org", smtputf8=True, id="i3.d7")


def size(body: Sequence[bytes]) -> int:
    """Return how many octets a body has."""
    return sum(map(len, body))


EVERYTHING = Offers(pipelining=True, eight_bit=True, size=True, beyond_ascii=True, reports=True)


class TestReading:
    """The reply to EHLO."""

    def test_everything(self) -> None:
        """Keywords in any letters, with and without values, AUTH in its old form too."""
        text = (
            "relay.example.com hello\nPIPELINING\nsize 35882577\n8BITMIME\nStartTLS\nDSN\nSMTPUTF8\n"
            "AUTH PLAIN LOGIN\nAUTH=XOAUTH2 plain\nCHUNKING\nX-ODD a b\n\n  "
        )
        assert Offers.read(text) == Offers(
            True, True, True, 35882577, True, True, True, True, frozenset({"PLAIN", "LOGIN", "XOAUTH2"})
        )

    def test_nothing(self) -> None:
        """The first line is a greeting, whatever it says."""
        assert Offers.read("PIPELINING") == Offers()

    @pytest.mark.parametrize(
        "size", ["SIZE", "SIZE 0", "SIZE x", "SIZE -5", "SIZE ²", "SIZE 99999999999999999999"]
    )
    def test_no_limit(self, size: str) -> None:
        """A size that is none limits nothing."""
        offers = Offers.read(f"x\n{size}")
        assert offers.size
        assert offers.limit == 0

    @given(st.text(max_size=300))
    def test_anything(self, text: str) -> None:
        """Whatever a relay says, something is made of it."""
        Offers.read(text)


class TestEnvelopes:
    """MAIL and RCPT."""

    def test_where_nothing_is_offered(self) -> None:
        """No parameter is given that the server does not know."""
        assert Offers().transaction(ENVELOPE, EIGHT, size(EIGHT)) == (
            b"MAIL FROM:<b+1@example.com>\r\nRCPT TO:<ana+news@example.org>\r\n"
        )

    def test_where_everything_is(self) -> None:
        """Size, eight bits and what reports shall hold, each only where it applies."""
        assert EVERYTHING.transaction(ENVELOPE, BODY, size(BODY)) == (
            b"MAIL FROM:<b+1@example.com> SIZE=21 RET=HDRS ENVID=i3.d7\r\n"
            b"RCPT TO:<ana+news@example.org> NOTIFY=FAILURE ORCPT=rfc822;ana+2Bnews@example.org\r\n"
        )
        plain = Envelope("", "ana@example.org")
        assert EVERYTHING.transaction(plain, EIGHT, size(EIGHT)) == (
            b"MAIL FROM:<> SIZE=29 BODY=8BITMIME\r\nRCPT TO:<ana@example.org>\r\n"
        )

    def test_beyond_ascii(self) -> None:
        """RFC 6531, and the form of RFC 6533 for the original recipient."""
        assert (
            EVERYTHING.transaction(FAR, BODY, size(BODY))
            == (
                "MAIL FROM:<b@example.com> SIZE=21 SMTPUTF8 RET=HDRS ENVID=i3.d7\r\n"
                "RCPT TO:<юзер+a=b@example.org> NOTIFY=FAILURE ORCPT=utf-8;юзер\\x{2B}a\\x{3D}b@example.org\r\n"
            ).encode()
        )

    @pytest.mark.parametrize("offers", [Offers(), EVERYTHING])
    @pytest.mark.parametrize(
        "envelope",
        [
            Envelope("b@example.com", "юзер@example.org"),
            Envelope("ü@example.com", "ana@example.org"),
        ],
    )
    def test_what_cannot_be_written(self, envelope: Envelope, offers: Offers) -> None:
        """An address that no command can carry is refused for this reader alone."""
        refusal = offers.transaction(envelope, BODY, size(BODY))
        assert isinstance(refusal, Reply)
        assert (refusal.code, refusal.enhanced, refusal.stage) == (553, "5.6.7", "rcpt")

    @pytest.mark.parametrize(("limit", "taken"), [(20, False), (21, True), (0, True)])
    def test_what_is_too_large(self, limit: int, taken: bool) -> None:
        """RFC 1870: a message beyond the limit is refused as such, which is not about its sender."""
        reply = Offers(size=True, limit=limit).transaction(ENVELOPE, BODY, size(BODY))
        assert isinstance(reply, bytes) == taken
        if isinstance(reply, Reply):
            assert (reply.code, reply.enhanced, reply.stage) == (552, "5.3.4", "data")

    def test_a_name_that_is_too_long(self) -> None:
        """ENVID has a hundred octets; a longer name is left out."""
        lines = EVERYTHING.transaction(Envelope("", "a@b.org", id="x" * 101), BODY, size(BODY))
        assert isinstance(lines, bytes)
        assert b"ENVID" not in lines

    @given(*[st.text(max_size=20)] * 3, st.booleans(), st.sampled_from([Offers(), EVERYTHING]))
    def test_nobody_breaks_out(
        self, sender: str, recipient: str, name: str, far: bool, offers: Offers
    ) -> None:
        """Whatever stands in addresses and names: there are two lines, and in each one path and known parameters."""
        try:
            envelope = Envelope(sender, recipient, far, name)
        except ValueError:
            return
        lines = offers.transaction(envelope, BODY, size(BODY))
        if isinstance(lines, Reply):
            return
        text = lines.decode()
        mail, rcpt, end = text.split("\r\n")
        assert end == ""
        assert not any(letter < " " or letter in "\x7f\x85\u2028\u2029" for letter in mail + rcpt)
        assert mail.startswith(f"MAIL FROM:<{sender}>")
        assert rcpt.startswith(f"RCPT TO:<{recipient}>")
        rest = mail.removeprefix(f"MAIL FROM:<{sender}>") + rcpt.removeprefix(f"RCPT TO:<{recipient}>")
        parameters = rest.split(" ")
        assert parameters[0] == ""
        known = {"SIZE", "SMTPUTF8", "RET", "ENVID", "NOTIFY", "ORCPT"}
        assert {parameter.partition("=")[0] for parameter in parameters[1:]} <= known

    @pytest.mark.parametrize("letter", "\r\n\0><\t \x7f\x85\u2028\u2029\u3000")
    @pytest.mark.parametrize("part", ["sender", "recipient", "id"])
    def test_what_is_no_address(self, part: str, letter: str) -> None:
        """No envelope takes a letter that could end a path or a line."""
        parts = {"sender": "a@b.org", "recipient": "x@y.org", "id": "n"}
        for text in (f"a{letter}@b.org", f"a@b.org{letter}"):
            with pytest.raises(ValueError, match="no address for an envelope"):
                Envelope(**{**parts, part: text})  # type: ignore[arg-type]

    @pytest.mark.parametrize(("name", "written"), [("a+b=c", "a+2Bb+3Dc"), ("ö", "+C3+B6"), ("\\{}", "\\{}")])
    def test_our_name_of_the_message(self, name: str, written: str) -> None:
        """What ENVID cannot hold is written as its numbers (RFC 3461, section 4)."""
        lines = EVERYTHING.transaction(Envelope("", "a@b.org", id=name), BODY, size(BODY))
        assert isinstance(lines, bytes)
        assert f" ENVID={written}\r\n".encode() in lines
