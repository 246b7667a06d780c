"""A generator's settings, read as data: a settings file that is a program is looked at, never run."""

import ast
import re
import warnings
from collections.abc import Mapping
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from newsletter.content.folder.notations import NotationError, read_json, read_toml, read_yaml
from newsletter.errors import ContentError

_READERS = {".toml": read_toml, ".yaml": read_yaml, ".yml": read_yaml, ".json": read_json}
_SIZE_LIMIT = 1_000_000


def first_file(folder: Path, *names: str) -> Path | None:
    """Return the first of some files that a folder has."""
    return next((folder / name for name in names if (folder / name).is_file()), None)


def text_of(path: Path) -> str:
    """Return a settings file as text. Raises ContentError."""
    try:
        if path.stat().st_size > _SIZE_LIMIT:
            raise ContentError(f"{path} is too long for a settings file.", remedy="Is it the right file?")
        return path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
    except OSError as error:
        raise ContentError(
            f"{path} cannot be read: {error.strerror}.", remedy="Let the user who runs newsletter read it."
        ) from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise ContentError(f"{path}:{line} is not UTF-8 text.", remedy="Save it as UTF-8.") from None


def read_settings(path: Path) -> dict[str, object]:
    """Return the settings of a TOML, YAML or JSON file, keys in lower case at the top. Raises ContentError."""
    text = text_of(path)
    try:
        return _READERS[path.suffix.lower()](text)
    except NotationError as error:
        place = f"{path}:{error.line}" if error.line else str(path)
        raise ContentError(f"{place}: {error.message}", remedy=error.remedy) from None


def read_python(path: Path) -> dict[str, object]:
    """Return the names to which a Python file assigns literal values; nothing in it is run."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about the author's backslashes
            tree = ast.parse(text_of(path))
    except SyntaxError as error:
        raise ContentError(f"{path}:{error.lineno}: {error.msg}.", remedy="Correct the Python.") from None
    except (ValueError, RecursionError, MemoryError):
        raise ContentError(f"{path} cannot be read as Python.", remedy="Is it the right file?") from None
    values: dict[str, object] = {}
    for node in tree.body:
        if isinstance(node, ast.Assign):
            value = _literal(node.value)
            for target in node.targets:
                if isinstance(target, ast.Name) and value is not None:
                    values[target.id.lower()] = value
    return values


def _literal(node: ast.expr) -> object:
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        return None


def string_in_program(text: str, name: str) -> str | None:
    """Return the text that a JavaScript program gives a name in the form `name: "text"`, if it does so once."""
    found = set(re.findall(rf"""\b{name}\s*:\s*["'`]([^"'`$\n]*)["'`]""", text))
    return found.pop() if len(found) == 1 else None


def lowered(value: object) -> object:
    """Return settings with the keys of all maps in lower case, as Hugo takes them."""
    if isinstance(value, Mapping):
        return {str(key).lower(): lowered(entry) for key, entry in value.items()}
    return value


def merged(*layers: Mapping[str, object]) -> dict[str, object]:
    """Return settings of several files as one; later files win, maps are merged."""
    result: dict[str, object] = {}
    for layer in layers:
        for key, value in layer.items():
            below = result.get(key)
            if isinstance(below, Mapping) and isinstance(value, Mapping):
                value = merged(below, value)
            result[key] = value
    return result


def public_url(value: object) -> str | None:
    """Return the address of a site without its last slash; None for one that is no address on the web."""
    if not isinstance(value, str) or not re.fullmatch(r"(?:https?:)?//[^\s/?#]+[^\s?#]*", value.strip()):
        return None
    url = value.strip().rstrip("/")
    return f"https:{url}" if url.startswith("//") else url


def zone_named(name: object) -> ZoneInfo | None:
    """Return the time zone that a generator's settings name; None where there is none of that name."""
    try:
        return ZoneInfo(name) if isinstance(name, str) and name else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
