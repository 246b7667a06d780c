"""What people type as an address, and what becomes of it."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.provisional import domains

from subscribers.address import Address, parse
from subscribers.errors import InvalidAddress

_ATEXT = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-/=?^_`{|}~"
_local_parts = st.lists(st.text(_ATEXT, min_size=1, max_size=12), min_size=1, max_size=4).map(".".join)


def test_a_plain_address_has_four_forms() -> None:
    """The stored form keeps the case of the local part, the key does not, and the wire form is ASCII."""
    assert parse("Ana.Lima@EXAMPLE.com") == Address(
        email="Ana.Lima@example.com",
        key="ana.lima@example.com",
        ascii_email="Ana.Lima@example.com",
        smtputf8=False,
    )


@pytest.mark.parametrize(
    "twin", ["ANA@example.com", "ana@EXAMPLE.COM", "  ana@example.com ", "aNa@ExAmple.com"]
)
def test_spellings_of_one_mailbox_share_a_key(twin: str) -> None:
    """However somebody types their address, they are one subscription."""
    assert parse(twin).key == parse("ana@example.com").key


def test_an_international_domain_is_stored_readably_and_sent_as_ascii() -> None:
    """IDNA: both spellings of a domain are one mailbox, and the wire gets A-labels without SMTPUTF8."""
    typed, encoded = parse("jürgen@example.com".replace("ü", "ue")), parse("x@xn--bcher-kva.example")
    assert typed.ascii_email == "juergen@example.com"
    assert parse("x@Bücher.example") == encoded
    assert encoded.email == "x@bücher.example"
    assert encoded.ascii_email == "x@xn--bcher-kva.example"
    assert encoded.key == "x@xn--bcher-kva.example"
    assert not encoded.smtputf8


def test_an_international_local_part_needs_smtputf8() -> None:
    """Only RFC 6531 can carry it, so there is no ASCII form; composed and decomposed letters are equal."""
    address = parse("Jürgen@bücher.example")
    assert address.smtputf8
    assert address.ascii_email is None
    assert address.key == "jürgen@xn--bcher-kva.example"
    assert parse(unicodedata.normalize("NFD", "Jürgen@bücher.example")) == address


@pytest.mark.parametrize("text", ["ana@example.com", "ana@example.org", "ana@mail.example", "ana@relay.test"])
def test_names_for_trials_are_accepted(text: str) -> None:
    """Trials and demonstrations need addresses that belong to nobody (RFC 2606)."""
    assert parse(text).email == text


@pytest.mark.parametrize(
    "text",
    [
        "ana@example.com\r\nBcc: everybody@example.com",
        "ana@example.com\n",
        "\rana@example.com",
        "ana\u2028@example.com",
        "ana\u2029@example.com",
        "ana\x85@example.com",
        "ana\x0b@example.com",
    ],
)
def test_line_breaks_are_refused_wherever_they_stand(text: str) -> None:
    """Nobody writes a header through an address, not even with a line break that would be trimmed."""
    with pytest.raises(InvalidAddress, match="contains a line break") as refused:
        parse(text)
    assert "\n" not in str(refused.value), "the message stays one line"


@pytest.mark.parametrize(
    "text", ["ana\x00@example.com", "ana\u200b@example.com", "ana@exam\u202eple.com", "\udcff@a.com"]
)
def test_invisible_characters_are_refused(text: str) -> None:
    """NUL, zero-width and direction marks make two addresses look like one."""
    with pytest.raises(InvalidAddress, match="contains a control character"):
        parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "ana",
        "ana@",
        "@example.com",
        "ana@@example.com",
        "ana@example",
        "ana..b@example.com",
        ".ana@example.com",
        "ana>@example.com",
        "<ana@example.com>",
        "Ana <ana@example.com>",
        "ana@example.com,bob@example.com",
        "ana b@example.com",
        '"ana b"@example.com',
        "ana@[192.0.2.1]",
        "ana@192.0.2.1",
        "ana@-example.com",
        "ana@exa_mple.com",
        "ana@localhost",
        "ana@printer.local",
        "ana@nowhere.invalid",
        f"{'a' * 65}@example.com",
        f"ana@{'a' * 64}.com",
        f"ana@{'a.' * 130}com",
        f"{'a' * 60}@{'b' * 60}.{'c' * 60}.{'d' * 60}.{'e' * 20}.com",
    ],
)
def test_what_is_no_address_is_named_as_such(text: str) -> None:
    """The message repeats what was typed (not without end), and says what is wrong with it."""
    with pytest.raises(InvalidAddress, match=r"is no address: .+") as refused:
        parse(text)
    assert ascii(text)[1:40].rstrip("'") in str(refused.value)
    assert len(str(refused.value)) < 400


@given(st.text(max_size=200))
def test_a_refusal_can_be_printed(text: str) -> None:
    """Whatever was typed, the message is one line without control characters."""
    with pytest.raises(InvalidAddress) as refused:
        parse(text + "@")
    assert str(refused.value).isprintable()


@given(_local_parts, domains())
def test_every_plain_address_survives(local: str, domain: str) -> None:
    """What is stored parses to itself, and its key to its own key; case never matters."""
    try:
        address = parse(f"{local}@{domain}")
    except InvalidAddress:
        return
    assert parse(address.email) == address
    assert parse(address.key).key == address.key
    assert parse(f"{local}@{domain}".swapcase()).key == address.key
    assert address.ascii_email is not None
    assert address.ascii_email.isascii()


@given(st.text(max_size=100), st.text(max_size=100) | st.just("example.com"))
def test_no_text_breaks_the_parser(local: str, domain: str) -> None:
    """Whatever is typed gives an address that is safe in a header and fits its column, or a refusal."""
    try:
        address = parse(f"{local}@{domain}")
    except InvalidAddress:
        return
    for form in (address.email, address.key, address.ascii_email or ""):
        assert not set(form) & set('\r\n\0 <>,;:"\u2028\u2029')
        assert len(form) <= 320, "as long as the column"
    assert parse(address.email) == address
