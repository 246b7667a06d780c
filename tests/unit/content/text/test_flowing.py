"""Lines of the text part that a mail program may join again (RFC 3676, format=flowed)."""

import re

from tests.texts import manuscript

LONG = (
    "The wind went round on Thursday night, and by first light there was a swell on the bar, as always. " * 2
)


def joined(text: str) -> list[str]:
    """Return the lines as a program shows them that joins what flows (RFC 3676, section 4.1)."""
    lines: list[str] = []
    flows = False
    for line in text.split("\n"):
        bare = re.sub(r"^>+ ?", "", line) if flows and line.startswith(">") else line
        lines[-1:] = [lines[-1] + bare] if flows else [*lines[-1:], line]
        flows = line.endswith(" ") and line != "-- "
    return lines


def test_a_paragraph_is_one_line_again() -> None:
    """Proves that a wide window shows a paragraph in its own width, and a quotation as one."""
    assert joined(manuscript(LONG).text) == [LONG.strip()]
    assert joined(manuscript(f"> {LONG}").text) == [f"> {LONG.strip()}"]


def test_no_line_is_longer_than_a_terminal() -> None:
    """Proves that programs which know nothing of this show lines of at most 78 characters."""
    assert max(map(len, manuscript(LONG).text.split("\n"))) <= 77


def test_what_stands_in_its_lines_stays_there() -> None:
    """Proves that lists, code, tables, headings and Japanese are not joined."""
    body = (
        f"- {LONG}\n\n```\ncode with a blank at its end \nmore\n```\n\n"
        f"| a | b |\n|---|---|\n| 1 | 2 |\n\n## {LONG}\n\n{'潮の満ち引きは月と太陽の引力' * 8}"
    )
    text = manuscript(body).text
    assert joined(text) == text.split("\n")
