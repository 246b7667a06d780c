"""Replies, as they are found in what was received."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.transport.protocol import Reply, Stage, parse_reply
from newsletter.transport.replies import Heard, first_reply, judged, refuse_more, taken, verdict
from newsletter.transport.trouble import Garbled, Goodbye

LINE = st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=60)


class TestFinding:
    """RFC 5321, section 4.2."""

    @given(
        st.integers(200, 599),
        st.lists(LINE, min_size=1, max_size=5),
        st.sampled_from(["\r\n", "\n"]),
        st.binary(),
    )
    def test_a_whole_one(self, code: int, lines: list[str], end: str, rest: bytes) -> None:
        """Every line is found, and what follows is left for the next."""
        *before, last = lines
        octets = "".join(f"{code}-{line}{end}" for line in before) + f"{code} {last}{end}"
        assert first_reply(octets.encode() + rest) == Heard(code, "\n".join(lines), rest)

    @given(st.integers(200, 599), st.lists(LINE, min_size=1, max_size=4))
    def test_half_a_one(self, code: int, lines: list[str]) -> None:
        """At no place that it may be cut is it taken for whole."""
        *before, last = lines
        octets = ("".join(f"{code}-{line}\r\n" for line in before) + f"{code} {last}\r\n").encode()
        assert all(first_reply(octets[:end]) is None for end in range(len(octets)))

    @pytest.mark.parametrize("octets", [b"250\r\n", b"250 \r\n", b"250\n", b"250-\r\n250\r\n"])
    def test_without_words(self, octets: bytes) -> None:
        """A code is enough."""
        found = first_reply(octets)
        assert found is not None
        assert (found.code, found.text.strip(), found.rest) == (250, "", b"")

    @pytest.mark.parametrize(
        "octets",
        [
            b"\r\n", b"hello\r\n", b"25\r\n", b"2500 ok\r\n", b"250ok\r\n", b"250_ok\r\n", b"-250 ok\r\n",
            b" 250 ok\r\n", b"150 x\r\n", b"650 x\r\n", b"000 x\r\n", "２５０ x\r\n".encode(), b"250-a\r\n251 b\r\n",
            b"250-a\r\nb\r\n",
            b"250 " + b"x" * 5000, b"250 " + b"x" * 5000 + b"\r\n", b"250-x\r\n" * 101,
        ],
    )  # fmt: skip
    def test_none(self, octets: bytes) -> None:
        """What is no reply is none, and neither is what has no end."""
        with pytest.raises(Garbled):
            first_reply(octets)

    @given(st.binary(max_size=200))
    def test_anything(self, octets: bytes) -> None:
        """Whatever comes is a reply, the beginning of one, or garbage; a code has three digits."""
        try:
            found = first_reply(octets)
        except Garbled:
            return
        assert found is None or (200 <= found.code <= 599 and octets.endswith(found.rest))


class TestJudging:
    """Which code answers which command."""

    @pytest.mark.parametrize(
        ("stage", "code", "kind"),
        [
            ("mail", 250, Reply), ("mail", 259, Reply), ("mail", 451, Reply), ("mail", 550, Reply),
            ("mail", 354, Garbled), ("mail", 220, Garbled), ("mail", 221, Garbled), ("mail", 421, Goodbye),
            ("rcpt", 250, Reply), ("rcpt", 251, Reply), ("rcpt", 354, Garbled), ("rcpt", 421, Goodbye),
            ("data", 354, Reply), ("data", 250, Garbled), ("data", 334, Garbled),
            ("data", 554, Reply), ("data", 421, Goodbye),
        ],
    )  # fmt: skip
    def test_an_answer(self, stage: Stage, code: int, kind: type) -> None:
        """A code that cannot answer a command answers another one."""
        if kind is Reply:
            assert judged(code, "words", stage) == Reply(code, None, "words", stage)
        else:
            with pytest.raises(kind):
                judged(code, "words", stage)

    def test_too_large_for_the_relay(self) -> None:
        """RFC 1870: 552 to MAIL is about the size, and so about the message, which stops no run."""
        assert judged(552, "5.3.4 too big", "mail").stage == "data"
        assert judged(452, "4.3.1 disk full", "mail").stage == "mail"

    @pytest.mark.parametrize("code", [200, 220, 221, 235, 249, 260, 299, 334, 354])
    def test_no_verdict(self, code: int) -> None:
        """Only 25x, 4xx and 5xx speak of a message."""
        with pytest.raises(Garbled):
            verdict(code, "")

    @given(st.binary(max_size=100).map(lambda octets: octets.replace(b"\r", b"").replace(b"\n", b"")))
    def test_the_short_way(self, words: bytes) -> None:
        """What is read in haste is what is read in full."""
        for octets in (words, b"2.0.0 " + words):
            expected = parse_reply(250, octets.decode("utf-8", "replace"))
            assert taken(octets) == expected

    @pytest.mark.parametrize("octets", [b"4", b"42", b"421", b"421 4.3.2 bye\r\n"])
    def test_a_farewell(self, octets: bytes) -> None:
        """A relay may say at any time that it ends the connection."""
        with pytest.raises(Goodbye):
            refuse_more(octets)

    @pytest.mark.parametrize("octets", [b"2", b"4 ", b"450 x\r\n", b"250 ok\r\n", b"x", b"\r\n"])
    def test_one_too_many(self, octets: bytes) -> None:
        """Anything else that nobody asked for means that the replies are out of step."""
        refuse_more(b"")
        with pytest.raises(Garbled):
            refuse_more(octets)
