"""What only the whole folder tells: two posts with one identity, translations, and pages that are no posts."""

from collections.abc import Iterable
from dataclasses import replace
from operator import itemgetter

from newsletter.content.generators import Rules
from newsletter.content.post import Post, Problem
from newsletter.content.reading import Reading

_POST_SECTIONS = frozenset(
    {"article", "articles", "blog", "journal", "log", "news", "notes", "post", "posts", "writing"}
)


def assemble(
    readings: Iterable[tuple[str, Reading]], rules: Rules, *, language: str
) -> tuple[list[Post], list[Problem]]:
    """Return the posts in order of their paths, and the problems.

    `readings` are places with what was read there; `language` is the newsletter's.
    """
    kept, problems = _without_pages(sorted(readings, key=itemgetter(0)), rules)
    first: dict[str, Post] = {}
    groups: dict[str, list[Post]] = {}  # of posts that share an id
    for post in kept:
        other = first.setdefault(post.id, post)
        if other is not post:
            groups.setdefault(post.id, [other]).append(post)
    held: dict[str, str] = {}
    for group in groups.values():
        held |= _resolve(group, language, rules.site.language, problems)
    if rules.translations_share_slug:
        held |= _same_slugs(kept, language, rules.site.language)
    posts = [
        replace(post, held_back=post.held_back or held[post.path]) if post.path in held else post
        for post in kept
    ]
    return posts, problems


def _without_pages(readings: list[tuple[str, Reading]], rules: Rules) -> tuple[list[Post], list[Problem]]:
    posts: list[Post] = []
    problems: list[Problem] = []
    undated: list[tuple[str, Reading]] = []
    dated_sections: set[str] = set()
    for place, reading in readings:
        post = reading.post
        if post is not None and post.published_at is None and post.held_back in (None, "no title"):
            undated.append((place, reading))
            continue
        if post is not None:
            posts.append(post)
            dated_sections.add(place.partition("/")[0] if "/" in place else "")
        problems += reading.problems
    for place, reading in undated:
        if rules.has_pages and _is_page(place, dated_sections):
            continue
        assert reading.post is not None
        posts.append(reading.post)
        problems += reading.problems
        if not any(problem.kind == "date" for problem in reading.problems):
            problems.append(_no_date(reading.post.path))
    if undated:
        posts.sort(key=lambda post: post.path)
        problems.sort(key=lambda problem: problem.path)
    return posts, problems


def _is_page(place: str, dated_sections: set[str]) -> bool:
    """Tell whether a file without date is a page, such as about.md, rather than a post that lacks its date."""
    section, slash, _ = place.partition("/")
    if not slash:
        return "" not in dated_sections
    return section not in dated_sections and section.lower() not in _POST_SECTIONS


def _no_date(path: str) -> Problem:
    return Problem(
        path,
        1,
        "no-date",
        "This post has no date.",
        "Write one at its top, such as date: 2024-01-31.",
        "error",
    )


def _resolve(group: list[Post], language: str, default: str, problems: list[Problem]) -> dict[str, str]:
    """Say which posts of one identity are held back: all but one translation, or those that clash."""
    by_language: dict[str, list[Post]] = {}
    for post in group:
        by_language.setdefault((post.language or default).lower(), []).append(post)
    held: dict[str, str] = {}
    for same in by_language.values():
        if len(same) > 1:
            problems += _clash(same)
            held |= {post.path: f"same id as {_others(same, post)}" for post in same}
    chosen = _chosen(group, language, default)
    for post in group:
        if post.path not in held and post is not chosen:
            held[post.path] = f"translation of {chosen.path}"
    return held


def _clash(same: list[Post]) -> list[Problem]:
    return [
        Problem(
            post.path,
            1,
            "duplicate-id",
            f"This post has the id {post.id!r}, as {_others(same, post)} has, so that neither can be sent.",
            f"Give the newer one an id of its own in its front matter, such as id: {post.id}-2.",
            "error",
        )
        for post in same
    ]


def _others(same: list[Post], post: Post) -> str:
    return ", ".join(other.path for other in same if other is not post)


def _chosen(group: list[Post], language: str, default: str) -> Post:
    """Return the version in the newsletter's language, else in the site's, else the first."""
    for wanted in (language, default):
        for post in group:
            if (post.language or default).lower() == wanted.lower():
                return post
    for post in group:  # `en` is near enough to `en-GB`
        if (post.language or default).lower().split("-")[0] == language.lower().split("-")[0]:
            return post
    return group[0]


def _same_slugs(posts: list[Post], language: str, default: str) -> dict[str, str]:
    """Pelican: posts with one slug and different languages are translations of each other."""
    groups: dict[str, list[Post]] = {}
    for post in posts:
        groups.setdefault(post.slug, []).append(post)
    held: dict[str, str] = {}
    for group in groups.values():
        if len({(post.language or default).lower() for post in group}) > 1:
            chosen = _chosen(group, language, default)
            others = [post for post in group if post.language != chosen.language]
            held |= {post.path: f"translation of {chosen.path}" for post in others}
    return held
