"""YAML, TOML and JSON, read without running anything, and without letting a file cost more than it should.

YAML scalars stay text: `title: 1.10` is "1.10" and `title: No` is "No". What a field means is decided where it
is used (:mod:`newsletter.content.folder.fields`), so that a Norwegian title or a version number is never turned into
something else. Only an empty value, and a timestamp that stands without quotes, are told apart (`Timestamp`).
"""

import json
import re
import tomllib

import yaml

try:
    from yaml import CSafeLoader as _SafeLoader
except ImportError:  # a PyYAML that was built without libyaml: slower, the same in all else
    from yaml import SafeLoader as _SafeLoader  # type: ignore[assignment]

#: Longer front matter is a mistake (a fence that was never closed), or an attack.
SIZE_LIMIT = 64 * 1024
#: Deeper nesting than this has no meaning in front matter, and overflows the stack of libyaml's loader.
DEPTH_LIMIT = 100
#: What merge keys (`<<`) and aliases may unfold to; without a limit, thirty lines of YAML fill the memory.
MERGE_LIMIT = 1_000
UNFOLD_LIMIT = 100_000


class Timestamp(str):
    """A date and time written in YAML without quotes, as the author wrote it.

    YAML says that such a time is UTC where no zone stands beside it, and Jekyll takes it so.
    """

    __slots__ = ()


class NotationError(ValueError):
    """This is not the notation that it should be; `line` counts from the top of the text that was given."""

    def __init__(self, message: str, *, line: int | None, remedy: str) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.remedy = remedy


class _Loader(_SafeLoader):
    """A loader that knows text, lists and maps, and no type that could fail or cost."""

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        super().flatten_mapping(node)
        if len(node.value) > MERGE_LIMIT:
            raise yaml.constructor.ConstructorError(
                None, None, "merge keys unfold to too much", node.start_mark
            )

    def construct_text(self, node: yaml.ScalarNode) -> str:
        return str(self.construct_scalar(node))

    def construct_timestamp(self, node: yaml.ScalarNode) -> Timestamp:
        return Timestamp(self.construct_scalar(node))


_TAG = "tag:yaml.org,2002:"
_Loader.yaml_implicit_resolvers = {
    first: [
        (tag, pattern)
        for tag, pattern in resolvers
        if tag in (_TAG + "null", _TAG + "merge", _TAG + "timestamp")
    ]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.yaml_constructors = {
    **{_TAG + kind: _Loader.construct_text for kind in ("str", "int", "float", "bool", "binary")},
    _TAG + "timestamp": _Loader.construct_timestamp,
    **{_TAG + kind: yaml.SafeLoader.yaml_constructors[_TAG + kind] for kind in ("null", "seq", "map")},
    None: yaml.SafeLoader.yaml_constructors[None],
}


def read_yaml(text: str) -> dict[str, object]:
    """Read a YAML mapping; keys in lower case, scalars as text. Raises NotationError."""
    try:
        _refuse_depth(text)
        value = yaml.load(text, Loader=_Loader)  # noqa: S506 - it is a safe loader, with less in it
        if "*" in text and "&" in text:
            _unfolded(value, {})
    except yaml.YAMLError as error:
        raise _yaml_error(text, error) from None
    except (ValueError, TypeError, RecursionError) as error:
        raise _unreadable("YAML", error) from None
    return as_fields({} if value is None else value)


def _refuse_depth(text: str) -> None:
    """Refuse what would overflow the stack while loading; libyaml's events need none, whatever the depth."""
    if len(text) > SIZE_LIMIT:
        raise ValueError(f"it is longer than {SIZE_LIMIT // 1024} kB")
    if sum(text.count(sign) for sign in ("[", "{", "- ", "? ", "-\t", "?\t")) <= DEPTH_LIMIT:
        return
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEPTH_LIMIT:
            raise ValueError("it is nested too deeply")


def _unfolded(value: object, known: dict[int, int]) -> int:
    """Return how many values there are when aliases are written out; refuse what unfolds without measure."""
    if not isinstance(value, list | dict):
        return 1
    if id(value) not in known:
        known[id(value)] = (
            UNFOLD_LIMIT  # it stands for itself while its own size is sought: a circle is too large
        )
        parts = value if isinstance(value, list) else value.values()
        known[id(value)] = 1 + sum(_unfolded(part, known) for part in parts)
    if known[id(value)] >= UNFOLD_LIMIT:
        raise ValueError("its aliases unfold to too much")
    return known[id(value)]


_YAML_REMEDIES = {
    "mapping values are not allowed": 'A value that contains a colon needs quotes, as in title: "One: two".',
    "cannot start any token": "Indent with spaces, not tabs; quote a value that begins with a special sign.",
    "found unexpected end of stream": "A quotation mark is opened and never closed.",
    "unknown escape character": "Use single quotes, or write each backslash twice.",
    "did not find expected key": "Escape quotation marks inside a quoted value; begin all fields at one indent.",
    "found undefined alias": "A value that begins with * needs quotes.",
}


def _yaml_error(text: str, error: yaml.YAMLError) -> NotationError:
    mark = getattr(error, "problem_mark", None)
    if (
        mark is not None
        and mark.index >= len(text.rstrip())
        and getattr(error, "context_mark", None) is not None
    ):
        mark = getattr(error, "context_mark", None)  # at the end of the text: where it began tells more
    reason = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error)
    if mark is not None:
        line = min(mark.line, text.count("\n")) + 1
    else:
        line = text.count("\n", 0, getattr(error, "position", 0) or 0) + 1
    remedy = next((remedy for sign, remedy in _YAML_REMEDIES.items() if sign in reason), "Correct the YAML.")
    return NotationError(f"The YAML cannot be read: {reason}.", line=line, remedy=remedy)


def read_toml(text: str) -> dict[str, object]:
    """Read TOML; keys in lower case at the top. Raises NotationError."""
    if len(text) > SIZE_LIMIT:
        raise _unreadable("TOML", ValueError(f"it is longer than {SIZE_LIMIT // 1024} kB"))
    try:
        return as_fields(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise _toml_error(text, str(error)) from None
    except (ValueError, RecursionError) as error:
        raise _unreadable("TOML", error) from None


def _toml_error(text: str, message: str) -> NotationError:
    reason, _, place = message.partition(" (at ")
    line = re.match(r"line (\d+)", place)
    return NotationError(
        f"The TOML cannot be read: {reason}.",
        line=int(line[1]) if line else max(text.count("\n"), 1),  # else it is the end of the text
        remedy='Correct the TOML; text stands in quotes, as in title = "A title".',
    )


def read_json(text: str) -> dict[str, object]:
    """Read a JSON object; keys in lower case at the top. Raises NotationError."""
    try:
        return as_fields(json.loads(text))
    except json.JSONDecodeError as error:
        raise NotationError(
            f"The JSON cannot be read: {error.msg}.", line=error.lineno, remedy="Correct the JSON."
        ) from None
    except (ValueError, RecursionError) as error:
        raise _unreadable("JSON", error) from None


def as_fields(value: object) -> dict[str, object]:
    """Return a mapping with its keys in lower case. Raises NotationError for anything else."""
    if not isinstance(value, dict):
        raise NotationError(
            "It is not a list of fields.", line=1, remedy="Write one field a line, such as title: A title."
        )
    return {str(key).lower(): entry for key, entry in value.items()}


def _unreadable(language: str, error: Exception) -> NotationError:
    reason = "it is nested too deeply" if isinstance(error, RecursionError) else str(error).splitlines()[0]
    return NotationError(
        f"The {language} cannot be read: {reason}.", line=1, remedy=f"Simplify the {language}."
    )
