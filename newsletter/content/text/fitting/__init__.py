"""Fits a post's markup to a mail: absolute links, images that arrive, only elements that mail programs know.

Outlook on Windows and Yahoo drop what stands in `<section>`, `<article>`, `<figure>` (caniemail.com,
html-semantics); nothing plays a video, and few fold `<details>`. Each becomes what comes nearest to it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from newsletter.content.post import InlineImage, Problem
from newsletter.content.text.addresses import Finding, Place, link_target, scheme_of, unsafe
from newsletter.content.text.dialects import LOST
from newsletter.content.text.fitting.cells import Table
from newsletter.content.text.fitting.embedding import not_shown, public_page
from newsletter.content.text.fitting.pictures import Pictures, no_alt
from newsletter.content.text.fitting.tidying import set_figures, without_empty
from newsletter.content.text.markup import VOID, End, Event, Start, Text

DEEPEST = 40  # elements; lxml, by which styles are inlined later, refuses 256
MORE = "more"  # the tag of our own mark for the end of the summary

_Closers = tuple[End, ...]
_KEPT = ("lang", "dir", "title", "start", "type", "value", "data-notes", "data-note")
_RENAMED = {
    **dict.fromkeys(
        [
            "details",
            "section",
            "article",
            "main",
            "header",
            "footer",
            "aside",
            "nav",
            "address",
            "hgroup",
            "center",
        ],
        "div",
    ),
    "tt": "code",
    "strike": "s",
    "acronym": "abbr",
}
_UNWRAPPED = frozenset(["noscript", "picture", "font", "big", "time", "data", "label", "button", "source"])
_EMBEDDED = frozenset(["iframe", "video", "audio", "object", "embed"])
_NESTED_AS = {"summary": ("div", "strong")}


@dataclass(frozen=True, slots=True)
class Fitted:
    """Markup that may stand in a mail, the images that travel along, and what was lost."""

    events: tuple[Event, ...]
    images: tuple[InlineImage, ...]
    problems: tuple[Problem, ...]


def fit(events: Iterable[Event], place: Place) -> Fitted:
    """Fit the markup of a post to a mail."""
    fitting = _Fitting(place)
    for event in events:
        fitting.take(event)
    return Fitted(
        tuple(without_empty(set_figures(fitting.out))), fitting.pictures.inline, tuple(fitting.problems)
    )


class _Fitting:
    def __init__(self, place: Place) -> None:
        self.out: list[Event] = []
        self.problems: dict[Problem, None] = {}
        self.pictures = Pictures(place)
        self._place = place
        self._open: list[tuple[str, _Closers]] = []
        self._tables: list[Table] = []
        self._skipping: list[Start] = []  # the embedded thing whose fallback is left out
        self._rules: Mapping[str, Callable[[Start], _Closers]] = {
            "a": self._link,
            "code": self._code,
            "div": self._division,
            "img": self._image,
            "input": self._input,
            "meter": self._gauge,
            "progress": self._gauge,
            "span": self._division,
            "table": self._table,
            "td": self._cell,
            "th": self._cell,
            "tr": self._row,
        }

    def take(self, event: Event) -> None:
        match event:
            case Start():
                self._start(event)
            case End(tag):
                self._end(tag)
            case Text(text) if not self._skipping:
                self.out.append(Text(text.replace(LOST, "")))

    def _start(self, start: Start) -> None:
        tag = start.tag
        closers: _Closers = ()
        if self._skipping:
            self._look_for_source(start)
        elif tag in _EMBEDDED:
            self._skipping.append(start)
        elif tag in VOID or len(self._open) < DEEPEST:
            closers = self._rules[tag](start) if tag in self._rules else self._plain(start)
        if tag not in VOID:
            self._open.append((tag, closers))
        elif tag == "embed" and self._skipping and self._skipping[0] is start:
            self._embed(self._skipping.pop())

    def _end(self, tag: str) -> None:
        if not self._open:
            return
        opened, closers = self._open.pop()
        if self._skipping and opened == self._skipping[0].tag and not self._is_inside(opened):
            self._embed(self._skipping[0])
            self._skipping.clear()
        self.out.extend(closers)
        if tag == "table" and self._tables and closers:
            self._tables.pop()

    def _is_inside(self, tag: str) -> bool:
        """Say whether the thing that is being left out is still open (an `object` may stand in an `object`)."""
        return any(opened == tag for opened, _ in self._open)

    def _plain(self, start: Start) -> _Closers:
        tag = _RENAMED.get(start.tag, start.tag)
        if tag in _UNWRAPPED:
            return ()
        if tag in _NESTED_AS:
            outer, inner = _NESTED_AS[tag]
            self.out += [Start(outer), Start(inner)]
            return (End(inner), End(outer))
        self.out.append(Start(tag, _kept(start)))
        return () if tag in VOID else (End(tag),)

    def _division(self, start: Start) -> _Closers:
        if "data-more" in start.attributes:
            self.out.append(Start(MORE))
            return ()
        return self._plain(start)

    def _link(self, start: Start) -> _Closers:
        href = start.attributes.get("href")
        if href is None:
            if "data-line" in start.attributes:
                self._report(
                    start, unsafe(start.attributes.get("data-scheme", ""))
                )  # cleaning took the target
            return ()
        target = link_target(href, self._place)
        if isinstance(target, str):
            self.out.append(Start("a", {"href": target, **_kept(start)}))
            return (End("a"),)
        self._report(start, target)
        return ()

    def _image(self, start: Start) -> _Closers:
        given = start.attributes
        src, alt = given.get("src", ""), " ".join(given.get("alt", "").split())
        picture, finding = self.pictures.find(src, alt, _pixels(given, "width"), _pixels(given, "height"))
        self._report(start, finding)
        if picture is None:
            self.out.append(Text(alt))
            return ()
        if "alt" not in given or "data-bare" in given:
            self._report(start, no_alt(src))
        size = {"width": picture.width, "height": picture.height}
        sized = {name: str(pixels) for name, pixels in size.items() if pixels}
        self.out.append(Start("img", {"src": picture.src, "alt": alt, **sized}))
        return ()

    def _code(self, start: Start) -> _Closers:
        named = [name for name in start.attributes.get("class", "").split() if name.startswith("language-")]
        language = named[0].removeprefix("language-").split(",")[0].strip("{}.") if named else ""
        self.out.append(Start("code", {"data-language": language} if language else {}))
        return (End("code"),)

    def _input(self, start: Start) -> _Closers:
        if start.attributes.get("type", "").lower() == "checkbox":
            self.out.append(Text("☑" if "checked" in start.attributes else "☐"))
        return ()

    def _gauge(self, start: Start) -> _Closers:
        """`<progress value="2" max="5">` reads 2/5, and one without a maximum in per cent."""
        value, most = start.attributes.get("value", ""), start.attributes.get("max", "1")
        share = _number(value) / (_number(most) or 1) * 100
        self.out.append(Text(f"{share:.0f} %" if most in ("1", "100") else f"{value}/{most}"))
        return ()

    def _table(self, start: Start) -> _Closers:
        self._tables.append(Table())
        return self._plain(start)

    def _row(self, start: Start) -> _Closers:
        if self._tables:
            self._tables[-1].row()
        return self._plain(start)

    def _cell(self, start: Start) -> _Closers:
        self.out.append((self._tables[-1] if self._tables else Table()).cell(start))
        return (End(start.tag),)

    def _look_for_source(self, start: Start) -> None:
        embedded = self._skipping[0]
        if start.tag in ("source", "embed") and "src" in start.attributes and len(self._skipping) == 1:
            self._skipping.append(
                Start(embedded.tag, {**embedded.attributes, "src": start.attributes["src"]})
            )

    def _embed(self, start: Start) -> None:
        """Put a link where a mail cannot show what a page embeds."""
        given = (self._skipping[-1] if self._skipping else start).attributes
        source = given.get("src") or given.get("data") or ""
        target = link_target(source, self._place) if source else None
        if isinstance(target, Finding):
            self._report(start, target)
        if not isinstance(target, str) or scheme_of(target) not in ("http", "https"):
            return
        target = public_page(target)
        title = " ".join(given.get("title", "").split())
        link: list[Event] = [Start("a", {"href": target}), Text(title or target), End("a")]
        inline = any(tag not in ("div", "figure", "section", "article", "details") for tag, _ in self._open)
        self.out += link if inline else [Start("p"), *link, End("p")]
        self._report(start, not_shown(start.tag, target))

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
