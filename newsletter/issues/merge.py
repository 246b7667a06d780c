"""What differs from reader to reader: words that templates put in place and that a mail's composer replaces.

They look like `__UNSUBSCRIBE_URL__`, because nothing on the way takes offence at that: Jinja2, lxml and
premailer leave it alone in text and in attributes (`{{ … }}` inside an `href` would be percent-encoded). So a
rendering is made once for all readers. The composer escapes the values for HTML in the HTML part.
"""

import re

UNSUBSCRIBE_URL = "__UNSUBSCRIBE_URL__"
PREFERENCES_URL = "__PREFERENCES_URL__"
CONFIRM_URL = "__CONFIRM_URL__"
RETURN_URL = "__RETURN_URL__"  # where a reader who has left takes that back
READER_NAME = "__READER_NAME__"  # empty where the reader gave none, so the shipped templates do without it
READER_EMAIL = "__READER_EMAIL__"

#: Every merge field there is.
FIELDS = (UNSUBSCRIBE_URL, PREFERENCES_URL, CONFIRM_URL, RETURN_URL, READER_NAME, READER_EMAIL)

_FIELD = re.compile("(" + "|".join(map(re.escape, FIELDS)) + ")")
_WORD_JOINER = "\N{WORD JOINER}"


def split(text: str) -> list[str]:
    """Cut `text` at its merge fields: even positions hold what all readers share, odd ones a field's name."""
    return _FIELD.split(text)


def shield(text: str) -> str:
    """Return an author's words with every merge field in them made inert: a post may well write about one.

    An invisible, unbreakable joint is put behind its first underscore; the text looks the same.
    """
    return _FIELD.sub(lambda found: f"_{_WORD_JOINER}{found[0][1:]}", text)
