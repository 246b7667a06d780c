"""Whatever a relay does: nothing hangs, nothing is reported sent that was not, no reply is taken for another's.

A server does at each step what hypothesis thinks of. It stamps what it says with the message or the reader that it
speaks of, and keeps its own account of what it took; afterwards the two accounts are compared.
"""

from collections.abc import Iterator, Sequence
from contextlib import closing
from functools import partial
from itertools import pairwise
from threading import Thread

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newsletter.errors import RelayUnavailable
from newsletter.transport.protocol import Lost, Message, Reply, Transport, Verdict, finish
from newsletter.transport.smtp import SmtpTransport, open_transport
from tests.unit.transport.puppet import CHUNKS, USUAL, Act, Puppet, letter, puppet, to

#: Seconds until a reply is given up; short, since many of these servers never give one.
TIMEOUT = 0.1

#: Seconds after which a conversation counts as hanging, on the slowest machine.
FOREVER = 60

#: What a server may do instead of what it should. The words are stamped with whom they are about.
DEEDS = {
    "well": lambda well, stamp: Act(well),
    "in pieces": lambda well, stamp: Act(well, pieces=4),
    "in two lines": lambda well, stamp: Act(well[:3] + b"-\r\n" + well),
    "without CR": lambda well, stamp: Act(well.replace(b"\r\n", b"\n")),
    "later": lambda well, stamp: Act(b"450 4.2.1 later %b\r\n" % stamp),
    "never": lambda well, stamp: Act(b"550 5.1.1 never %b\r\n" % stamp),
    "goodbye": lambda well, stamp: Act(b"421 4.3.2 bye %b\r\n" % stamp, "hang up"),
    "goodbye, and stays": lambda well, stamp: Act(b"421 4.3.2 bye %b\r\n" % stamp),
    "well, and goodbye": lambda well, stamp: Act(well + b"421 4.3.2 bye\r\n", "hang up"),
    "well, and hangs up": lambda well, stamp: Act(well, "hang up"),
    "half, and hangs up": lambda well, stamp: Act(well[: len(well) // 2], "hang up"),
    "hangs up": lambda well, stamp: Act(then="hang up"),
    "resets": lambda well, stamp: Act(then="reset"),
    "stalls": lambda well, stamp: Act(then="stall"),
    "half, and stalls": lambda well, stamp: Act(well[: len(well) // 2], "stall"),
    "drips": lambda well, stamp: Act(b"250-drip drip drip drip\r\n", "stall", pieces=0),
    "nonsense": lambda well, stamp: Act(b"nonsense\r\n"),
    "no end": lambda well, stamp: Act(b"250 " + b"x" * 9000),
    "the wrong code": lambda well, stamp: Act(b"250 2.0.0 wrong\r\n" if well.startswith(b"354") else b"354 wrong\r\n"),
}  # fmt: skip

#: This makes a relay speak out of step.
TWICE = {"twice": lambda well, stamp: Act(b"250 2.0.0 also taken %b\r\n" % stamp + well)}

#: What may be said while a body is on its way, where nothing should be.
EARLY = {"early": lambda well, stamp: Act(b"250 2.0.0 early\r\n"), **{name: DEEDS[name] for name in DEEDS}}


class Whims:
    """A script that does one thing after the other, and all well in the end."""

    def __init__(self, deeds: Sequence[str], skip: int, *, together: bool = False) -> None:
        self.deeds: Iterator[str] = iter(deeds)
        self.skip = skip
        self.together = together  # what comes of a body has its dot behind it: nothing is too early then

    def __call__(self, step: str, about: str, number: int) -> Act | None:
        well = {
            "greeting": b"220 hello\r\n",
            "mail": b"250 2.1.0 ok\r\n",
            "rset": b"250 2.0.0 ok\r\n",
            "rcpt": f"250 2.1.5 {about}\r\n".encode(),
            "data": b"354 go on\r\n",
            "dot": f"250 2.0.0 taken {about}\r\n".encode(),
            "body": b"",
        }.get(step)
        if step == "body" and self.together:
            return None
        if well is None or self.skip > 0 or not (step != "dot" or about):
            self.skip -= 1
            return None
        deed = next(self.deeds, "well")
        if step == "body":
            return (
                EARLY[deed](b"", b"")
                if deed in ("early", "goodbye", "hangs up", "resets", "nonsense")
                else None
            )
        if step == "data" and not about and deed.startswith("well"):
            return None  # there is no recipient: the server itself knows what to say
        return {**DEEDS, **TWICE, "early": DEEDS["well"]}[deed](well, about.encode())


Account = list[tuple[Message, Verdict | None]]


def hand_over(
    transport_of: object, server: Puppet, messages: Sequence[Message], account: Account, *, early: bool
) -> None:
    """Do what a worker does, whatever happens; None in the account stands for a relay that takes nothing.

    `early`: the relay may speak as soon as it has something of a body, before the dot.
    """
    transport: Transport | None = None
    left = list(messages)
    while left:
        try:
            transport = transport or transport_of()  # type: ignore[operator]
            depth = transport.depth
            batch, following = left[:depth], left[depth : depth * 2]
            refusals = transport.begin(batch)
        except RelayUnavailable:
            account.append((left.pop(0), None))
            continue
        del left[:depth]
        if early and depth == 1 and refusals == [None]:
            server.reading.wait(FOREVER)  # so that what it says too early is there before the dot could be
        ledger = Thread(target=transport.release, args=(following,))
        ledger.start()
        verdicts = iter(transport.verdicts() if None in refusals else [])
        ledger.join()
        account += [
            (m, next(verdicts) if refusal is None else refusal)
            for m, refusal in zip(batch, refusals, strict=True)
        ]
        assert next(verdicts, None) is None
    if transport is not None:
        transport.close()


def compare(account: Account, server: Puppet, messages: Sequence[Message]) -> None:
    """Hold what the transport said against what the server did."""
    assert [message for message, _ in account] == list(messages)
    for message, verdict in account:
        token = message.segments[0].split(b"\r\n")[0].removeprefix(b"X-Token: ").decode()
        whole = server.whole[token]
        assert whole <= 1, "repeated"
        match verdict:
            case Reply(code=code, stage="data") if code < 300:
                assert server.blessed[token] == 1
                assert f"taken {token}" in verdict.text
            case Reply(code=421, enhanced="4.4.2"):
                assert whole == 0
            case Reply(stage="rcpt"):
                assert whole == 0
                assert message.envelope.recipient in verdict.text or "bye" in verdict.text
            case Reply(text=text, stage=stage):
                assert server.blessed[token] == 0
                assert token in text or message.envelope.recipient in text or "bye" in text or stage == "mail"
            case Lost(in_doubt=False) | None:
                assert whole == 0


def run(server: Puppet, messages: Sequence[Message], transport_of: object, *, early: bool = True) -> Account:
    """Hand messages over in a thread of its own, and see that it ends."""
    account: Account = []
    facts = (transport_of, server, messages, account)
    thread = Thread(target=hand_over, args=facts, kwargs={"early": early}, daemon=True)
    thread.start()
    thread.join(FOREVER)
    assert not thread.is_alive(), "it hangs"
    return account


LETTERS = [letter(number) for number in range(1, 5)]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.sampled_from([*DEEDS, *TWICE, "early", "well", "well", "well", "well"]), max_size=14),
    st.sampled_from([USUAL, ()]),
    st.integers(0, 6),
    st.booleans(),
)
def test_message_by_message(deeds: list[str], offers: tuple[str, ...], skip: int, together: bool) -> None:
    """By DATA, in groups of commands and without; some seconds, for relays that make us wait."""
    with puppet(Whims(deeds, skip, together=together), offers) as server:
        transport_of = partial(SmtpTransport, to(server, timeout=TIMEOUT, together=together))
        account = run(server, LETTERS, transport_of, early=not together)
    compare(account, server, LETTERS)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.sampled_from([*DEEDS, "well", "well", "well", "well"]), max_size=14), st.integers(0, 12))
