"""What the words of a mail give away: marks that were left standing, lines that are too long. Pure."""

import re
from collections.abc import Iterator

from newsletter.content.post import Problem
from newsletter.issues import merge
from newsletter.issues.salad import row_of_long_words
from newsletter.preflight.mail import Mail
from newsletter.preflight.rules import MAILS, Place

#: Characters that most phones, and most desktops, show of a subject.
LONGEST_SUBJECT = 70

#: Characters of the line beside the subject.
SHORTEST_PREHEADER, LONGEST_PREHEADER = 20, 150

#: Marks of writers for themselves. “TODO” is also a noun, so it counts only where it opens something.
_MARKS = re.compile(
    r"(?<![\w.\-/])(?:TK(?:TK)*(?![\w.\-/])|(?:TODO|FIXME|XXX)(?=:|\s*$)|[\[(](?:TODO|FIXME|XXX|TK)\b[^\])]*[\])])"
)
_LOREM = re.compile(r"\blorem ipsum\b", re.IGNORECASE)

#: What a generator would have replaced. A merge field that there is stands in every mail and is replaced there.
_UNRESOLVED = re.compile(
    r"\{\{[<%]?\s*[\w./].*?[>%]?\}\}|\{%-?\s*\w.*?%\}|__[A-Z][A-Z_]*_(?:URL|NAME|EMAIL)__"
)


def placeholders(mail: Mail) -> Iterator[Problem]:
    """Nothing that only holds a place may reach a reader."""
    for text in (mail.rendering.subject, *mail.prose):
        for mark in _MARKS.finditer(text):
            yield MAILS["placeholder"].problem(
                f"“{_around(text, mark)}” holds a mark for yourself.", _place(mail, text, mark)
            )
        if found := _LOREM.search(text):
            yield MAILS["lorem"].problem(
                f"“{_around(text, found)}” only holds a place.", _place(mail, text, found)
            )


def long_words(mail: Mail) -> Iterator[Problem]:
    """No row of words looks like the salad that spam is hidden in."""
    for block in mail.document.iter("p", "dl"):
        if row := row_of_long_words(" ".join(map(str, block.itertext()))):
            yield MAILS["long-words"].problem(
                f"“{row[:60].strip()} …” is a row of long words.", mail.place_of(row.split()[0])
            )


def unresolved(mail: Mail) -> Iterator[Problem]:
    """Nothing that a generator or a template should have replaced is left."""
    for text in (mail.rendering.subject, *mail.prose):
        for found in _UNRESOLVED.finditer(text):
            if found[0] not in merge.FIELDS:
                yield MAILS["unresolved"].problem(
                    f"“{_around(text, found)}” was not replaced.", _place(mail, text, found)
                )


def _place(mail: Mail, text: str, found: re.Match[str]) -> Place:
    """Return where a found word stands, best of all in its words."""
    return mail.place_of(found[0], text[max(0, found.start() - 20) : found.end()])


def subject(mail: Mail) -> Iterator[Problem]:
    """A subject is there, and is read as a whole."""
    line = mail.rendering.subject
    if not line:
        yield MAILS["subject-empty"].problem("The mail has no subject.")
    elif len(line) > LONGEST_SUBJECT:
        yield MAILS["subject-length"].problem(
            f"The subject has {len(line)} characters: “{line}”.", mail.place_of(line)
        )


def preheader(mail: Mail) -> Iterator[Problem]:
    """The line beside the subject says something, and is not cut."""
    length = len(mail.rendering.preheader)
    is_alone = len(mail.rendering.posts) == 1  # else it names the other posts, which may have one short title
    if not (SHORTEST_PREHEADER if is_alone else 1) <= length <= LONGEST_PREHEADER:
        yield MAILS["preheader-length"].problem(
            f"The line beside the subject has {length or 'no'} characters: “{mail.rendering.preheader}”.",
            mail.place_of(mail.rendering.preheader) if length else Place(),
        )


def _around(text: str, found: re.Match[str]) -> str:
    """Return a found word with a few words around it."""
    start, end = max(0, found.start() - 30), min(len(text), found.end() + 30)
    return f"{'…' if start else ''}{text[start:end].strip()}{'…' if end < len(text) else ''}"
