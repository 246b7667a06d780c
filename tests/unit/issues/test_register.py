"""The register decides what is new: by identity, never by a time stamp."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from newsletter.content.post import Post
from newsletter.issues.register import Known, number_posts

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def post(identity: str, *, days_ago: float = 1, body: str = "", **facts) -> Post:
    return Post(
        id=identity,
        path=f"{identity}.md",
        title=identity.title(),
        slug=identity,
        published_at=NOW - timedelta(days=days_ago),
        body_hash=body or f"hash of {identity}",
        **facts,
    )


def known(of: Post, number: int) -> Known:
    assert of.published_at is not None
    return Known(number, of.id, of.path, of.title, of.published_at, of.body_hash, baseline=False)


def test_new_posts_are_numbered_after_the_known_ones_by_date():
    """Numbers only grow; among the new ones the older post comes first."""
    old, late, newer = post("old"), post("late", days_ago=400), post("newer")
    numbering = number_posts([known(old, 7)], [newer, old, late], NOW)
    assert [p.id for p in numbering.new] == ["late", "newer"]
    assert numbering.numbers == {"old": 7, "late": 8, "newer": 9}


def test_an_edited_post_is_not_new():
    """The identity decides; what changed is only remembered."""
    before = post("a")
    after = replace(before, title="Other", body_hash="other", published_at=NOW - timedelta(days=9))
    numbering = number_posts([known(before, 1)], [after], NOW)
    assert numbering.new == ()
    assert numbering.changed == (after,)


def test_a_renamed_post_is_not_new():
    """The same text under another path is the same post, and so is the same title and date."""
    before = post("a")
    moved = replace(before, id="b", path="b.md", title="Renamed too")
    edited = replace(before, id="c", path="c.md", body_hash="edited as well")
    for after in (moved, edited):
        numbering = number_posts([known(before, 1)], [after], NOW)
        assert numbering.new == ()
        assert numbering.renamed == {"a": after.id}
        assert numbering.numbers == {after.id: 1}


def test_a_post_is_followed_while_it_may_not_be_sent():
    """What becomes of a known post as a draft, or with a date to come, is remembered."""
    before = post("a")
    later = replace(before, published_at=NOW + timedelta(days=2))
    assert number_posts([known(before, 1)], [later], NOW).changed == (later,)
    moved = replace(later, id="b", path="b.md", body_hash="edited as well", held_back="a draft")
    numbering = number_posts([known(later, 1)], [moved], NOW)
    assert numbering.renamed == {"a": "b"}
    assert numbering.changed == (moved,)
    undated = replace(before, published_at=None, body_hash="edited")
    assert number_posts([known(before, 1)], [undated], NOW).changed == ()


def test_who_may_be_sent_is_followed_first():
    """Of two that a known post may have become, it is the one that would be sent again."""
    before = post("a")
    draft, moved = (replace(before, id=name, path=f"{name}.md") for name in ("b", "c"))
    numbering = number_posts([known(before, 1)], [replace(draft, held_back="a draft"), moved], NOW)
    assert numbering.renamed == {"a": "c"}
    assert numbering.new == ()


def test_a_copy_is_new():
    """While the old file is still there, the same text elsewhere is another post."""
    before = post("a")
    copy = replace(before, id="b", path="b.md")
    assert [p.id for p in number_posts([known(before, 1)], [before, copy], NOW).new] == ["b"]


def test_two_empty_posts_are_not_the_same():
    """Equal emptiness is no sign of a rename."""
    nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    gone, fresh = post("a", body=nothing), post("b", body=nothing, days_ago=3)
    assert [p.id for p in number_posts([known(gone, 1)], [fresh], NOW).new] == ["b"]


def test_a_post_gets_its_number_when_it_becomes_sendable():
    """Drafts and posts of the future have no number yet, so a reader who comes meanwhile still gets them."""
    draft, future = post("draft", held_back="draft"), post("future", days_ago=-1)
    assert number_posts([], [draft, future], NOW).new == ()
    later = number_posts([], [replace(draft, held_back=None), future], NOW + timedelta(days=2))
    assert {p.id for p in later.new} == {"draft", "future"}


def test_a_post_that_left_and_came_back_keeps_its_number():
    """Deleting and restoring a file sends nothing twice."""
    once = post("a")
    assert number_posts([known(once, 1)], [], NOW).new == ()
    assert number_posts([known(once, 1)], [once], NOW).new == ()
