"""The address that Jekyll gives a post: its own `permalink`, else that of its collection or site, filled in."""

import re
from datetime import datetime

from newsletter.content.folder import fields
from newsletter.content.folder.dates import DAYS, MONTHS
from newsletter.content.folder.generators import slugs
from newsletter.content.folder.generators.site import Site
from newsletter.content.folder.generators.source import Source

# Jekyll, configuration and permalink documentation: the built-in styles.
_STYLES = {
    "date": "/:categories/:year/:month/:day/:title:output_ext",
    "pretty": "/:categories/:year/:month/:day/:title/",
    "ordinal": "/:categories/:year/:y_day/:title:output_ext",
    "weekdate": "/:categories/:year/W:week/:short_day/:title:output_ext",
    "none": "/:categories/:title:output_ext",
}
_TOKEN = re.compile(r":([a-z_]+)")


def path_of(source: Source, site: Site, categories: tuple[str, ...]) -> str | None:
    """Return the path of a file below the site's address; None where it has none, or where a date is missing."""
    pattern = fields.text(source.fields.get("permalink"))
    if pattern is None:
        is_post = "_posts" in source.place.split("/")
        pattern = _permalink(site) if is_post else _page_path(source.place, site)
    return _fill(pattern, source, categories) if pattern else None


def _permalink(site: Site) -> str:
    posts = fields.section(fields.section(site.settings, "collections"), "posts")
    given = fields.first_text(posts, "permalink") or fields.first_text(site.settings, "permalink") or "date"
    return _STYLES.get(given, given)


def _page_path(place: str, site: Site) -> str | None:
    """Return the path of what is no post, but a page or a document of another collection."""
    stem = place.rpartition(".")[0]
    collection, _, path = stem.partition("/")
    if not collection.startswith("_"):
        return f"/{stem.removesuffix('index')}" if stem.endswith("index") else f"/{stem}.html"
    rule = fields.section(fields.section(site.settings, "collections"), collection[1:].lower())
    if not fields.flag(rule.get("output")):
        return None
    pattern = fields.text(rule.get("permalink")) or "/:collection/:path.html"
    return pattern.replace(":collection", collection[1:]).replace(":path", path)


def _fill(pattern: str, source: Source, categories: tuple[str, ...]) -> str | None:
    """Put values into a permalink pattern (Jekyll, drops/url_drop.rb); None without a date."""
    values = {**(_moments(source.moment) if source.moment else {}), **_words(source, categories)}
    known = sorted(values, key=len, reverse=True)
    missing = False

    def value(match: re.Match[str]) -> str:
        # `:title:output_ext` and `:year_archive`: the longest name that fits is meant.
        nonlocal missing
        name = next((name for name in known if match[1].startswith(name)), None)
        missing = missing or (name is None and source.moment is None)
        return match[0] if name is None else values[name] + match[1][len(name) :]

    path = re.sub(r"/{2,}", "/", _TOKEN.sub(value, pattern))
    return None if missing else path


def _words(source: Source, categories: tuple[str, ...]) -> dict[str, str]:
    slug = fields.text(source.fields.get("slug")) or source.name.bare
    return {
        "title": slugs.jekyll_pretty(slug),
        "slug": slugs.jekyll(slug),
        "name": source.place.rpartition("/")[2].rpartition(".")[0],
        "path": source.place.partition("_posts/")[2].rpartition(".")[0],
        "collection": "posts",
        "categories": "/".join(fields.distinct(category.lower() for category in categories)),
        "slugified_categories": "/".join(fields.distinct(map(slugs.jekyll, categories))),
        "output_ext": ".html",
    }


def _moments(moment: datetime) -> dict[str, str]:
    year, week, weekday = moment.isocalendar()
    return {
        "year": f"{moment:%Y}", "short_year": f"{moment:%y}", "month": f"{moment:%m}", "i_month": str(moment.month),
        "short_month": MONTHS[moment.month - 1][:3], "long_month": MONTHS[moment.month - 1],
        "day": f"{moment:%d}", "i_day": str(moment.day), "y_day": f"{moment:%j}", "w_year": str(year),
        "week": f"{week:02}", "w_day": str(weekday), "short_day": DAYS[weekday - 1][:3],
        "long_day": DAYS[weekday - 1], "hour": f"{moment:%H}", "minute": f"{moment:%M}", "second": f"{moment:%S}",
    }  # fmt: skip
