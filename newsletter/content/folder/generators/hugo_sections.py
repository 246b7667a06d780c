"""What Hugo's pages inherit: `cascade` in the settings and in each `_index.md` above them."""

from collections.abc import Callable, Mapping

from newsletter.content.folder import fields, frontmatter
from newsletter.content.folder.generators.globs import matches
from newsletter.content.folder.generators.site import Site
from newsletter.content.folder.generators.source import Name
from newsletter.content.folder.notations import NotationError

_TARGET_KEYS = frozenset({"target", "_target", "_merge"})


class Sections:
    """The sections of a site: the folders that have an `_index.md`."""

    def __init__(self, site: Site, texts: Mapping[str, str], read_name: Callable[[str], Name]) -> None:
        """`texts` are the `_index.md` files by their places; `read_name` takes a place apart."""
        self.folders = {_folder(place) for place in texts}
        self._language = site.language
        self._read_name = read_name
        self._everywhere = _cascade(site.settings.get("cascade")) if "cascade" in site.settings else []
        pages = _pages(texts)
        self._cascades = {
            _folder(place): found for place, own in pages.items() if (found := _cascade(own.get("cascade")))
        }
        self._drafts = {
            _folder(place)
            for place, own in pages.items()
            if fields.is_set(self.inherit(place, own, kind="section").get("draft"))
        }

    def inherit(self, place: str, own: Mapping[str, object], *, kind: str) -> Mapping[str, object]:
        """Return the fields of a "page" or of a "section" with those that are handed down to it."""
        if not self._cascades and not self._everywhere:
            return own
        facts = self._facts(place, kind)
        inherited: dict[str, object] = {}
        for cascade in (self._everywhere, *(self._cascades.get(above, []) for above in _above(place))):
            for entry in cascade:
                if _is_target(entry, facts):
                    inherited.update({key: value for key, value in entry.items() if key not in _TARGET_KEYS})
        return {**inherited, **own}

    def is_draft(self, place: str) -> bool:
        """Tell whether a file is in a section that is a draft, which Hugo drops with all that is in it."""
        return bool(self._drafts) and any(above in self._drafts for above in _above(place))

    def _facts(self, place: str, kind: str) -> dict[str, str]:
        """Return what the target of a cascade may ask for."""
        name = self._read_name(place)
        parts = (name.folder, "" if kind == "section" else name.stem)
        return {
            "path": "/" + "/".join(part for part in parts if part).lower(),
            "kind": kind,
            "lang": (name.language or self._language).lower(),
            "environment": "production",
        }


def _pages(texts: Mapping[str, str]) -> dict[str, Mapping[str, object]]:
    """Return the fields of each `_index.md`; one that is broken is none of ours, since Hugo itself refuses it."""
    pages: dict[str, Mapping[str, object]] = {}
    for place, text in texts.items():
        try:
            pages[place] = frontmatter.parse(text).fields
        except NotationError:
            continue
    return pages


def _folder(place: str) -> str:
    return place.rpartition("/")[0]


def _above(place: str) -> list[str]:
    """Return the folders that a file is in, the nearest last; the first is the content folder, ""."""
    folders = place.split("/")[:-1]
    return ["/".join(folders[:depth]) for depth in range(len(folders) + 1)]


def _cascade(value: object) -> list[Mapping[str, object]]:
    entries = value if isinstance(value, list) else [value]
    return [
        {str(key).lower(): inner for key, inner in entry.items()}
        for entry in entries
        if isinstance(entry, Mapping)
    ]


def _is_target(entry: Mapping[str, object], facts: Mapping[str, str]) -> bool:
    target = fields.section(entry, "target") or fields.section(entry, "_target")
    patterns = ((fields.text(target.get(name)), fact) for name, fact in facts.items())
    return all(matches(pattern.lower(), fact) for pattern, fact in patterns if pattern)
