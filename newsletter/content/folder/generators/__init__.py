"""Which generator a content folder belongs to, and by which rules its files are read.

`rules` and `field_rules` hold for a plain folder; a generator's own file says where it differs from them.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

from newsletter.content.folder.generators.astro import Astro
from newsletter.content.folder.generators.eleventy import Eleventy
from newsletter.content.folder.generators.hugo import Hugo
from newsletter.content.folder.generators.jekyll import Jekyll
from newsletter.content.folder.generators.obsidian import Obsidian
from newsletter.content.folder.generators.pelican import Pelican
from newsletter.content.folder.generators.rules import Rules
from newsletter.content.folder.generators.site import Site
from newsletter.content.folder.generators.zola import Zola
from newsletter.errors import ContentError

__all__ = ["Rules", "detect"]

#: Folders above the one that the author named in which a generator's settings are looked for.
_LEVELS_UP = 3
#: A vault may hold a whole site, and a site may hold a vault: only what no generator claims is a vault's.
_GENERATORS: tuple[tuple[type[Rules], ...], ...] = (
    (Hugo, Zola, Jekyll, Pelican, Eleventy, Astro),
    (Obsidian,),
)


def detect(root: Path, *, url: str | None, timezone: ZoneInfo, language: str) -> Rules:
    """Return the rules for a content folder, an absolute path. Raises ContentError for broken settings."""
    plain = Site("plain", root, root, url, timezone, language, {})
    for generators in _GENERATORS:
        for folder in _upward(root):
            for generator in generators:
                rules = _rules(generator, folder, root, plain)
                if rules is not None:
                    return rules
    return Rules(plain)


def _upward(root: Path) -> Iterator[Path]:
    for folder in (root, *root.parents[:_LEVELS_UP]):
        yield folder
        if (folder / ".git").exists():
            return  # what is above belongs to somebody else


def _rules(generator: type[Rules], folder: Path, root: Path, plain: Site) -> Rules | None:
    settings = generator.settings_of(folder)
    if settings is None:
        return None
    site = Site(generator.name, folder, folder, plain.url, plain.timezone, plain.language, settings)
    site = generator.locate(folder, settings, site)
    rules = generator(_resolved(site))
    content = rules.site.content
    if root == folder or content.is_relative_to(root):
        if not content.is_dir():
            raise ContentError(
                f"The {generator.name.capitalize()} site {folder} has no folder {content.name}.",
                remedy="Make it, or name the folder of the posts in [content] folder.",
            )
        return rules
    if not root.is_relative_to(content):
        return None
    inside = root.relative_to(content).as_posix()
    return rules if inside == "." or rules.belongs(inside) else None


def _resolved(site: Site) -> Site:
    """Follow `..` and links in the content folder, so that paths can be compared."""
    return replace(site, content=site.content.resolve())
