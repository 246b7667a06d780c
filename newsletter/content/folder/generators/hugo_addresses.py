"""The address that Hugo gives a page: `url`, else the `permalinks` of its section, else its path."""

import re
from collections.abc import Collection, Mapping
from datetime import datetime

from newsletter.content.folder import fields
from newsletter.content.folder.dates import DAYS, MONTHS
from newsletter.content.folder.generators import slugs
from newsletter.content.folder.generators.globs import matches
from newsletter.content.folder.generators.site import Site
from newsletter.content.folder.generators.source import Source

_TOKEN = re.compile(r":(sections\[[^\]]*\]|[a-z]+|[\d-]{2,})")
#: The parts of Go's reference time, Mon Jan 2 15:04:05 2006, that make sense in an address.
_GO_LAYOUT = re.compile(r"2006|01|02|06|1(?!\d)|2(?!\d)")


def path_of(source: Source, site: Site, sections: Collection[str]) -> str | None:
    """Return the path of a page below the site's address; None where settings cannot be followed.

    `sections` are the folders that have an `_index.md`.
    """
    given = fields.text(source.fields.get("url"))
    prefix = _language_prefix(source, site)
    if given and (":" not in given or given.startswith(("http://", "https://"))):
        return f"{prefix}/{given}" if prefix and not given.startswith(("/", "http")) else given
    folders = [part for part in source.name.folder.split("/") if part]
    pattern = given or _pattern(site.settings.get("permalinks"), folders, source)
    if pattern == _UNKNOWN:
        return None
    if pattern is not None:
        path = _fill(
            pattern, source, [name for at, name in enumerate(folders) if _is_section(folders, at, sections)]
        )
    else:
        slug = fields.text(source.fields.get("slug"))
        path = "/".join([*(slugs.hugo(folder) for folder in folders), slugs.hugo(slug or source.name.stem)])
    if path is None:
        return None
    path = _ended(path.strip("/"), site.settings, folders[0] if folders else "")
    return f"{prefix}/{path}" if prefix else path


def _is_section(folders: list[str], at: int, sections: Collection[str]) -> bool:
    """Tell whether a folder counts for `:sections`: at the top always, below only with an `_index.md`."""
    return at == 0 or "/".join(folders[: at + 1]) in sections


_UNKNOWN = ":unknown"


def _pattern(permalinks: object, sections: list[str], source: Source) -> str | None:
    """Return the pattern for a section's pages; since 0.161 there is a list form, with a target each."""
    section = sections[0].lower() if sections else "/"
    if isinstance(permalinks, list):
        logical = "/" + "/".join([*sections, source.name.stem]).lower()
        return next((found for entry in permalinks if (found := _targeted(entry, logical))), None)
    if not isinstance(permalinks, Mapping):
        return None
    pattern: object = fields.section(permalinks, "page").get(section, permalinks.get(section))
    return pattern if isinstance(pattern, str) else None


def _targeted(entry: object, logical: str) -> str | None:
    if not isinstance(entry, Mapping):
        return None
    target = fields.section(entry, "target")
    path, kind = fields.text(target.get("path")), fields.text(target.get("kind"))
    if (kind and not matches(kind, "page")) or (path and not matches(path.lower(), logical)):
        return None
    return fields.text(entry.get("pattern")) or _UNKNOWN


def _word(text: str) -> str:
    """Return a text as it stands in a permalink; there Hugo takes plus signs for blanks."""
    return re.sub(r"-*\++-*", "-", slugs.hugo(text)).rstrip("#-")


def _fill(pattern: str, source: Source, sections: list[str]) -> str | None:
    """Put values into a permalink pattern (Hugo, resources/page/permalinks.go); None where one is missing."""
    slug = _word(fields.text(source.fields.get("slug")) or "")
    title, name = _word(source.title), _word(source.name.stem)
    values = {
        "section": slugs.hugo(sections[0]) if sections else "",
        "sections": "/".join(map(slugs.hugo, sections)),
        "title": title,
        "slug": slug or title,
        "contentbasename": name,
        "filename": name,
        "slugorcontentbasename": slug or name,
        "slugorfilename": slug or name,
        **(_moments(source.moment) if source.moment else {}),
    }
    missing = False

    def value(match: re.Match[str]) -> str:
        nonlocal missing
        token = match[1]
        if token.startswith("sections["):
            return "/".join(map(slugs.hugo, _sliced(sections, token[9:-1])))
        if token not in values and source.moment and token[0].isdigit():
            return _go_layout(token, source.moment)
        missing = missing or token not in values
        return values.get(token, "")

    path = re.sub(r"/{2,}", "/", _TOKEN.sub(value, pattern))
    return None if missing else path


def _sliced(sections: list[str], slice_: str) -> list[str]:
    """Take `:sections[1:]`, `[:last]` and `[last]` of the sections."""
    first, colon, last = slice_.partition(":")
    end = len(sections) - 1

    def index(text: str, default: int) -> int:
        return end if text == "last" else int(text) if text.isdigit() else default

    if not colon:
        at = index(first, end + 1)
        return sections[at : at + 1]
    return sections[index(first, 0) : index(last, end + 1)]


def _moments(moment: datetime) -> dict[str, str]:
    return {
        "year": str(moment.year),
        "month": f"{moment.month:02}",
        "monthname": MONTHS[moment.month - 1].lower(),
        "day": f"{moment.day:02}",
        "weekday": str(moment.isoweekday() % 7),
        "weekdayname": DAYS[moment.weekday()].lower(),
        "yearday": str(moment.timetuple().tm_yday),
    }


def _go_layout(layout: str, moment: datetime) -> str:
    values = {"2006": f"{moment.year}", "01": f"{moment:%m}", "02": f"{moment:%d}", "06": f"{moment:%y}",
              "1": str(moment.month), "2": str(moment.day)}  # fmt: skip
    return _GO_LAYOUT.sub(lambda match: values[match[0]], layout)


def _ended(path: str, settings: Mapping[str, object], section: str) -> str:
    """Add the end that the settings ask for: `tides/` or, with uglyURLs, `tides.html`."""
    ugly = settings.get("uglyurls")
    if isinstance(ugly, Mapping):
        ugly = fields.section(settings, "uglyurls").get(section.lower())
    if path.endswith((".html", ".htm")):
        return path
    return f"{path}.html" if fields.flag(ugly) else f"{path}/"


def _language_prefix(source: Source, site: Site) -> str:
    language = source.name.language or site.language
    if language.lower() == site.language.lower():
        inside = fields.flag(site.settings.get("defaultcontentlanguageinsubdir"))
        return language.lower() if inside and len(fields.section(site.settings, "languages")) > 1 else ""
    return language.lower()
