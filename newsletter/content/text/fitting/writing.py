"""Writes one element after the other as a mail shows it, and notes what is lost.

Outlook on Windows and Yahoo drop what stands in `<section>`, `<article>`, `<figure>` (caniemail.com,
html-semantics); nothing plays a video, and few fold `<details>`. Each becomes what comes nearest to it.
"""

from collections.abc import Callable, Mapping

from newsletter.content.post import Problem
from newsletter.content.text.addresses import Finding, Place, link_target, scheme_of, unsafe
from newsletter.content.text.dialects import LOST
from newsletter.content.text.elements import RENAMED, UNWRAPPED, VOID
from newsletter.content.text.fitting.cells import Table
from newsletter.content.text.fitting.embedding import Embedded, not_shown, public_page
from newsletter.content.text.fitting.pictures import Pictures, no_alt
from newsletter.content.text.markup import MORE, End, Event, Start, Text

#: What is written when an element ends.
Closers = tuple[Event, ...]

_KEPT = ("lang", "dir", "title", "start", "type", "value", "data-notes", "data-note")


class Writer:
    """What has been written of a post; `start` and `end` are called in pairs, but for void elements."""

    def __init__(self, place: Place) -> None:
        self.written: list[Event] = []
        self.problems: dict[Problem, None] = {}  # each once, in the order of their discovery
        self.pictures = Pictures(place)
        self._place = place
        self._tables: list[Table] = []
        self._links = 0  # that are open: none may stand in another
        self._rules: Mapping[str, Callable[[Start], Closers]] = {
            "a": self._link,
            "code": self._code,
            "div": self._division,
            "img": self._image,
            "input": self._input,
            "meter": self._gauge,
            "progress": self._gauge,
            "rt": self._reading,
            "span": self._division,
            "summary": self._summary,
            "table": self._table,
            "td": self._cell,
            "th": self._cell,
            "tr": self._row,
        }

    def text(self, text: str) -> None:
        self.written.append(Text(text.replace(LOST, "")))

    def start(self, start: Start) -> Closers:
        """Write what an element begins with; return what it has to end with."""
        return self._rules.get(start.tag, self._plain)(start)

    def end(self, tag: str, closers: Closers) -> None:
        """Write the end of an element that `start` was told about; without closers nothing of it is shown."""
        self.written.extend(closers)
        if tag == "a" and closers:
            self._links -= 1
        if tag == "table" and closers:
            self._tables.pop()

    def link_to(self, embedded: Embedded, *, inline: bool) -> None:
        """Put a link where a mail cannot show what a page embeds."""
        target = link_target(embedded.source, self._place) if embedded.source else None
        if isinstance(target, Finding):
            self._report(embedded.start, target)
        if not isinstance(target, str) or scheme_of(target) not in ("http", "https"):
            return
        target = public_page(target)
        link: list[Event] = [Start("a", {"href": target}), Text(embedded.title or target), End("a")]
        self.written += link if inline else [Start("p"), *link, End("p")]
        self._report(embedded.start, not_shown(embedded.tag, target))

    def _plain(self, start: Start) -> Closers:
        tag = RENAMED.get(start.tag, start.tag)
        if tag in UNWRAPPED:
            return ()
        self.written.append(Start(tag, _kept(start)))
        return () if tag in VOID else (End(tag),)

    def _division(self, start: Start) -> Closers:
        if "data-more" in start.attributes:
            self.written.append(Start(MORE))
            return ()
        return self._plain(start)

    def _summary(self, start: Start) -> Closers:
        del start
        self.written += [Start("div"), Start("strong")]
        return (End("strong"), End("div"))

    def _link(self, start: Start) -> Closers:
        href = start.attributes.get("href")
        if href is None:
            if "data-line" in start.attributes:  # cleaning took the target
                self._report(start, unsafe(start.attributes.get("data-scheme", "")))
            return ()
        target = link_target(href, self._place)
        if isinstance(target, str):
            self.written.append(Start("a", {"href": target, **_kept(start)}))
            self._links += 1
            return (End("a"),)
        self._report(start, target)
        return ()

    def _image(self, start: Start) -> Closers:
        given = start.attributes
        src, alt = given.get("src", ""), " ".join(given.get("alt", "").split())
        picture, finding = self.pictures.find(src, alt, _pixels(given, "width"), _pixels(given, "height"))
        self._report(start, finding)
        if picture is None:
            self._instead(alt, finding.instead if finding else "")
            return ()
        if "alt" not in given or "data-bare" in given:
            self._report(start, no_alt(src))
        size = {"width": picture.width, "height": picture.height}
        sized = {name: str(pixels) for name, pixels in size.items() if pixels}
        self.written.append(Start("img", {"src": picture.src, "alt": alt, **sized}))
        return ()

    def _instead(self, alt: str, address: str) -> None:
        """Write what an image shows where it cannot be shown, as a link to it where it may be a link."""
        is_linked = alt and address and not self._links
        self.written += [Start("a", {"href": address}), Text(alt), End("a")] if is_linked else [Text(alt)]

    def _code(self, start: Start) -> Closers:
        named = [name for name in start.attributes.get("class", "").split() if name.startswith("language-")]
        language = named[0].removeprefix("language-").split(",")[0].strip("{}.") if named else ""
        self.written.append(Start("code", {"data-language": language} if language else {}))
        return (End("code"),)

    def _input(self, start: Start) -> Closers:
        if start.attributes.get("type", "").lower() == "checkbox":
            self.written.append(Text("☑" if "checked" in start.attributes else "☐"))
        return ()

    def _gauge(self, start: Start) -> Closers:
        """`<progress value="2" max="5">` reads 2/5, and one without a maximum in per cent."""
        value, most = start.attributes.get("value", ""), start.attributes.get("max", "1")
        share = _number(value) / (_number(most) or 1) * 100
        self.written.append(Text(f"{share:.0f} %" if most in ("1", "100") else f"{value}/{most}"))
        return ()

    def _reading(self, start: Start) -> Closers:
        """How a word is read stands above it on a page, and behind it here: Gmail and Outlook know no `<ruby>`."""
        del start
        self.written.append(Text(" ("))
        return (Text(")"),)

    def _table(self, start: Start) -> Closers:
        self._tables.append(Table())
        return self._plain(start)

    def _row(self, start: Start) -> Closers:
        if self._tables:
            self._tables[-1].row()
        return self._plain(start)

    def _cell(self, start: Start) -> Closers:
        self.written.append((self._tables[-1] if self._tables else Table()).cell(start))
        return (End(start.tag),)

    def _report(self, start: Start, finding: Finding | None) -> None:
        if finding is None:
            return
        written = start.attributes.get("data-line", "")
        line = int(written) if written.isascii() and written.isdigit() and len(written) < 10 else None
        problem = Problem(self._place.path, line or None, finding.kind, finding.message, finding.remedy)
        self.problems.setdefault(problem)


def _kept(start: Start) -> dict[str, str]:
    return {name: start.attributes[name] for name in _KEPT if name in start.attributes}


def _pixels(given: Mapping[str, str], name: str) -> int | None:
    value = given.get(name, "").strip().removesuffix("px")
    return int(value) if value.isascii() and value.isdigit() and 0 < len(value) <= 4 and int(value) else None


def _number(value: str) -> float:
    try:
        return float(value)
    except ValueError:
        return 0.0
