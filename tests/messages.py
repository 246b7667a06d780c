"""What has to be translated: `python -m tests.messages` brings the catalogues up to date, with gaps for what is new."""

import ast
from collections.abc import Iterator, Mapping, Sequence
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po
from jinja2.ext import babel_extract

from newsletter.languages import OFFERED

ROOT = Path(__file__).parents[1]
CATALOGUES = ROOT / "newsletter" / "languages" / "catalogues"

#: Templates in which readers are spoken to; the author's own pages and letters are in English.
_TEMPLATES = [
    *sorted((ROOT / "templates" / "web").glob("*.html")),
    *sorted(
        path
        for path in (ROOT / "templates" / "email").rglob("*")
        if path.suffix in (".html", ".txt", ".jinja") and "author" not in path.parts
    ),
]

#: Words of the code that a template translates: by the names that they are given there.
_IN_CODE = {
    ROOT / "newsletter" / "web" / "asking.py": "faults",
    ROOT / "newsletter" / "web" / "app.py": "_WORDS",
    ROOT / "newsletter" / "issues" / "wording.py": "CADENCES",
    ROOT / "newsletter" / "content" / "text" / "plaintext" / "phrases.py": "_IMAGE",
}


#: Lines of a catalogue's head that nobody needs.
_UNSAID = (b'"Project-', b'"Report-', b'"Last-', b'"Language-Team', b'"POT-', b'"PO-', b'"Generated-')


#: A message: what is said in English; or, of a number, the singular and the plural.
Message = str | tuple[str, str]


def messages() -> dict[Message, list[str]]:
    """Return every message, with the files that have it."""
    found: dict[Message, list[str]] = {}
    for path in _TEMPLATES:
        for message in _spoken(path):
            found.setdefault(message, []).append(path.relative_to(ROOT).as_posix())
    for path, name in _IN_CODE.items():
        for message in _literals(path, name):
            found.setdefault(message, []).append(path.relative_to(ROOT).as_posix())
    return found


def _spoken(template: Path) -> Iterator[Message]:
    """Yield what a template says, without the values that fill it."""
    keywords, options = ("_", "ngettext"), {"trimmed": "true"}
    for _, function, message, _ in babel_extract(BytesIO(template.read_bytes()), keywords, [], options):
        words = message if isinstance(message, tuple) else (message,)
        if function == "ngettext":
            yield words[0], words[1]
        elif words[0]:
            yield words[0]


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


def said_in(language: str) -> dict[Message, tuple[str, ...]]:
    """Return what each message is in a language: one form, or one for each kind of number that the language knows."""
    return {
        message.id: (message.string,) if isinstance(message.id, str) else tuple(message.string)
        for message in catalogue(language)
        if message.id
    }


def update(language: str, known: Mapping[Message, Sequence[str]] | None = None) -> int:
    """Write the catalogue of a language anew, with what is translated already; return how much is missing."""
    path = CATALOGUES / f"{language}.po"
    old = said_in(language) if path.exists() else {}
    new = Catalog(
        locale=language, header_comment=f"# Our words in another language: {language}.", fuzzy=False
    )
    for message, places in sorted(messages().items(), key=lambda entry: (entry[1][0], str(entry[0]))):
        said = (known or {}).get(message) or old.get(message) or ("",)
        text = said[0] if isinstance(message, str) else tuple(said)
        new.add(message, text, locations=[(place, None) for place in dict.fromkeys(places)])
    buffer = BytesIO()
    write_po(buffer, new, width=110, omit_header=False, include_lineno=False)
    kept = (line for line in buffer.getvalue().splitlines(True) if not line.startswith(_UNSAID))
    path.write_bytes(b"".join(kept))
    return sum(not all(said) for said in said_in(language).values())


def main() -> None:
    """Bring every catalogue up to date."""
    for language in OFFERED:
        if language != "en" and (missing := update(language)):
            raise SystemExit(f"{language}: {missing} messages are not translated yet")


if __name__ == "__main__":
    main()
