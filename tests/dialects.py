"""A dialect at work on a few lines, for the tests of each."""

from newsletter.content.text import dialects
from newsletter.content.text.dialects import Translation
from tests.texts import FakeReferences


def translated(
    body: str, dialect: str, *, path: str = "a.md", pages: dict[str, str] | None = None
) -> Translation:
    """Translate a text whose first line is line 1."""
    references = FakeReferences(pages=pages or {})
    return dialects.translate(body, dialect, path=path, first_line=1, references=references)


def kinds(translation: Translation) -> list[tuple[int | None, str]]:
    """Return the line and kind of each problem."""
    return [(problem.line, problem.kind) for problem in translation.problems]
