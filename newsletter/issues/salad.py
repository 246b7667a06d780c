"""Rows of long words, as spam is hidden in: SpamAssassin counts them, whoever wrote them. Pure."""

import re

#: SpamAssassin's __LONGWORDS_A to _C (20_body_tests.cf), of which it takes two, within one paragraph.
_ROWS = tuple(
    re.compile(rf"\b(?:[a-z]{{{letters},}}[\s.]+){{{words}}}") for letters, words in ((8, 6), (6, 9), (5, 10))
)


def row_of_long_words(paragraph: str) -> str | None:
    """Return the row for which a paragraph would be taken for spam, if it would."""
    text = " ".join(paragraph.split()) + " "
    rows = [found[0] for row in _ROWS if (found := row.search(text))]
    return rows[0] if len(rows) > 1 else None
