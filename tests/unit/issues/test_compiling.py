"""Compiling: who gets which posts, and why."""

from datetime import UTC, datetime, timedelta

from newsletter.content.post import Post
from newsletter.issues.compiling import compile_issue, explain
from newsletter.issues.register import Known, Numbering
from subscribers.segments import Group

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def posts(count: int) -> list[Post]:
    return [
        Post(
            id=f"p{n}",
            path=f"p{n}.md",
            title=f"Post {n}",
            slug=f"p{n}",
            published_at=NOW - timedelta(days=count - n),
            body_hash=str(n),
            tags=("Sea",) if n % 2 else ("land",),
        )
        for n in range(1, count + 1)
    ]


def numbered(all_posts: list[Post], baseline: int = 0) -> Numbering:
    known = {
        p.id: Known(n, p.id, p.path, p.title, p.published_at or NOW, p.body_hash, n <= baseline)
        for n, p in enumerate(all_posts, 1)
    }
    return Numbering(known, (), {}, (), len(all_posts))


def test_readers_who_are_owed_the_same_posts_share_a_selection():
    """One rendering serves every group that gets the same posts, newest first; the largest comes first."""
    four = posts(4)
    groups = [Group(2, (), "en", 10), Group(2, ("sea", "land"), "en", 5), Group(0, (), "en", 1)]
    draft = compile_issue(four, numbered(four), groups, NOW)
    assert draft is not None
    assert [([p.id for p in s.posts], s.readers) for s in draft.selections] == [
        (["p4", "p3"], 15),
        (["p4", "p3", "p2", "p1"], 1),
    ]
    assert draft.last_post == 4


def test_readers_who_share_a_language_share_a_selection():
    """Regions and languages that we do not speak make no further one; the newsletter's own stands first."""
    two = posts(2)
    tongues = {"de": 5, "de-AT": 3, "en": 2, "sw": 1, "": 1}
    groups = [Group(0, (), language, readers) for language, readers in tongues.items()]
    draft = compile_issue(two, numbered(two), [*groups, Group(1, (), "de", 11)], NOW, language="en")
    assert draft is not None
    assert [(len(s.posts), s.language, s.readers) for s in draft.selections] == [
        (2, "en", 4),
        (2, "de", 8),
        (1, "de", 11),
    ]


def test_a_reader_who_follows_topics_gets_only_those():
    """Topics are compared without regard to case."""
    four = posts(4)
    draft = compile_issue(four, numbered(four), [Group(0, ("sea",), "en", 3)], NOW)
    assert draft is not None
    assert [p.id for p in draft.selections[0].posts] == ["p3", "p1"]


def test_nothing_for_anybody_is_no_issue():
    """Everybody is served, or nobody is there: no draft."""
    two = posts(2)
    assert compile_issue(two, numbered(two), [Group(2, (), "en", 3)], NOW) is None
    assert compile_issue(two, numbered(two), [], NOW) is None
    assert compile_issue(two, numbered(two), [Group(0, ("air",), "en", 3)], NOW) is None


def test_every_post_is_explained():
    """For every post there is a reason, in or out."""
    five = posts(5)
    draft = Post("d", "d.md", "Draft", "d", NOW, "d", held_back="draft")
    verdicts = explain(
        [*five, draft], numbered(five, baseline=1), [Group(3, ("sea",), "en", 2)], {"p2": 1}, NOW
    )
    assert {v.post.id: (v.included, v.reason) for v in verdicts} == {
        "d": (False, "draft"),
        "p5": (True, "new"),
        "p4": (False, "no reader follows its topics"),
        "p3": (False, "noticed before any of these readers came"),
        "p2": (False, "sent in issue 1"),
        "p1": (False, "was there before the newsletter began"),
    }


def test_what_a_group_is_owed_is_new_to_it():
    """A post below the number that it was served up to, if it is owed; and each language has its own selection."""
    four = posts(4)
    groups = [Group(3, (), "en", 2, owed=(1,)), Group(3, (), "de", 1, owed=(1,)), Group(3, (), "en", 5)]
    draft = compile_issue(four, numbered(four), groups, NOW)
    assert draft is not None
    assert [([p.id for p in s.posts], s.language, s.readers) for s in draft.selections] == [
        (["p4"], "en", 5),
        (["p4", "p1"], "en", 2),
        (["p4", "p1"], "de", 1),
    ]


def test_named_posts_only():
    """The issue serves up to the last of them, and says which were considered."""
    four = posts(4)
    draft = compile_issue(four, numbered(four), [Group(1, (), "en", 1)], NOW, only={"p1", "p3"})
    assert draft is not None
    assert [p.id for p in draft.selections[0].posts] == ["p3"]
    assert (draft.last_post, draft.considered) == (3, (3, 1))
