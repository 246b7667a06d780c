"""Where a Markdown text shows code: the places that a dialect must leave alone."""

import re
from bisect import bisect_right
from itertools import pairwise

# A fence may stand in a list or a quotation, so anything that only indents or quotes may precede it.
_FENCE = re.compile(r"[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)?(`{3,}|~{3,})([^\n]*)")
_LIST_ITEM = re.compile(r"[ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]")
_BACKTICKS = re.compile(r"(?<!\\)`+")


class CodeRanges:
    """The ranges of a text that are code: fenced blocks, indented blocks and code spans."""

    def __init__(self, body: str) -> None:
        blocks, prose = _blocks(body)
        spans = [span for start, end in prose for span in _spans(body, start, end)] if "`" in body else []
        ranges = sorted([*blocks, *spans])
        self._starts = [start for start, _ in ranges]
        self._ends = [end for _, end in ranges]

    def __contains__(self, position: object) -> bool:
        """Say whether the character at this offset is code."""
        if not isinstance(position, int):
            return False
        index = bisect_right(self._starts, position) - 1
        return index >= 0 and position < self._ends[index]


def _blocks(body: str) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """Return the code blocks, and the paragraphs between them (no code span reaches over a blank line)."""
    blocks: list[tuple[int, int]] = []
    prose: list[tuple[int, int]] = []
    fence: tuple[str, int] | None = None
    after_blank, in_list = True, False
    for start, line in _lines(body):
        end = start + len(line)
        if fence is not None:
            if _closes(line, fence[0]):
                blocks.append((fence[1], end))
                fence = None
                after_blank = True
            continue
        opening = _FENCE.match(line)
        if opening and not (opening[1][0] == "`" and "`" in opening[2]):
            fence = (opening[1], start)
            continue
        if not line.strip():
            after_blank = True
            continue
        indented = line.startswith(("    ", "\t"))
        if indented and after_blank and not in_list:
            blocks.append((start, end))
            continue  # and the next indented line follows this one as it would follow a blank one
        in_list = bool(_LIST_ITEM.match(line)) or (in_list and (line[0] in " \t" or not after_blank))
        _extend(prose, start, end, joined=not after_blank)
        after_blank = False
    if fence is not None:
        blocks.append((fence[1], len(body)))
    return blocks, prose


def _lines(body: str) -> list[tuple[int, str]]:
    lines = body.split("\n")
    offsets, position = [], 0
    for line in lines:
        offsets.append((position, line))
        position += len(line) + 1
    return offsets


def _closes(line: str, fence: str) -> bool:
    """Say whether a line closes this fence: as many of the same marks or more, and nothing else."""
    marks = line.strip(" \t>")
    return len(marks) >= len(fence) and not marks.strip(fence[0])


def _extend(prose: list[tuple[int, int]], start: int, end: int, *, joined: bool) -> None:
    if joined and prose:
        prose[-1] = (prose[-1][0], end)
    else:
        prose.append((start, end))


def _spans(body: str, start: int, end: int) -> list[tuple[int, int]]:
    """Return the code spans of one paragraph: a run of backticks up to the next run of equal length."""
    runs = [(run.start(), run.end()) for run in _BACKTICKS.finditer(body, start, end)]
    following = _next_of_equal_length(runs)
    spans, index = [], 0
    while index < len(runs):
        closing = following[index]
        if closing is None:
            index += 1
            continue
        spans.append((runs[index][0], runs[closing][1]))
        index = closing + 1
    return spans


def _next_of_equal_length(runs: list[tuple[int, int]]) -> list[int | None]:
    following: list[int | None] = [None] * len(runs)
    places: dict[int, list[int]] = {}
    for index, (start, end) in enumerate(runs):
        places.setdefault(end - start, []).append(index)
    for same in places.values():
        for here, there in pairwise(same):
            following[here] = there
    return following
