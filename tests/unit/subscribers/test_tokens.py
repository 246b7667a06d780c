"""Signed tokens: one purpose each, through hostile mail systems, over a rotation of keys."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from subscribers.errors import BadToken
from subscribers.tokens import LONGEST, LONGEST_OF_ONE, Tokens

_TOKENS = Tokens([b"first secret of this site......."])
_numbers = st.lists(st.integers(0, 2**63 - 1), min_size=1, max_size=2)


@given(_numbers)
def test_numbers_come_back(numbers: list[int]) -> None:
    """Two numbers as large as a database's fit, in letters that stand in a URL and in a local part."""
    token = _TOKENS.sign("unsubscribe", *numbers)
    assert _TOKENS.read("unsubscribe", token) == tuple(numbers)
    assert len(token) <= LONGEST
    assert set(token) <= set("abcdefghijklmnopqrstuvwxyz0123456789.")


@given(_numbers)
def test_tokens_of_several_purposes_are_those_of_each(numbers: list[int]) -> None:
    """Signing for several purposes at once is signing for one after the other."""
    purposes = ("unsubscribe", "preferences")
    expected = [_TOKENS.sign(purpose, *numbers) for purpose in purposes]
    assert _TOKENS.sign_each(purposes, *numbers) == expected
    assert len(set(expected)) == 2


def test_the_longest_token_of_one_number() -> None:
    """The address that unsubscribes has its form from this length."""
    assert len(_TOKENS.sign("unsubscribe", 2**63 - 1)) == LONGEST_OF_ONE


def test_a_relay_may_fold_the_case() -> None:
    """Return paths come back in capitals from some systems, and still name the delivery."""
    assert _TOKENS.read("bounce", _TOKENS.sign("bounce", 123_456_789).upper()) == (123_456_789,)


@given(_numbers, st.data())
def test_a_changed_token_is_refused(numbers: list[int], data: st.DataObject) -> None:
    """No character can be changed, left out or put in."""
    token = _TOKENS.sign("confirm", *numbers)
    place = data.draw(st.integers(0, len(token) - 1))
    character = data.draw(st.sampled_from("abcdefghijklmnopqrstuvwxyz0123456789.-_"))
    changed = data.draw(
        st.sampled_from(
            [
                token[:place] + character + token[place + 1 :],
                token[:place] + token[place + 1 :],
                token[:place] + character + token[place:],
            ]
        )
    )
    assume(changed != token)
    with pytest.raises(BadToken):
        _TOKENS.read("confirm", changed)


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    """Whatever arrives in a URL or an address ends as BadToken, and nothing else."""
    with pytest.raises(BadToken):
        _TOKENS.read("confirm", text)


def test_letters_that_fold_to_ascii_are_refused() -> None:
    """The Kelvin sign becomes k in lower case; a token is ASCII before any folding."""
    token = next(token for number in range(999) if "k" in (token := _TOKENS.sign("confirm", number)))
    with pytest.raises(BadToken):
        _TOKENS.read("confirm", token.replace("k", "\N{KELVIN SIGN}"))


def test_a_token_has_one_purpose() -> None:
    """The link that changes preferences can't confirm or unsubscribe."""
    token = _TOKENS.sign("preferences", 17)
    for purpose in ("confirm", "unsubscribe", "preference", "preferencess", ""):
        with pytest.raises(BadToken):
            _TOKENS.read(purpose, token)


def test_old_tokens_outlive_a_rotation() -> None:
    """The newest key signs; every key that is there verifies; one that is not, does not."""
    first, second = b"1" * 32, b"2" * 32
    old = Tokens([first]).sign("unsubscribe", 17)
    rotated = Tokens([first, second])
    assert rotated.read("unsubscribe", old) == (17,)
    new = rotated.sign("unsubscribe", 17)
    assert new == Tokens([second]).sign("unsubscribe", 17)
    with pytest.raises(BadToken):
        Tokens([first]).read("unsubscribe", new)


def test_a_signature_has_100_bits() -> None:
    """20 characters of base 32 cannot be guessed, and no site's tokens are another's."""
    signature = _TOKENS.sign("unsubscribe", 17).rpartition(".")[2]
    assert len(signature) * 5 >= 100
    assert (
        Tokens([b"another site's secret..........."]).sign("unsubscribe", 17).rpartition(".")[2] != signature
    )


@pytest.mark.parametrize("numbers", [(), (-1,), (2**63, 2**63, 2**63)])
def test_what_does_not_fit_is_a_fault_of_the_caller(numbers: tuple[int, ...]) -> None:
    """A token that is too long for a return path is found where it is made, not at the relay."""
    with pytest.raises(ValueError, match="token"):
        _TOKENS.sign("bounce", *numbers)


def test_there_is_no_signing_without_a_secret() -> None:
    """An empty list of keys must not sign with nothing."""
    with pytest.raises(ValueError, match="secret"):
        Tokens([])
