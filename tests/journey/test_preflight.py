"""What `check`, `preview`, `next` and `send` say of posts, with file and line; and what was silenced, is not said."""

from pathlib import Path
from typing import Any

import pytest

from tests.sites import TestSite, make_site


@pytest.fixture
def site(tmp_path: Path) -> TestSite:
    """A site with a sound post, one that waits for its day, and two with the same fault, of which one is silenced."""
    site = make_site(tmp_path / "site")
    site.done("next")
    site.write("fog.md", "The fog came in at five, and by noon nobody could see the other side.")
    site.write("next-year.md", date="2199-01-05 08:00")
    site.write("told.md", "A tide comes.", date="never")
    site.write("silenced.md", "A tide comes.", date="never", newsletter_silence="[date]")
    return site


def kinds(data: Any) -> set[tuple[str, int | None, str]]:
    return {(problem["path"], problem["line"], problem["kind"]) for problem in data["problems"]}


def test_a_date_that_is_to_come_is_told_with_its_line(site: TestSite) -> None:
    """Proves that the author hears of a post that waits for its day, before a wrong year keeps it for long."""
    for words in (("check", "--offline"), ("preview", "--out", site.directory / "out")):
        assert ("next-year.md", 3, "future-date") in kinds(site.run(*words, "--json").data)


def test_a_post_that_is_left_out_is_told_where_the_author_looks(site: TestSite) -> None:
    """Proves that a preview does not keep quiet about a post that cannot be sent."""
    assert ("told.md", 3, "date") in kinds(site.data("preview", "--out", site.directory / "out"))


def test_silence_in_a_post_holds_everywhere(site: TestSite) -> None:
    """Proves that a rule which a post's front matter silences is heard from no command, and of other posts still."""
    shown = (
        site.run("check", "--offline", "--json").data,
        site.data("preview", "--out", site.directory / "out"),
    )
    for data in shown:
        assert {path for path, _, _ in kinds(data)} == {"next-year.md", "told.md"}
    site.reader("ana@example.org")
    for words in (("next",), ("send", "--yes", "--no-wait")):
        said = site.done(*words).err
        assert "silenced.md" not in said
        assert "told.md" in said
