"""Where the references in a post lead: to another post, to a page of the site, to a picture in the folder."""

import posixpath
import re
from pathlib import Path
from urllib.parse import quote, unquote, urljoin, urlsplit

from newsletter.content.folder.boundaries import inside
from newsletter.content.folder.generators import slugs
from newsletter.content.folder.library import Library
from newsletter.content.text.addresses import scheme_of
from newsletter.content.text.references import PICTURES

# Pelican's `{filename}a.md`, and the older `|filename|a.md`.
_PELICAN = re.compile(r"[{|](filename|static|attach|tag|category|author|index)[}|](.*)")


class FolderReferences:
    """The references of one post, answered from the folder that it is in."""

    def __init__(self, library: Library, place: str, url: str | None) -> None:
        self._library = library
        self._rules = library.rules
        self._site = library.rules.site
        self._folder = posixpath.dirname(place)
        self._url = url

    def page(self, name: str) -> str | None:
        """Return the public address of the page that a reference means (see `References.page`)."""
        if match := _PELICAN.fullmatch(name.strip()):
            return self._pelican(match[1], match[2])
        path, mark, anchor = unquote(name.strip().removeprefix("@/")).partition("#")
        if not path:
            return f"{self._url}#{anchor}" if self._url and anchor else None
        from_top = name.startswith("@/")
        found = self._library.url(posixpath.normpath(path)) if from_top else self._find(path)
        return f"{found}{mark}{anchor}" if found else None

    def link(self, href: str) -> str | None:
        """Return the absolute address of a link, or None where it has none."""
        href = href.strip()
        if href.startswith("@/") or _PELICAN.match(href):
            return self.page(href)
        if href.startswith("//"):
            return f"https:{href}"
        if scheme_of(href):
            return href
        path, _, _ = href.partition("#")
        path = path.partition("?")[0]
        if path.lower().endswith(self._rules.extensions) and (found := self._file(unquote(path))):
            return found + href[len(path) :]
        return self._absolute(href)

    def image(self, src: str) -> str | Path | None:
        """Return the address of an image, or the file where it is known to no site."""
        src = src.strip()
        if match := _PELICAN.fullmatch(src):
            return self._pelican_file(match[1], match[2])
        if src.startswith("//"):
            return f"https:{src}"
        if scheme_of(src):
            return src if scheme_of(src) in ("http", "https") else None
        local = self._local(src)
        published = src.startswith("/") or self._rules.publishes_beside()
        if local is not None and (self._site.url is None or self._absolute(src) is None or not published):
            return local
        return self._absolute(src)

    def picture(self, src: str) -> Path | None:
        """Return the file of an image of the site, also where a public address is known."""
        match = _PELICAN.fullmatch(src.strip())
        return self._local(match[2] if match else src.strip())

    # Addresses

    def _absolute(self, href: str) -> str | None:
        if href.startswith("/") and self._site.url is not None:
            # `/about` is meant from the top of the site; on a host with several sites it may name the site itself.
            top = urlsplit(self._site.url).path
            if top and not href.startswith(f"{top}/"):
                return self._site.url + href
            return urljoin(self._site.url, href)
        return urljoin(self._url, href) if self._url else None

    # Pages

    def _find(self, path: str) -> str | None:
        """Return the address of a page named by a path, or by a name alone."""
        return self._file(path) or self._by_name(path) or self._asset(path)

    def _file(self, path: str) -> str | None:
        for place in self._places(path):
            if found := self._library.url(place):
                return found
        return None

    def _places(self, path: str) -> list[str]:
        """Return where a file may be, relative to the content folder: beside the post, or from the top."""
        bases = [""] if path.startswith("/") else [self._folder, ""]
        below = [posixpath.normpath(posixpath.join(base, path.strip("/"))) for base in bases]
        places: list[str] = []
        for place in below:
            if place.startswith("../") or place == "..":
                continue
            places.append(place)
            if not place.lower().endswith(self._rules.extensions):
                places += [f"{place}.md", f"{place}/index.md", f"{place}/_index.md"]
        return places

    def _by_name(self, path: str) -> str | None:
        name = path.strip("/").rpartition("/")[2] if self._rules.name != "jekyll" else path.rpartition("/")[2]
        place = self._library.named(name)
        return self._library.url(place) if place else None

    def _asset(self, path: str) -> str | None:
        """Jekyll's `link` also names files that are no pages."""
        if self._rules.name != "jekyll" or path.lower().endswith(self._rules.extensions):
            return None
        return (
            self._absolute("/" + path.lstrip("/"))
            if self._inside(self._site.content / path.lstrip("/"))
            else None
        )

    # Pelican

    def _pelican(self, kind: str, rest: str) -> str | None:
        if kind == "filename":
            path, mark, anchor = unquote(rest).partition("#")
            found = self._file(path)
            return f"{found}{mark}{anchor}" if found else None
        if kind in ("static", "attach"):
            found_file = self._pelican_file(kind, rest)
            return found_file if isinstance(found_file, str) else None
        if kind == "index":
            return self._rules.address("")
        default = f"{kind}/{{slug}}.html"
        pattern = self._site.settings.get(f"{kind}_url", default)
        slug = slugs.pelican(rest)
        return self._rules.address(str(pattern).replace("{slug}", slug)) if slug else None

    def _pelican_file(self, kind: str, rest: str) -> str | Path | None:
        if self._site.url is None:
            return self._local(rest)
        if kind == "attach" and self._url:  # it moves to where the post is
            return urljoin(self._url, quote(unquote(rest).rpartition("/")[2]))
        path = posixpath.normpath(posixpath.join("/", self._folder, unquote(rest)))
        return self._rules.address(path)

    # Files

    def _local(self, src: str) -> Path | None:
        """Return the picture in the folder that a relative or root-relative address means."""
        path = unquote(re.split(r"[?#]", src, maxsplit=1)[0])
        if not path.lower().endswith(PICTURES):
            return None
        if path.startswith("/"):
            candidates = [folder / path.lstrip("/") for folder in self._rules.image_folders()]
        else:
            candidates = [self._site.content / self._folder / path]
        for candidate in candidates:
            if found := self._inside(candidate):
                return found
        if self._rules.name == "obsidian" and (found := self._library.picture(path.removeprefix("./"))):
            return self._inside(found)
        return None

    def _inside(self, path: Path) -> Path | None:
        """Return a file if it is one, and really in the site: no link and no `..` leads out."""
        return inside(path, self._rules.boundaries())
