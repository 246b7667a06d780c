"""The lines of a plain text, each behind what its list items and quotations put before it."""

from dataclasses import dataclass

WIDTH = (
    76  # columns, and one for the space at the end of a line that goes on (RFC 3676, section 4.2: at most 78)
)
NARROWEST = 24  # columns that a deeply nested text keeps


@dataclass(slots=True)
class Indent:
    """What stands before the lines of a list item or a quotation; `first` only before the first."""

    tag: str
    first: str
    rest: str
    used: bool = False
    holds_paragraphs: bool = False


class Lines:
    """Collects lines; a blank line that is wanted comes before the next one, and never at the top."""

    def __init__(self) -> None:
        self.indents: list[Indent] = []
        self.blank_wanted = False
        self._written: list[str] = []

    def __bool__(self) -> bool:
        return bool(self._written)

    @property
    def width(self) -> int:
        """The columns that are left for a text."""
        return max(NARROWEST, WIDTH - sum(len(indent.rest) for indent in self.indents))

    @property
    def may_flow(self) -> bool:
        """Whether lines may be joined: those of a list item may not, for their indent would stand in between."""
        return all(indent.tag == "blockquote" for indent in self.indents)

    def put(self, lines: list[str]) -> None:
        for line in lines:
            if self.blank_wanted and self._written:
                self._written.append("".join(indent.rest if indent.used else "" for indent in self.indents))
            self.blank_wanted = False
            before = ""
            for indent in self.indents:
                before += indent.rest if indent.used else indent.first
                indent.used = True
            self._written.append(before + line)

    def close_indent(self, tag: str) -> None:
        """End the list item or quotation that is open, if it is one of this tag."""
        if self.indents and self.indents[-1].tag == tag:
            closed = self.indents.pop()
            self.blank_wanted = closed.holds_paragraphs or tag == "blockquote"

    def joined(self, *below: str) -> str:
        """Return the text, with some lines at its end."""
        return "\n".join(map(trimmed, (*self._written, *below))).strip("\n")


def trimmed(line: str) -> str:
    """Take blanks off the end of a line, but for the one that says that it goes on in the next line."""
    bare = line.rstrip()
    return f"{bare} " if line == f"{bare} " and bare.strip("> ") else bare
