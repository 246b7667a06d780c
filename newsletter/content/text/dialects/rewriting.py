"""A text on its way from a generator's dialect to Markdown: replacements, problems, and the origin of lines."""

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass

from newsletter.content.post import Problem
from newsletter.content.text.dialects.code import CodeRanges
from newsletter.content.text.dialects.tags import Tag, TagFinder
from newsletter.content.text.references import References

LOST = "\ufffc"
"""Stands where a value is unknown. A link that holds it loses its target; prose drops it.

It is the OBJECT REPLACEMENT CHARACTER, which `tidy` takes out of what authors wrote.
"""

REWRITE = "Write its content as Markdown, or see in the preview whether the text does without."
MOST_PROBLEMS = 50  # a file in the wrong dialect has thousands; nobody reads more than these


@dataclass(frozen=True, slots=True)
class Translation:
    """Markdown without the generator's own marks; line `n` came from line `lines[n]` of the body (from 0)."""

    markdown: str
    problems: tuple[Problem, ...]
    lines: tuple[int, ...]


class Rewriting:
    """Collects replacements in one text; a replacement inside a longer one is dropped with it."""

    def __init__(self, body: str, *, path: str, first_line: int, references: References) -> None:
        self.body = body
        self.path = path
        self.references = references
        self.code = CodeRanges(body)
        self._unclosed: set[str] = set()  # closing tags that were looked for to the end, and are not there
        self._first_line = first_line
        self._edits: list[tuple[int, int, str]] = []
        self._problems: list[Problem] = []
        self._newlines: list[int] | None = None

    def replace(self, start: int, end: int, text: str = "") -> None:
        """Put `text` where body[start:end] stands."""
        self._edits.append((start, end, text))

    def report(self, position: int, kind: str, message: str, remedy: str) -> None:
        """Note that something was lost at this offset."""
        if len(self._problems) < MOST_PROBLEMS:
            line = self._first_line + self.line_of(position)
            self._problems.append(Problem(self.path, line, kind, message, remedy))

    def page(self, position: int, name: str, written: str) -> str:
        """Return the address of the page that a reference means, or LOST after reporting it."""
        address = self.references.page(name) if name else None
        if address is None:
            self.report(
                position,
                "unknown-reference",
                f"{written} leads to no page that is known, so its link has no target",
                "Mend the name of the page, or set content.url if no site is known.",
            )
            return LOST
        return address

    def find_closing(
        self, finder: TagFinder, tag: Tag, name: str, closes: Callable[[Tag], bool]
    ) -> Tag | None:
        """Return the tag that closes another, None if none does. Tags are to be looked for in their order."""
        position = tag.end
        while name not in self._unclosed and (closing := finder.next(self.body, position)):
            if closes(closing):
                return closing
            position = closing.end
        self._unclosed.add(name)  # so none that comes later is closed either
        return None

    def line_of(self, position: int) -> int:
        """Return the line, counted from 0, in which this offset stands."""
        if self._newlines is None:
            self._newlines = [index for index, character in enumerate(self.body) if character == "\n"]
        return bisect_right(self._newlines, position - 1)

    def stands_alone(self, start: int, end: int) -> bool:
        """Say whether body[start:end] has its lines for itself."""
        return not self.before(start).strip() and not self.after(end).strip()

    def before(self, start: int) -> str:
        """Return what stands before this offset in its line."""
        return self.body[self.body.rfind("\n", 0, start) + 1 : start]

    def after(self, end: int) -> str:
        """Return what stands after this offset in its line."""
        newline = self.body.find("\n", end)
        return self.body[end : newline if newline >= 0 else len(self.body)]

    def replace_block(self, start: int, end: int, text: str) -> None:
        """Put a one-line block where body[start:end] stands, parted from its neighbours by blank lines."""
        if not self.stands_alone(start, end):
            self.replace(start, end, text)
            return
        indent = self.before(start)
        above = self.body[: start - len(indent)].endswith("\n\n") or start == len(indent)
        rest = self.body[end + len(self.after(end)) :]
        below = rest.startswith("\n\n") or not rest.strip()
        self.replace(start, end, f"{'' if above else chr(10) + indent}{text}{'' if below else chr(10)}")

    def fence(self, opening: tuple[int, int], closing: tuple[int, int], language: str) -> None:
        """Turn what stands between two tags into a fenced code block."""
        indent = self.before(opening[0])
        if indent.strip():
            indent = ""
        code = self.body[opening[1] : closing[0]]
        marks = "`" * max(3, _longest_run(code, "`") + 1)
        lead = "" if not self.before(opening[0]).strip() else "\n\n"
        self.replace(
            *opening, f"{lead}{marks}{language}{'' if code.startswith(chr(10)) else chr(10) + indent}"
        )
        ends = code.rstrip(" \t").endswith("\n")
        trail = "" if not self.after(closing[1]).strip() else "\n"
        self.replace(*closing, f"{'' if ends else chr(10) + indent}{marks}{trail}")

    def finish(self) -> Translation:
        """Apply the replacements."""
        pieces: list[str] = []
        lines = [0]
        position = line = 0
        for start, end, text in sorted(self._edits, key=lambda edit: (edit[0], -edit[1])):
            if start < position:
                continue
            kept = self.body[position:start]
            breaks = kept.count("\n")
            lines.extend(range(line + 1, line + breaks + 1))
            line += breaks
            lines.extend([line] * text.count("\n"))
            line += self.body.count("\n", start, end)
            if text.endswith("\n"):
                lines[-1] = line
            pieces += [kept, text]
            position = end
        rest = self.body[position:]
        lines.extend(range(line + 1, line + rest.count("\n") + 1))
        return Translation("".join([*pieces, rest]), tuple(self._problems), tuple(lines))


def _longest_run(text: str, mark: str) -> int:
    longest = run = 0
    for character in text:
        run = run + 1 if character == mark else 0
        longest = max(longest, run)
    return longest
