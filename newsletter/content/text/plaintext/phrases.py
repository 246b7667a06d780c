"""What stands inside a paragraph, in plain text: emphasis by marks, links by numbers, images by their descriptions."""

from newsletter.content.text.markup import Start
from newsletter.content.text.plaintext.wrapping import GLUE
from newsletter.languages import words

BREAK = "\x1e"  # stands for `<br>` until the paragraph is wrapped

_MARKS = {
    "strong": "*",
    "b": "*",
    "em": "_",
    "i": "_",
    "code": "`",
    "del": "~~",
    "s": "~~",
    "sup": "^",
    "q": '"',
}
#: What stands for an image, in the language of the post.
_IMAGE = "[Image: %(description)s]"

_BOLD = frozenset({"strong", "b"})


class Phrases:
    """Collects the words of one paragraph after the other, and the links of all of them."""

    def __init__(self, language: str) -> None:
        self._image = words(language).gettext(_IMAGE)
        self.references: dict[str, int] = {}
        self.in_code = False  # inside `<pre>`, where nothing is marked
        self.in_heading = False  # where bold means nothing
        self._words: list[str] = []
        self._links: list[tuple[str, int]] = []
        self._in_note_mark = False

    def take(self) -> str:
        """Return the words so far, and begin anew."""
        words = "".join(self._words)
        self._words.clear()
        self._links = [(href, 0) for href, _ in self._links]
        return words

    def add(self, text: str) -> None:
        if not self._in_note_mark:
            self._words.append(text if self.in_code else text.replace("\u200b", ""))

    def start(self, start: Start) -> None:
        tag, given = start.tag, start.attributes
        if tag == "br":
            self._words.append("\n" if self.in_code else BREAK)
        elif tag == "img":
            described = given.get("alt")
            self._words.append(self._image % {"description": described} if described else "")
        elif tag == "a":
            self._links.append((given.get("href", ""), len(self._words)))
        elif tag == "sup" and "data-note" in given:
            self._words.append(f"[^{given['data-note']}]")
            self._in_note_mark = True
        else:
            self._mark(tag)

    def end(self, tag: str) -> None:
        if tag == "a":
            self._close_link()
        elif tag == "sup" and self._in_note_mark:
            self._in_note_mark = False
        elif tag != "sup":
            self._mark(tag)

    def _mark(self, tag: str) -> None:
        if tag in _MARKS and not self.in_code and not (self.in_heading and tag in _BOLD):
            self._words.append(_MARKS[tag])

    def _close_link(self) -> None:
        if not self._links:
            return
        href, start = self._links.pop()
        shown = "".join(self._words[start:]).strip()
        if not href or _says_it_all(shown, href):
            return
        number = self.references.setdefault(href, len(self.references) + 1)
        self._words.append(f"{GLUE}[{number}]" if shown else f"[{number}]")


def _says_it_all(shown: str, href: str) -> bool:
    """Say whether the text of a link is its address, so that a reference would repeat it."""
    bare = href.removeprefix("mailto:")
    return shown in (href, bare, href.rstrip("/"), bare.removeprefix("https://").rstrip("/"))
