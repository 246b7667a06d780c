"""Compiling an issue: which posts go to whom, and why. Pure."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from newsletter.content.post import Post
from newsletter.issues.register import Numbering
from newsletter.languages import spoken
from subscribers.segments import Group


@dataclass(frozen=True, slots=True)
class Selection:
    """One distinct set of posts, newest first, in one language, and the groups of readers who get it."""

    posts: tuple[Post, ...]
    groups: tuple[Group, ...]
    language: str = ""  # none: the newsletter's own

    @property
    def readers(self) -> int:
        return sum(group.readers for group in self.groups)


@dataclass(frozen=True, slots=True)
class Draft:
    """An issue before it is frozen: at least one selection, the posts that most readers get first.

    Among those with the same posts the one in the newsletter's own language comes first: the archive shows that.
    """

    selections: tuple[Selection, ...]
    last_post: int  # every reader of the audience is served up to here
    considered: tuple[int, ...] = ()  # the numbers of the posts that could have been in it

    @property
    def readers(self) -> int:
        return sum(selection.readers for selection in self.selections)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a post is in the next issue, and why or why not."""

    post: Post
    included: bool
    reason: str
    settled: bool = False  # history: nothing that the author does now would change it


def compile_issue(
    posts: Sequence[Post],
    numbering: Numbering,
    groups: Sequence[Group],
    now: datetime,
    *,
    only: Collection[str] | None = None,
    language: str = "en",
) -> Draft | None:
    """Decide what each group of readers gets, of these posts `only` if any are named; None when that is nothing.

    Those share a selection who get the same posts in one language, which is theirs or the newsletter's, `language`.
    """
    numbers = numbering.numbers
    sendable = [post for post in posts if post.why_not_sendable(now) is None and post.id in numbers]
    if only is not None:
        sendable = [post for post in sendable if post.id in only]
    sendable.sort(key=lambda post: (_published(post), numbers[post.id]), reverse=True)
    sets: dict[tuple[tuple[Post, ...], str], list[Group]] = {}
    for group in groups:
        if chosen := tuple(post for post in sendable if _is_for(group, post, numbers[post.id])):
            sets.setdefault((chosen, spoken(group.language, language)), []).append(group)
    if not sets:
        return None
    selections = [Selection(chosen, tuple(members), tongue) for (chosen, tongue), members in sets.items()]
    selections.sort(key=_order(selections, language))
    considered = tuple(numbers[post.id] for post in sendable)
    return Draft(tuple(selections), numbering.last if only is None else max(considered), considered)


def _order(selections: Sequence[Selection], own: str) -> Callable[[Selection], tuple[object, ...]]:
    readers = Counter[tuple[Post, ...]]()
    for selection in selections:
        readers[selection.posts] += selection.readers

    def place(selection: Selection) -> tuple[object, ...]:
        posts, tongue = selection.posts, selection.language
        identities = tuple(post.id for post in posts)
        return (-readers[posts], -len(posts), identities, tongue != own, -selection.readers, tongue)

    return place


def explain(
    posts: Sequence[Post],
    numbering: Numbering,
    groups: Sequence[Group],
    sent_in: Mapping[str, int],
    now: datetime,
) -> list[Verdict]:
    """Say for every post whether the next issue has it for anybody, and why; newest first."""
    numbers = numbering.numbers
    verdicts = []
    for post in sorted(
        posts, key=lambda post: (post.published_at is None, post.published_at or now), reverse=True
    ):
        number = numbers.get(post.id, 0)
        if reason := post.why_not_sendable(now):
            verdicts.append(Verdict(post, False, reason))
        elif any(_is_for(group, post, number) for group in groups):
            verdicts.append(Verdict(post, True, "new"))
        elif post.id in numbering.baseline:
            verdicts.append(Verdict(post, False, "was there before the newsletter began", settled=True))
        elif any(group.lacks(number) for group in groups):
            verdicts.append(Verdict(post, False, "no reader follows its topics"))
        elif post.id in sent_in:
            verdicts.append(Verdict(post, False, f"sent in issue {sent_in[post.id]}", settled=True))
        else:
            verdicts.append(Verdict(post, False, "noticed before any of these readers came", settled=True))
    return verdicts


def _is_for(group: Group, post: Post, number: int) -> bool:
    return group.lacks(number) and (
        not group.topics or not _folded(group.topics).isdisjoint(_folded(post.tags))
    )


def _folded(words: Sequence[str]) -> set[str]:
    return {word.casefold() for word in words}


def _published(post: Post) -> datetime:
    assert post.published_at is not None, "a sendable post has a date"
    return post.published_at
