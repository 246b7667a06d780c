"""`newsletter demo`: the whole journey, with nothing configured, on any machine."""

import csv
import re
from pathlib import Path

from newsletter.demo import journey
from newsletter.outbox.messages.opened import open_mail
from tests.commands import done


def test_the_demo_sends_to_everybody_and_then_has_nothing_new(tmp_path, monkeypatch):
    """25 readers get a mail, the broken post is named with its line, and a second run sends nothing."""
    monkeypatch.chdir(tmp_path)
    first = done("demo", "demo")
    assert "25 mails handed over" in first.out
    assert re.search(r"broken-on-purpose\.md:\d+", first.out)
    mails = {path.stem: open_mail(path.read_bytes()) for path in Path("demo/mail").glob("*.eml")}
    with Path(journey.__file__).with_name("site").joinpath("readers.csv").open(encoding="utf-8") as file:
        assert set(mails) == {row["email"] for row in csv.DictReader(file)}
    for path in re.findall(r"demo/mail/\S+", first.out):
        assert Path(path).is_file()
    for mail in mails.values():
        assert not mail.message.defects
        assert "draft" not in mail.text.lower()
    second = done("demo", "demo")
    assert "Nothing is sent: no new posts" in second.out
    assert {path.stem for path in Path("demo/mail").glob("*.eml")} == set(mails)


def test_a_new_post_in_the_demo_is_sent(tmp_path, monkeypatch):
    """What the demo suggests to try next does what it says."""
    monkeypatch.chdir(tmp_path)
    done("demo", "demo")
    Path("demo/posts/gulls.md").write_text(
        "---\ntitle: Gulls\ndate: 2026-11-22\ntags: [harbour]\n---\n\nThey are back.\n", encoding="utf-8"
    )
    assert "Gulls" in done("demo", "demo").out
    shown = done("next", "--site", "demo").out
    assert "nothing new" in shown
    assert "2" in done("issues", "--site", "demo").out
