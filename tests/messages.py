"""What has to be translated: `python -m tests.messages` brings the catalogues up to date, with gaps for what is new."""

import ast
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po
from jinja2.ext import babel_extract

from newsletter.languages import OFFERED

ROOT = Path(__file__).parents[1]
CATALOGUES = ROOT / "newsletter" / "languages" / "catalogues"

#: Templates in which readers are spoken to; the author's own pages are in English.
_TEMPLATES = sorted((ROOT / "templates" / "web").glob("*.html"))

#: Words of the code that a template translates: by the names that they are given there.
_IN_CODE = {
    ROOT / "newsletter" / "web" / "asking.py": "faults",
    ROOT / "newsletter" / "web" / "app.py": "_WORDS",
    ROOT / "newsletter" / "issues" / "wording.py": "CADENCES",
}


#: Lines of a catalogue's head that nobody needs.
_UNSAID = (b'"Project-', b'"Report-', b'"Last-', b'"Language-Team', b'"POT-', b'"PO-', b'"Generated-')


def messages() -> dict[str, list[str]]:
    """Return every message, with the files that have it."""
    found: dict[str, list[str]] = {}
    for path in _TEMPLATES:
        for _, _, message, _ in babel_extract(BytesIO(path.read_bytes()), ("_",), [], {"trimmed": "true"}):
            text = message[0] if isinstance(message, tuple) else message  # beside the values that fill it
            if text:
                found.setdefault(text, []).append(path.relative_to(ROOT).as_posix())
    for path, name in _IN_CODE.items():
        for message in _literals(path, name):
            found.setdefault(message, []).append(path.relative_to(ROOT).as_posix())
    return found


def _literals(path: Path, name: str) -> Iterator[str]:
    """Yield the texts that are assigned to a name, or to places in it."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Assign) and any(name in ast.unparse(target) for target in node.targets):
            values = node.value.values if isinstance(node.value, ast.Dict) else [node.value]
            yield from (str(value.value) for value in values if isinstance(value, ast.Constant))


def catalogue(language: str) -> Catalog:
    """Read the catalogue of a language."""
    path = CATALOGUES / f"{language}.po"
    with path.open("rb") as file:
        return read_po(file, locale=language)


def update(language: str, known: dict[str, str] | None = None) -> int:
    """Write the catalogue of a language anew, with what is translated already; return how much is missing."""
    path = CATALOGUES / f"{language}.po"
    old = {str(m.id): str(m.string) for m in catalogue(language) if m.id} if path.exists() else {}
    new = Catalog(
        locale=language, header_comment=f"# Our words in another language: {language}.", fuzzy=False
    )
    for message, places in sorted(messages().items(), key=lambda entry: (entry[1][0], entry[0])):
        said = (known or {}).get(message) or old.get(message, "")
        new.add(message, said, locations=[(place, None) for place in dict.fromkeys(places)])
    buffer = BytesIO()
    write_po(buffer, new, width=110, omit_header=False, include_lineno=False)
    kept = (line for line in buffer.getvalue().splitlines(True) if not line.startswith(_UNSAID))
    path.write_bytes(b"".join(kept))
    return sum(not message.string for message in new if message.id)


def main() -> None:
    """Bring every catalogue up to date."""
    for language in OFFERED:
        if language != "en" and (missing := update(language)):
            raise SystemExit(f"{language}: {missing} messages are not translated yet")


if __name__ == "__main__":
    main()
