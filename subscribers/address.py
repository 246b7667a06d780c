"""Addresses: what a person wrote becomes the form that is stored, compared, and put on the wire. Pure."""

import unicodedata
from dataclasses import dataclass

from email_validator import EmailNotValidError, validate_email

from subscribers.errors import InvalidAddress

#: Characters of what was typed that an error message repeats.
_SHOWN = 80


@dataclass(frozen=True, slots=True)
class Address:
    """A valid address, in the four forms that are needed."""

    email: str  # normalised (NFC), the domain as people read it
    key: str  # equal for equal mailboxes: case folded, the domain as A-labels
    ascii_email: str | None  # what goes on the wire; None when only SMTPUTF8 can carry it
    smtputf8: bool  # the local part is not ASCII (RFC 6531)

    def __str__(self) -> str:
        return self.email


def parse(text: str) -> Address:
    """Validate and normalise one bare address, without asking the network.

    Names reserved for documentation and tests (example.com, anything under .test) pass, so that trials need
    nobody's real address; mail for them can reach nobody (RFC 2606, RFC 6761). Other names that are never on
    the internet (localhost, .local, .invalid, .onion) are refused: there they are mistakes.

    RFC 5321 lets a host tell Ana@ from ana@, but no provider of today does, and people type both: for us they
    are one subscription. Raises InvalidAddress.
    """
    if odd := next((character for character in text if _is_unsafe(character)), None):
        what = "a line break" if odd in "\r\n\v\f\x85\u2028\u2029" else "a control character"
        raise InvalidAddress(f"{_shown(text)} is no address: it contains {what}.")
    try:
        # strict: at most 64 characters before the @; test_environment: names under .test are no mistake
        found = validate_email(
            text.strip(" "), check_deliverability=False, strict=True, test_environment=True
        )
    except EmailNotValidError as error:
        raise InvalidAddress(f"{_shown(text)} is no address: {_uncapitalised(str(error))}") from None
    assert found.ascii_domain is not None, "every domain has an ASCII form"
    local = unicodedata.normalize("NFC", found.local_part.casefold())
    return Address(
        email=found.normalized,
        key=f"{local}@{found.ascii_domain.lower()}",
        ascii_email=found.ascii_email,
        smtputf8=found.ascii_email is None,
    )


def _is_unsafe(character: str) -> bool:
    # Cc control, Cf invisible format, Cs lone surrogate, Zl and Zp separators: none can be seen, and they
    # have served to smuggle headers and look-alikes.
    return unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp")


def _shown(text: str) -> str:
    return ascii(text) if len(text) <= _SHOWN else f"{text[:_SHOWN]!a}…"


def _uncapitalised(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]