def test_round_by_round(deeds: list[str], skip: int) -> None:
    """By BDAT; some seconds, for relays that make us wait."""
    with puppet(Whims(deeds, skip), CHUNKS) as server:
        account = run(server, LETTERS, lambda: open_transport(to(server, timeout=TIMEOUT, pipeline=3)))
    compare(account, server, LETTERS)


@pytest.fixture(scope="module")
def ways() -> Iterator[dict[str, tuple[Puppet, Transport]]]:
    """A connection for each way to send a message, for many examples."""
    with (
        puppet(offers=()) as one,
        puppet(offers=USUAL) as group,
        puppet(offers=USUAL) as whole,
        puppet(offers=CHUNKS) as chunks,
    ):
        servers = {"in turn": one, "in groups": group, "with its dot": whole, "in rounds": chunks}
        transports = {
            name: open_transport(to(server, pipeline=2, together=name == "with its dot"))
            for name, server in servers.items()
        }
        yield {name: (servers[name], transports[name]) for name in servers}
        for transport in transports.values():
            transport.close()


OCTETS = st.binary(max_size=80) | st.text("\r\n. x", max_size=40).map(str.encode)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(OCTETS, max_size=5), st.sampled_from(["in turn", "in groups", "with its dot", "in rounds"]))
def test_any_octets(ways: dict[str, tuple[Puppet, Transport]], pieces: list[bytes], way: str) -> None:
    """Any message arrives with CRLF at the end of each line, and otherwise as it is, wherever it is cut."""
    server, transport = ways[way]
    server.bodies.clear()
    message = Message(letter(1).envelope, tuple(pieces))
    assert transport.begin([message]) == [None]
    (verdict,) = finish(transport)
    assert isinstance(verdict, Reply)
    assert verdict.accepted
    assert server.bodies == [("r1@example.org", with_line_ends(b"".join(pieces)))]


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.binary(max_size=30).map(lambda line: b"x" + line.translate(None, b"\r\n") + b"\r\n"), min_size=1
    ),
    st.lists(st.integers(0, 300), max_size=8),
    st.sampled_from(["in turn", "in groups", "with its dot", "in rounds"]),
)
def test_what_is_ready(
    ways: dict[str, tuple[Puppet, Transport]], lines: list[bytes], cuts: list[int], way: str
) -> None:
    """A message that is in order goes as it is, in whatever pieces; empty ones and many of them, too."""
    server, transport = ways[way]
    server.bodies.clear()
    data = b"".join(lines)
    places = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    segments = tuple(data[start:end] for start, end in pairwise(places))
    transport.begin([Message(letter(1).envelope, segments, ready=True)])
    (verdict,) = finish(transport)
    assert isinstance(verdict, Reply)
    assert verdict.accepted
    assert server.bodies == [("r1@example.org", data)]


@pytest.mark.parametrize("offers", [(), USUAL, CHUNKS])
def test_many_pieces(offers: tuple[str, ...]) -> None:
    """The kernel takes some thousand pieces at a time; a message may have more."""
    data = [b"X-Token: t1\r\n\r\n", *(b"line %d\r\n" % number for number in range(3000))]
    with puppet(offers=offers) as server, closing(open_transport(to(server, pipeline=2))) as transport:
        transport.begin([Message(letter(1).envelope, tuple(data), ready=True)])
        (verdict,) = finish(transport)
    assert isinstance(verdict, Reply)
    assert verdict.accepted
    assert server.bodies == [("r1@example.org", b"".join(data))]


def with_line_ends(octets: bytes) -> bytes:
    """Return octets with CRLF for each line end, written out letter by letter."""
    out = bytearray()
    before = 0
    for octet in octets:
        if octet == 13 or (octet == 10 and before != 13):
            out += b"\r\n"
        elif octet != 10:
            out.append(octet)
        before = octet
    if not out.endswith(b"\r\n"):
        out += b"\r\n"
    return bytes(out)
