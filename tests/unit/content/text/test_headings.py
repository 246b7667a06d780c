"""Heading levels."""

import pytest

from newsletter.content.text.headings import demote, level_headings
from newsletter.content.text.markup import End, Start


@pytest.mark.parametrize(
    ("written", "levelled"),
    [
        ([1, 2, 3, 2], [2, 3, 4, 3]),
        ([2, 3, 2], [2, 3, 2]),
        ([1, 3, 3, 2], [2, 3, 3, 3]),
        ([3, 2, 1], [2, 2, 2]),
        ([1, 4, 6], [2, 3, 4]),
        ([1, 2, 3, 4, 5, 6, 6], [2, 3, 4, 5, 6, 6, 6]),
        ([], []),
    ],
)
def test_headings_begin_at_the_second_level_and_skip_none(written: list[int], levelled: list[int]) -> None:
    """The first level is the mail's own; a skipped level reads like a missing chapter."""
    events = [event for level in written for event in (Start(f"h{level}"), End(f"h{level}"))]
    result = list(level_headings(events))
    assert [event.tag for event in result if isinstance(event, Start)] == [f"h{level}" for level in levelled]
    assert [event.tag for event in result if isinstance(event, End)] == [f"h{level}" for level in levelled]


def test_demoted_headings_stop_at_the_lowest_level() -> None:
    """Below h6 there is nothing; text and attributes stay."""
    html = '<h2 dir="rtl">a &lt;h2&gt;</h2><p>h2</p><h5>b</h5><hr><h6>c</h6>'
    assert demote(html, 2) == '<h4 dir="rtl">a &lt;h2&gt;</h4><p>h2</p><h6>b</h6><hr><h6>c</h6>'
    assert demote(html, 0) == html
