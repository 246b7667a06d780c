"""What only the whole folder tells: two posts with one identity, translations, and pages that are no posts."""

from collections.abc import Callable
from dataclasses import replace
from operator import attrgetter

from newsletter.content.folder.layout import Layout
from newsletter.content.post import Post, Problem

_POST_SECTIONS = frozenset(
    {"article", "articles", "blog", "journal", "log", "news", "notes", "post", "posts", "writing"}
)


def assemble(
    posts: list[Post], problems: list[Problem], layout: Layout, *, language: str
) -> tuple[list[Post], list[Problem]]:
    """Return the posts of a folder, in order of their paths as they came, and its problems.

    `language` is the newsletter's.
    """
    rules = layout.rules
    undated = [post for post in posts if post.published_at is None and post.held_back in (None, "no title")]
    if undated:
        posts, problems = _without_pages(posts, problems, layout, undated)
    held: dict[str, str] = {}
    if len({post.id for post in posts}) < len(posts):
        for group in _groups(posts, attrgetter("id")):
            held |= _resolve(group, language, rules.site.language, problems)
    if rules.translations_share_slug:
        held |= _same_slugs(posts, language, rules.site.language)
    if held:
        posts = [_held(post, held.get(post.path)) for post in posts]
    return posts, problems


def _held(post: Post, reason: str | None) -> Post:
    return post if reason is None or post.held_back else replace(post, held_back=reason)


def _groups(posts: list[Post], key: Callable[[Post], str]) -> list[list[Post]]:
    """Return the posts that have their key in common with others."""
    groups: dict[str, list[Post]] = {}
    for post in posts:
        groups.setdefault(key(post), []).append(post)
    return [group for group in groups.values() if len(group) > 1]


def _without_pages(
    posts: list[Post], problems: list[Problem], layout: Layout, undated: list[Post]
) -> tuple[list[Post], list[Problem]]:
    """Leave out what is a page and no post, and report the posts that lack their date."""
    dated = {_section(layout.place(post.path)) for post in posts if post.published_at}
    pages: set[str] = set()
    if layout.rules.has_pages:
        pages = {post.path for post in undated if _is_page(_section(layout.place(post.path)), dated)}
    problems = [problem for problem in problems if problem.path not in pages]
    told = {problem.path for problem in problems if problem.kind == "date"}
    problems += [_no_date(post.path) for post in undated if post.path not in pages and post.path not in told]
    return [post for post in posts if post.path not in pages], problems


def _section(place: str) -> str:
    section, slash, _ = place.partition("/")
    return section if slash else ""


def _is_page(section: str, dated_sections: set[str]) -> bool:
    """Tell whether a file without date is a page, such as about.md, rather than a post that lacks its date."""
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
    held: dict[str, str] = {}
    for group in _groups(posts, attrgetter("slug")):
        if len({(post.language or default).lower() for post in group}) > 1:
            chosen = _chosen(group, language, default)
            others = [post for post in group if post.language != chosen.language]
            held |= {post.path: f"translation of {chosen.path}" for post in others}
    return held
