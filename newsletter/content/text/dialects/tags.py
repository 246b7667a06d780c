"""Finding `{{ … }}`-like tags, and reading what stands in them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

LONGEST_TAG = 4_000  # characters; what is longer is prose between two stray braces

_ARGUMENT = re.compile(
    r"""(?:([\w.-]+)\s*[=:]\s*)?("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`[^`]*`|[^\s"'`,=]+)""", re.DOTALL
)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag at body[start:end]; `inner` is what stands between its delimiters."""

    start: int
    end: int
    opener: str
    inner: str
    closer: str

    @property
    def is_escaped(self) -> bool:
        """Whether this is `{{</* name */>}}`, by which Hugo and Zola show a shortcode instead of running it."""
        inner = self.inner.strip()
        return inner.startswith("/*") and inner.endswith("*/") and len(inner) >= 4

    def unescaped(self) -> str:
        """Return an escaped tag as it is meant to be read."""
        return self.opener + self.inner.strip()[2:-2] + self.closer


@dataclass(frozen=True, slots=True)
class Arguments:
    """What a shortcode was called with."""

    positional: tuple[str, ...]
    named: Mapping[str, str]

    def get(self, *names: str, position: int | None = None) -> str:
        """Return the first of these that was given, else the positional one, else an empty string."""
        for name in names:
            if name in self.named:
                return self.named[name]
        if position is not None and position < len(self.positional):
            return self.positional[position]
        return ""


class TagFinder:
    """Finds the tags of one dialect; looks no further than LONGEST_TAG, so hostile text costs linear time."""

    def __init__(self, closers: Mapping[str, str]) -> None:
        self._closers = closers
        self._openers = re.compile("|".join(re.escape(opener) for opener in closers))

    def next(self, body: str, position: int) -> Tag | None:
        """Return the first whole tag at or after `position`."""
        searched = dict.fromkeys(self._closers.values(), 0)  # up to where each was looked for in vain
        while opening := self._openers.search(body, position):
            inside, closer = opening.end(), self._closers[opening[0]]
            closing = body.find(closer, max(inside, searched[closer]), inside + LONGEST_TAG)
            if closing < 0:
                position = inside
                searched[closer] = inside + LONGEST_TAG - len(closer) + 1
                continue
            nested = body.rfind(opening[0], inside, closing)
            if nested >= 0:
                position = nested
                continue
            return Tag(opening.start(), closing + len(closer), opening[0], body[inside:closing], closer)
        return None


def read_arguments(text: str) -> Arguments:
    """Read `a "b c" key="v" other=1`, with commas or without; nothing is evaluated."""
    positional: list[str] = []
    named: dict[str, str] = {}
    for name, value in _ARGUMENT.findall(text):
        if name:
            named.setdefault(name.lower(), unquote(value))
        else:
            positional.append(unquote(value))
    return Arguments(tuple(positional), named)


def unquote(value: str) -> str:
    """Take the quotation marks off a string literal."""
    if len(value) >= 2 and value[0] == value[-1] == "`":
        return value[1:-1]
    if len(value) >= 2 and value[0] == value[-1] and value[0] in "\"'":
        return _ESCAPED.sub(r"\1", value[1:-1])
    return value


def is_literal(value: str) -> bool:
    """Say whether this is one quoted string."""
    return bool(_ARGUMENT.fullmatch(value)) and value[:1] in ("'", '"')
